package store

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away tells whether an error says that the database cannot be reached now, or is starting or stopping: a retry helps
// once it is there.
func Away(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(said.Code, "08") || strings.HasPrefix(said.Code, "57P")
	}
	_, broke := errors.AsType[*net.OpError](err)
	return broke || errors.Is(err, context.DeadlineExceeded)
}
