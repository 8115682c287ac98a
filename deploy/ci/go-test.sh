#!/usr/bin/env bash
# Runs every Go test with the race detector; arguments go to go test. The last
# lines say which suites had no server to run against, and the counts.
. "$(dirname "$0")/env.sh"

# The browser's upload client, where npm has installed it.
if [ -d frontend/node_modules/tus-js-client ] && [ "$(node_major)" != 0 ]; then
  export MEADOW_TEST_TUS=${MEADOW_TEST_TUS:-$root/frontend}
fi

mkdir -p .cache
go build -o .cache/verdict ./deploy/ci/verdict
go test -json -race -timeout=20m "$@" ./... | .cache/verdict
