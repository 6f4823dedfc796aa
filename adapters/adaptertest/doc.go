// Package adaptertest is the suite that every adapter must pass, in Go or in any other language. It stands where the
// switch and the rail stand, and does from outside all that can happen to an adapter:
//
//	             ┌──────── played switch ───────┐
//	Case ────────┤ NATS, embedded or given      ├──── adapter, a PROCESS ──── Tap ──── rail or its sandbox
//	             └──────────────────────────────┘         (killed here)     (HTTP)     (ledger, faults)
//
// After every case, failed or not, the Books are closed: what the switch was told, against the rail's own ledger.
// Nothing was paid twice, nothing called paid that was not, nothing called failed that moved.
//
// A Subject says how the adapter's process is started. Run plays every case as a test of Go; Play does the same for
// the command `ayni adapter conformance`. Cases are functions that return errors. What a subject cannot do (it takes
// no orders, it cannot be killed) has its cases skipped, each with the reason.
//
// The adapter's process is told by its environment where everything is (see Link), and says on its standard output,
// in one line of JSON, where it listens (see Listening).
package adaptertest
