// Package sim plays the money path: every service that touches price, stock,
// payment or reward in one process, over a store in memory, with a clock that is
// moved by hand. One seed decides all that happens: who buys what and when, which
// event is delivered next and how often, what gets lost on the way, after which
// write the process dies. The same seed plays the same steps again.
//
// After each run everything comes to rest, and the invariants of the money path
// are checked. It is all in the tests:
//
//	go test ./services/app/sim -seeds 200
//	go test ./services/app/sim -seed 17 -seeds 1 -v
//
// Deliberate mistakes are kept behind the build tag faults (kernel/fault); each is
// caught: deploy/ci/sim.sh faults.
package sim
