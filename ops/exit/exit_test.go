package exit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"

	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/operate"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func TestCodes(t *testing.T) {
	_, absent := os.Open("no such file")
	_, away := net.Dial("unix", "no such socket")
	for _, c := range []struct {
		err  error
		want exit.Code
	}{
		{nil, exit.Done},
		{errors.New("broke"), exit.Failed},
		{exit.As(exit.Usage, absent), exit.Usage},
		{operate.ErrNoCommand, exit.Usage},
		{&operate.RefusedError{Fault: "no"}, exit.Refused},
		{ledger.ErrSamePerson, exit.Refused},
		{ledger.ErrNoRequest, exit.NotFound},
		{ledger.ErrNoBatch, exit.NotFound},
		{ledger.ErrNoTransfer, exit.NotFound},
		{absent, exit.NotFound},
		{away, exit.Unreachable}, // though errors.Is says that the socket does not exist
		{&pgconn.PgError{Code: "57P03"}, exit.Unreachable},
		{&pgconn.PgError{Code: "28P01"}, exit.Failed},
		{&dev.BusyError{Dir: "here"}, exit.Unreachable},
		{nats.ErrNoServers, exit.Unreachable},
		{nats.ErrAuthorization, exit.Failed},
		{context.DeadlineExceeded, exit.Unreachable},
		{exit.Finding("a difference"), exit.Findings},
	} {
		assert.Equal(t, c.want, exit.Of(c.err), "%v", c.err)
		if c.err != nil {
			assert.Equal(t, c.want, exit.Of(fmt.Errorf("while at it: %w", c.err)), "%v", c.err)
		}
	}
	assert.NoError(t, exit.As(exit.Usage, nil))
	assert.ErrorIs(t, exit.As(exit.Usage, absent), fs.ErrNotExist, "what it wraps is still there")
}

func TestHints(t *testing.T) {
	assert.Contains(t, exit.Hint(&pgconn.PgError{Code: "42P01"}), "ayni ledger migrate")
	assert.Contains(t, exit.Hint(nats.ErrNoServers), "ayni doctor")
	assert.Empty(t, exit.Hint(errors.New("broke")))
	assert.Empty(t, exit.Hint(nil))
}
