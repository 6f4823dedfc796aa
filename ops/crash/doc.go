// Package crash kills the switch, as often as it takes, and looks afterwards whether money was lost,
// made, or moved twice. It holds tests only, and runs where /proc, SIGSTOP and parent-death signals are
// (Linux).
//
// The test binary is built once more with the tag failpoints, and then runs itself as separate processes:
//
//	postgres            owns a real PostgreSQL, every flush on
//	broker              the embedded JetStream on a fixed port, every flush on
//	engine-a, engine-b  one leads, the other stands by
//	east, west          adapters.Runner with its store, for three participants each
//
// What dies with them cannot be trusted with the truth, so the test itself plays the world outside: the
// rails, which remember what they really paid (rails_test.go), and the customers (customers_test.go).
//
// A round is ten faults that kill, others in between (faults_test.go), and then quiet, in which every
// invariant must hold (invariants_test.go). At the end the log is replayed. What dies, when, and what
// rails do comes from one seed, which is printed; how the processes race does not.
//
//	go test ./ops/crash -crash-kills 1000 -crash-transfers 500000 -timeout 2h
//	go test ./ops/crash -crash-for 8h -timeout 9h
//
// TestHungLeader and TestDiskFull do what takes a stage of its own: a leader that hangs, and a small disk
// without space for PostgreSQL, where mounting one is allowed.
//
// TestMutants removes one safeguard at a time (settlement/mutant) and passes if the suite then fails.
package crash
