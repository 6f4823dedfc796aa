// Package exit says by a number how a command ended, for whoever wrote the script that called it, and what to do next,
// for whoever typed it.
package exit

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"

	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/ops/letters"
	"github.com/ayni-switch/ayni/ops/operate"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Code is how a command ended. What a number means does not change.
type Code int

// The codes.
const (
	Done        Code = iota
	Failed           // something broke, or nothing below fits
	Usage            // the command line or the configuration is wrong
	Refused          // the switch, or a pool, read it and says no
	NotFound         // what was asked about is not there
	Unreachable      // somebody did not answer in time, or is at work: try again
	Findings         // a check did its work, and found something
)

// Page is what the codes mean, for people.
const Page = `A command ends with one of these numbers:

  0  done
  1  failed: something broke, or none of those below fits
  2  usage: the command line or the configuration is wrong, and nothing was done
  3  refused: the switch or a pool read it and says no; the same again gets the same answer
  4  not found: what was asked about is not there
  5  not reachable: a database, broker, node or rail did not answer in time, or somebody else is at work:
     try again
  6  findings: a check did its work and found something, which was printed
`

// coded is an error whose code is known where it is made.
type coded struct {
	error
	code Code
}

func (c *coded) Unwrap() error { return c.error }

// As gives an error its code; nil stays nil.
func As(code Code, err error) error {
	if err == nil {
		return nil
	}
	return &coded{error: err, code: code}
}

// Finding is the error of a check that found something.
func Finding(text string) error { return As(Findings, errors.New(text)) }

// Of is the code of an error.
func Of(err error) Code {
	if err == nil {
		return Done
	}
	if c, ok := errors.AsType[*coded](err); ok {
		return c.code
	}
	switch {
	case refused(err):
		return Refused
	case denied(err):
		return Failed
	case unreachable(err):
		return Unreachable
	case missing(err):
		return NotFound
	case errors.Is(err, operate.ErrNoCommand), errors.Is(err, operate.ErrNobody):
		return Usage
	default:
		return Failed
	}
}

func refused(err error) bool {
	if _, ok := errors.AsType[*operate.RefusedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*letters.RefusedError](err); ok {
		return true
	}
	return isAny(err, ledger.ErrSamePerson, ledger.ErrDecided, ledger.ErrCommandChanged, ledger.ErrRequestChanged)
}

// denied tells whether PostgreSQL or the broker answered, and did not let in: trying again gets the same answer.
func denied(err error) bool {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return !passing(said)
	}
	return isAny(err, nats.ErrAuthorization, nats.ErrAuthExpired)
}

// passing tells of connections that break, and of servers that stop or start.
func passing(said *pgconn.PgError) bool {
	return strings.HasPrefix(said.Code, "08") || strings.HasPrefix(said.Code, "57P")
}

func unreachable(err error) bool {
	if _, ok := errors.AsType[*dev.BusyError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return passing(said)
	}
	return isAny(err, nats.ErrNoServers, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, context.DeadlineExceeded)
}

func missing(err error) bool {
	return isAny(err, ledger.ErrNoRequest, ledger.ErrNoDifference, ledger.ErrNoAccount, ledger.ErrNoWindow, ledger.ErrNoBatch, ledger.ErrNoTransfer,
		fs.ErrNotExist)
}

func isAny(err error, of ...error) bool {
	for _, one := range of {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}
