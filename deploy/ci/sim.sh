#!/usr/bin/env bash
# Plays the money path (services/app/sim) without the race detector, half of the
# seeds in each of two processes; then makes each deliberate mistake, which the
# simulation has to find. MEADOW_SIM_SEEDS and MEADOW_SIM_ORDERS say how much;
# "faults" as the argument makes the mistakes alone, and looks for each from the
# first seed on.
. "$(dirname "$0")/env.sh"

mkdir -p .cache
go test -tags=faults -c -o .cache/fault.test ./services/app/sim
if [ "${1:-}" = faults ]; then
  cd services/app/sim
  exec ../../../.cache/fault.test -test.v -test.timeout=2h -test.run=EveryFaultIsCaught -hunt
fi

seeds=${MEADOW_SIM_SEEDS:-200} orders=${MEADOW_SIM_ORDERS:-20} half=$(( (${MEADOW_SIM_SEEDS:-200} + 1) / 2 ))
go test -c -o .cache/sim.test ./services/app/sim
cd services/app/sim
../../../.cache/sim.test -test.timeout=6h -seeds "$half" -orders "$orders" &
first=$! failed=0
../../../.cache/sim.test -test.timeout=6h -test.run=HoldsWhatever -seed $((half + 1)) -seeds $((seeds - half)) -orders "$orders" || failed=1
wait "$first" || failed=1
../../../.cache/fault.test -test.v -test.timeout=30m -test.run=EveryFaultIsCaught || failed=1
exit $failed
