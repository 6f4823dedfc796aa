package exit

import (
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// hints say what to do about what PostgreSQL answers, by SQLSTATE.
var hints = map[string]string{
	"28P01": "the password is wrong: see ~/.pgpass, or name a file with the address as file:PATH",
	"28000": "PostgreSQL does not let this user in: see pg_hba.conf",
	"3D000": "make the database first: createdb NAME",
	"3F000": "the database has no ledger yet: ayni ledger migrate",
	"42P01": "the database's ledger is older than this program, or not there: ayni ledger migrate",
	"42704": "the database has none of the roles yet: ayni ledger migrate",
	"22023": "the database has none of the roles yet: ayni ledger migrate",
	"42501": "this user may not do that; ayni doctor says what is missing",
	"53300": "PostgreSQL has no connection left: raise max_connections, or end who holds them",
}

// Hint is what to do next, "" where nothing is known that helps.
func Hint(err error) string {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return hints[said.Code]
	}
	switch {
	case errors.Is(err, ledger.ErrSamePerson):
		return "somebody else decides on it, under another name than the asker's"
	case errors.Is(err, ledger.ErrNoRequest):
		return "ayni participant list shows what waits"
	case errors.Is(err, fs.ErrPermission):
		return "the file's owner or mode keeps it from you"
	case Of(err) == Unreachable:
		return "ayni doctor says who does not answer, and why"
	default:
		return ""
	}
}
