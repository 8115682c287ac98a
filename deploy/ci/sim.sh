#!/usr/bin/env bash
# Plays the money path (services/app/sim) without the race detector, half of the
# seeds in each of two processes. MEADOW_SIM_SEEDS and MEADOW_SIM_ORDERS say how
# much; "faults" as the argument shows that every deliberate fault is caught.
. "$(dirname "$0")/env.sh"

mkdir -p .cache
if [ "${1:-}" = faults ]; then
  exec go test -tags=faults -count=1 -v -timeout=2h -run=EveryFaultIsCaught ./services/app/sim
fi

seeds=${MEADOW_SIM_SEEDS:-200} orders=${MEADOW_SIM_ORDERS:-30} half=$(( (${MEADOW_SIM_SEEDS:-200} + 1) / 2 ))
go test -c -o .cache/sim.test ./services/app/sim
cd services/app/sim
../../../.cache/sim.test -test.timeout=6h -seeds "$half" -orders "$orders" &
first=$!
../../../.cache/sim.test -test.timeout=6h -test.run=HoldsWhatever -seed $((half + 1)) -seeds $((seeds - half)) -orders "$orders"
wait "$first"
