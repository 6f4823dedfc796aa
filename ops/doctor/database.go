package doctor

import (
	"context"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// leastPostgres is the oldest PostgreSQL that does what the ledger asks for.
const leastPostgres = 15_00_00

// database looks at PostgreSQL and the ledger in it, and returns who takes part.
func (r *round) database(ctx context.Context) (participants []string) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	before := time.Now()
	c, err := store.Condition(ctx, r.cfg.DatabaseURL)
	if err != nil && c.ServerVersion == 0 {
		r.ill(Fail, "database", "start PostgreSQL, or mend --database-url", "%v", err)
		return nil
	}
	r.postgres(c)
	r.clock("clock of the database", before, c.Clock)
	switch {
	case c.Migrated == 0:
		r.ill(Fail, "migrations", "ayni ledger migrate", "there is no ledger in this database")
		return nil
	case c.Migrated < c.Newest:
		r.ill(Fail, "migrations", "ayni ledger migrate", "the schema is number %d; this program's is %d", c.Migrated, c.Newest)
	case c.Migrated > c.Newest:
		r.ill(Fail, "migrations", "run the newer program", "the schema is number %d; this program knows %d", c.Migrated, c.Newest)
	default:
		r.ok("migrations", "number %d, this program's", c.Migrated)
	}
	if err != nil {
		r.ill(Fail, "grants", "let the user take on the roles: GRANT ayni_engine TO NAME", "%v", err)
		return nil
	}
	r.rights(c)
	r.work(c)
	return r.books(ctx)
}

func (r *round) postgres(c ledger.Condition) {
	if c.ServerVersion < leastPostgres {
		r.ill(Fail, "PostgreSQL", "move to PostgreSQL 15 or later", "version %d.%d", c.ServerVersion/10_000, c.ServerVersion%10_000)
	} else {
		r.ok("PostgreSQL", "version %d.%d", c.ServerVersion/10_000, c.ServerVersion%10_000)
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		value := c.Settings[name]
		switch {
		case value == "on" || name == "synchronous_commit" && value == "remote_apply":
			r.ok(name, "%s", value)
		default:
			r.ill(Fail, name, "ALTER SYSTEM SET "+name+" = on; SELECT pg_reload_conf()", "%s: what is committed can be lost, or torn", value)
		}
	}
}

func (r *round) rights(c ledger.Condition) {
	if len(c.MayChange) > 0 {
		r.ill(Fail, "grants", "REVOKE UPDATE, DELETE ON ALL TABLES IN SCHEMA ledger FROM ayni_engine, then ayni ledger migrate on a copy to compare",
			"the engine's role may change the past: %s", strings.Join(c.MayChange, ", "))
	} else {
		r.ok("grants", "the engine's role may neither change a posting nor delete anything")
	}
	if c.Superuser {
		r.ill(Warn, "login", "log in as a user that has none but the roles it needs", "the user of the database URL is a superuser, whom no grant holds")
	} else {
		r.ok("login", "no superuser")
	}
}

// work looks at whether somebody leads, and whether what is decided is told.
func (r *round) work(c ledger.Condition) {
	switch since := c.Clock.Sub(c.Renewed); {
	case c.Holder == "":
		r.ill(Warn, "lease", "start ayni serve", "no engine has led yet")
	case since > leaseWarns:
		r.ill(Warn, "lease", "start ayni serve; its log says why it ended", "%s led last, %s ago", c.Holder, since.Round(time.Second))
	default:
		r.ok("lease", "%s leads", c.Holder)
	}
	if c.Unpublished > lagWarns {
		r.ill(Warn, "outbox", "look whether the broker takes messages, and whether a stream is full", "%d messages are not published", c.Unpublished)
	} else {
		r.ok("outbox", "%d messages on their way", c.Unpublished)
	}
}

// books looks at the log's newest checkpoint.
func (r *round) books(ctx context.Context) (participants []string) {
	books, err := store.OpenReader(ctx, r.cfg.DatabaseURL)
	if err != nil {
		r.ill(Fail, "log", "let the user take on the roles: GRANT ayni_reader TO NAME", "%v", err)
		return nil
	}
	defer books.Close()
	if r.cfg.LogKey != "" {
		r.checkpoint(ctx, books)
	}
	all, err := books.Participants(ctx)
	if err != nil {
		r.ill(Fail, "participants", "ayni ledger check", "%v", err)
	}
	for _, p := range all {
		if p.Role != settlement.RoleProvider {
			participants = append(participants, p.Name)
		}
	}
	return participants
}

func (r *round) checkpoint(ctx context.Context, books *store.Ledger) {
	const mend = "ayni audit export, then ayni audit verify; until that is sound, believe no figure"
	key, err := note.NewVerifier(r.cfg.LogKey)
	if err != nil {
		r.ill(Fail, "log", "give the verifier key that ayni ledger log-key printed", "the log's key does not read")
		return
	}
	size, signed, err := books.NewestCheckpoint(ctx)
	switch {
	case err != nil:
		r.ill(Fail, "log", mend, "%v", err)
	case size == 0:
		r.ok("log", "no entry yet")
	default:
		if _, err := note.Open([]byte(signed), note.VerifierList(key)); err != nil {
			r.ill(Fail, "log", mend, "the checkpoint of %d entries is not signed by this key", size)
			return
		}
		r.ok("log", "the checkpoint of %d entries is signed by the log's key", size)
	}
}
