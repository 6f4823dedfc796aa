package ledger

import "time"

// Condition is how a ledger's database is set up and kept, for whoever looks after it.
type Condition struct {
	ServerVersion int               // as PostgreSQL numbers it: 150004
	Settings      map[string]string // fsync, full_page_writes, synchronous_commit
	Clock         time.Time         // the server's
	Superuser     bool              // the user that logs in may do anything
	Migrated      int64             // the newest migration that was done, 0 for none
	Newest        int64             // the newest one that this program has
	MayChange     []string          // tables that the engine's role may delete from, or whose postings it may change: none
	Holder        string            // of the lease
	Renewed       time.Time         // when the leader said last that it is alive
	Unpublished   int64             // messages of the outbox that the broker does not have
}
