# make run    installs what it needs, builds the web app and the server, and
#             starts a demonstration. make run ARGS='-listen 127.0.0.1:9000'
# make check  what to run while working
# make test   what CI runs: everything, from nothing, within 25 minutes
#
# The stages of make test are targets of their own; each is one script. Those with
# a plus between them run at the same time.

ARGS      ?=
STAGES    ?= tools web-deps web-check web-test web lint build sim go-test+e2e

.NOTPARALLEL:
.PHONY: run build web check test test-long clean \
        tools node web-deps web-check web-test lint go-test sim e2e

run: web build
	bin/meadow -demo $(ARGS)

# The server alone. It builds without Node, with a page in place of the web app.
build:
	CGO_ENABLED=0 go build -tags nodynamic -ldflags "-s -w" -trimpath -o bin/meadow .

# The web app, into frontend/dist, which the server carries.
web: web-deps
	deploy/ci/web.sh build

check: lint web-check web-test
	go test ./...

test:
	deploy/ci/stages.sh $(STAGES)

# What takes longer than CI may: every test again with its long trials (a real
# MinIO, 100,000 generated requests), 500 kill rounds, the races with 1,000 buyers
# and 3,000 people for one packet, the stories on every kind of screen, and the
# figures.
test-long: web-deps web build
	MEADOW_E2E_ALL=1 deploy/ci/e2e.sh
	deploy/ci/go-test.sh -tags=long -timeout=6h
	MEADOW_SIM_SEEDS=2000 MEADOW_SIM_ORDERS=200 deploy/ci/sim.sh
	deploy/ci/sim.sh faults
	MEADOW_FAULT_ROUNDS=500 go test -count=1 -v -timeout=6h -run=IsKilled ./deploy/fault
	MEADOW_RACES=full go test -count=1 -v -timeout=2h -run=SoundAfterEveryRace ./services/app
	go test -run='^$$' -bench=. -benchmem ./...

clean:
	rm -rf bin .cache .node frontend/node_modules
	deploy/ci/web.sh clean

# Stages

tools:
	deploy/ci/tools.sh

node:
	deploy/ci/node.sh

web-deps: node
	deploy/ci/web.sh deps

web-check: web-deps
	deploy/ci/web.sh check

web-test: web-deps
	deploy/ci/web.sh test

lint:
	deploy/ci/lint.sh

go-test:
	deploy/ci/go-test.sh -timeout=15m

# The money path, played by 200 seeds, and every deliberate mistake found.
sim:
	deploy/ci/sim.sh

e2e: node
	deploy/ci/e2e.sh
