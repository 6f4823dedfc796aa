package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Config is one reconciliation.
type Config struct {
	Participant string
	Day         fx.Date        // at the rail
	Zone        *time.Location // the rail's
	Statement   io.Reader
	Plug        adapters.Plug     // whose statement it is
	Settings    adapters.Settings // that its statements are read by
}

// maxLines bounds a statement.
const maxLines = 5_000_000

// ErrNoStatement says that a rail gives no statement that we read. A retry fails again.
var ErrNoStatement = errors.New("reconcile: that rail gives no statement that we read")

// Run reads a statement, puts it beside the ledger, and keeps what differs. What was found before keeps its resolution.
// Errors of the statement are the plug's, among them *adapters.StatementError; nothing is kept after one.
func Run(ctx context.Context, books *ledger.Ledger, c Config) (*Report, error) {
	if c.Plug.Statement == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoStatement, c.Plug.Name)
	}
	begins, err := time.ParseInLocation(time.DateOnly, string(c.Day), c.Zone)
	if err != nil {
		return nil, fmt.Errorf("reconcile: the day: %w", err)
	}
	var lines []adapters.StatementLine
	err = c.Plug.Statement(c.Statement, c.Settings, func(l adapters.StatementLine) error {
		if len(lines) == maxLines {
			return fmt.Errorf("reconcile: over %d lines", maxLines)
		}
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reconcile: statement of %s: %w", c.Participant, err)
	}
	var log []ledger.RailMovement
	err = books.RailMovements(ctx, c.Participant, begins.AddDate(0, 0, -1), begins.AddDate(0, 0, 2), func(m ledger.RailMovement) error {
		log = append(log, m)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := Match(c.Participant, c.Day, c.Zone, lines, log)
	if err := books.KeepDifferences(ctx, r.Differences); err != nil {
		return nil, err
	}
	return r, resolved(ctx, books, r)
}

// resolved adds how differences were resolved before.
func resolved(ctx context.Context, books *ledger.Ledger, r *Report) error {
	for i := range r.Differences {
		kept, err := books.Difference(ctx, r.Differences[i].ID)
		if err != nil {
			return err
		}
		r.Differences[i].Resolution = kept.Resolution
	}
	return nil
}

// requestKind names a request to resolve a difference.
const requestKind = "resolve_difference"

// maxWords bounds a reason, and where the evidence is, in bytes.
const maxWords = 1000

// Propose has one person say how a difference was resolved, and returns the number that another approves it by.
func Propose(ctx context.Context, books *ledger.Ledger, maker string, r ledger.Resolution) (id int64, err error) {
	switch {
	case maker == "" || r.Reason == "" || len(maker)+len(r.Reason)+len(r.Evidence) > maxWords:
		return 0, errors.New("reconcile: a resolution names who says so, and why")
	case r.How != "explained" && r.How != "corrected" && r.How != "written_off" && r.How != "retried":
		return 0, fmt.Errorf("reconcile: no way %.20q: explained, corrected, written_off or retried", r.How)
	}
	of, err := books.Difference(ctx, r.Difference)
	if err != nil {
		return 0, err
	}
	if of.Resolution != nil {
		return 0, fmt.Errorf("reconcile: difference %s: %w", r.Difference, ledger.ErrNoDifference)
	}
	r.Request, r.At = 0, time.Time{}
	body, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		return 0, fmt.Errorf("reconcile: %w", err)
	}
	return books.MakeRequest(ctx, ledger.Request{
		Key: requestKind + " " + r.Difference + " " + time.Now().UTC().Format(time.RFC3339Nano), Kind: requestKind, Subject: of.Participant, Body: body, Maker: maker,
	})
}

// Approve has another person stand behind a resolution, which is kept, or refuse it. After an error of the database to
// approve again is safe.
func Approve(ctx context.Context, books *ledger.Ledger, id int64, checker string, approved bool, reason string) error {
	request, err := books.Request(ctx, id)
	if err != nil {
		return err
	}
	if request.Kind != requestKind {
		return fmt.Errorf("reconcile: request %d resolves no difference", id)
	}
	var r ledger.Resolution
	if err := json.Unmarshal(request.Body, &r); err != nil {
		return fmt.Errorf("reconcile: request %d no longer reads: %w", id, err)
	}
	if !request.Approved || request.Checker != checker { // else it was decided, and its end was not kept
		if err := books.DecideRequest(ctx, id, checker, approved, reason); err != nil {
			return err
		}
	}
	if !approved {
		return nil
	}
	r.Request = id
	fault := ""
	if err := books.Resolve(ctx, r); errors.Is(err, ledger.ErrNoDifference) {
		fault = "it was resolved before"
	} else if err != nil {
		return err
	}
	if err := books.FinishRequest(ctx, id, fault); err != nil || fault == "" {
		return err
	}
	return fmt.Errorf("reconcile: difference %s: %w", r.Difference, ledger.ErrNoDifference)
}
