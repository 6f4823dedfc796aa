package reconcile_test

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/reconcile"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const patience = 60 * time.Second

var kes = fx.MustCurrency("KES")

// plain is a rail whose statement is a line for each movement: receipt, order, direction, minor units.
var plain = adapters.Plug{Name: "plain", Statement: func(r io.Reader, _ adapters.Settings, line func(adapters.StatementLine) error) error {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return &adapters.StatementError{Line: 1, Fault: err.Error()}
	}
	for i, row := range rows {
		minor, err := strconv.ParseInt(row[3], 10, 64)
		if err != nil {
			return &adapters.StatementError{Line: i + 1, Fault: "amount"}
		}
		if err := line(adapters.StatementLine{
			At: time.Now(), Ref: row[0], Order: row[1], Direction: adapters.Direction(row[2]), Amount: fx.Money{Minor: minor, Currency: kes},
		}); err != nil {
			return err
		}
	}
	return nil
}, StatementZone: func(adapters.Settings) (*time.Location, error) { return time.UTC, nil }}

// live has two participants of a real switch clear four orders: two are paid, one is refused and refunded, of one the
// payer's rail does not know.
func live(t *testing.T) *scheme {
	t.Helper()
	s := openScheme(t, "alpha-ke", "beta-ke")
	for _, client := range s.clients {
		s.run(func(ctx context.Context) error { return client.Receive(ctx, rail(client)) })
	}
	var intents []messaging.Intent
	for _, id := range []string{"oPAID1", "oPAID2", "oREFUSED", "oUNKNOWN"} {
		amount := messaging.NewAmount(fx.Money{Minor: 500_00, Currency: kes})
		intents = append(intents, messaging.Intent{
			ID: id, CreditorParticipant: "beta-ke", Debtor: messaging.Party{Name: "A", Account: "1"}, Creditor: messaging.Party{Name: "B", Account: "2"},
			Source: amount, Destination: amount, Deadline: time.Now().Add(time.Hour).UTC(),
		})
	}
	require.NoError(t, s.clients["alpha-ke"].PublishIntents(t.Context(), intents))
	s.await(t, map[messaging.State]int64{messaging.StatePaid: 2, messaging.StateReturned: 1}, 1)
	s.stop(t)
	return s
}

// rail does what the intent's name says.
func rail(c *messaging.Client) func(context.Context, messaging.Incoming) error {
	return func(ctx context.Context, in messaging.Incoming) error {
		if in.Payout == nil {
			return nil
		}
		var outcomes []messaging.Outcome
		for _, i := range in.Payout.Instructions {
			o := messaging.Outcome{Transfer: i.Transfer, Kind: i.Kind, State: messaging.OutcomePaid, Amount: i.Amount, RailRef: "R-" + i.Intent + "-" + string(i.Kind), ResolvedBy: "callback"}
			switch {
			case i.Kind == messaging.KindPayout && i.Intent == "oREFUSED":
				o.State, o.Reason, o.RailRef = messaging.OutcomeFailed, "AC01", ""
			case i.Intent == "oUNKNOWN":
				o.State, o.RailRef = messaging.OutcomeUnknown, ""
			}
			outcomes = append(outcomes, o)
		}
		return c.PublishOutcomes(ctx, outcomes)
	}
}

// Three ways agree, or it is said where they do not; and what was found is resolved by two people.
func TestThreeWays(t *testing.T) {
	s := live(t)
	books, url, log := s.books, s.url, s.log
	day := fx.Date(time.Now().UTC().Format(time.DateOnly))
	run := func(participant string, lines ...string) *reconcile.Report {
		r, err := reconcile.Run(t.Context(), books, reconcile.Config{
			Participant: participant, Day: day, Statements: []io.Reader{strings.NewReader(strings.Join(lines, "\n"))}, Plug: plain,
		})
		require.NoError(t, err)
		return r
	}
	in := []string{"C1,PAID1,in,50000", "C2,PAID2,in,50000", "C3,REFUSED,in,50000", "C4,UNKNOWN,in,50000"}
	back := "R-oREFUSED-refund,,out,50000"
	r := run("alpha-ke", append(in, back)...)
	require.Empty(t, r.Differences)
	require.Equal(t, 5, r.Matched)
	out := []string{"R-oPAID1-payout,,out,50000", "R-oPAID2-payout,,out,50000"}
	r = run("beta-ke", out...)
	require.Len(t, r.Differences, 1)
	require.Equal(t, string(reconcile.UnknownOpen), r.Differences[0].Kind)
	require.Equal(t, 2, r.Matched)

	r = run("alpha-ke", append(in[1:], "R-oREFUSED-refund,,out,50001", "X,stray,in,7")...)
	var kinds []string
	for _, d := range r.Differences {
		kinds = append(kinds, d.Kind)
	}
	require.ElementsMatch(t, []string{string(reconcile.MissingAtRail), string(reconcile.AmountDiffers), string(reconcile.MissingInLog)}, kinds)
	require.Equal(t, 3, r.Open())

	of := func(r *reconcile.Report, kind reconcile.Kind) ledger.Difference {
		i := slices.IndexFunc(r.Differences, func(d ledger.Difference) bool { return d.Kind == string(kind) })
		require.GreaterOrEqual(t, i, 0, kind)
		return r.Differences[i]
	}
	one, missing := of(r, reconcile.MissingInLog), of(r, reconcile.MissingAtRail)
	resolution := ledger.Resolution{Difference: one.ID, How: "explained", Reason: "the portal was late", Evidence: "ticket 7"}
	id, err := reconcile.Propose(t.Context(), books, "Asha", resolution)
	require.NoError(t, err)
	require.ErrorIs(t, reconcile.Approve(t.Context(), books, id, "asha", true, "sure"), ledger.ErrSamePerson)
	second, err := reconcile.Propose(t.Context(), books, "Chao", resolution)
	require.NoError(t, err)
	require.NoError(t, reconcile.Approve(t.Context(), books, id, "Ben", true, "seen"))
	require.ErrorIs(t, reconcile.Approve(t.Context(), books, second, "Ben", true, "seen"), ledger.ErrNoDifference)
	_, err = reconcile.Propose(t.Context(), books, "Asha", resolution)
	require.ErrorIs(t, err, ledger.ErrNoDifference)
	_, err = reconcile.Propose(t.Context(), books, "Asha", ledger.Resolution{Difference: missing.ID, How: "corrected", Reason: "by hand"})
	require.ErrorContains(t, err, "evidence")
	require.Error(t, books.Resolve(t.Context(), ledger.Resolution{Difference: missing.ID, Request: 99, How: "explained", Reason: "nobody asked"}))

	again := run("alpha-ke", append(in[1:], "R-oREFUSED-refund,,out,50001", "X,stray,in,7")...)
	require.Equal(t, 2, again.Open())
	stray := of(again, reconcile.MissingInLog)
	require.Equal(t, one.ID, stray.ID)
	require.Equal(t, []string{"Asha", "Ben", "ticket 7"}, []string{stray.Resolution.Maker, stray.Resolution.Checker, stray.Resolution.Evidence})
	open, err := books.Differences(t.Context(), "", true, 100)
	require.NoError(t, err)
	require.Len(t, open, 3, "two of this one, and what beta-ke does not know")

	findings, err := books.Check(t.Context(), log)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}

	// What turns up later settles by itself what was missing, and stays so.
	full := run("alpha-ke", append(in, back, "X,stray,in,7")...)
	require.Zero(t, full.Open())
	require.Equal(t, []string{missing.ID}, full.Settled)
	kept, err := books.Difference(t.Context(), missing.ID)
	require.NoError(t, err)
	require.Equal(t, ledger.HowMatched, kept.Resolution.How)
	require.Equal(t, full.Reconciliation, kept.Resolution.Reconciliation)
	_, err = reconcile.Propose(t.Context(), books, "Asha", ledger.Resolution{Difference: missing.ID, How: "explained", Reason: "late"})
	require.ErrorIs(t, err, ledger.ErrNoDifference)
	require.ErrorIs(t, books.Resolve(t.Context(), ledger.Resolution{Difference: missing.ID, Request: id, How: "explained", Reason: "late"}), ledger.ErrNoDifference)

	// Money that was posted otherwise than the log has it is seen.
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = owner.Exec(t.Context(), `SET ledger.change_the_past = 'on'`)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `UPDATE ledger.posting SET amount = amount - 1 WHERE kind = 'return'`)
	require.NoError(t, err)
	r = run("alpha-ke", append(in, back)...)
	require.Len(t, r.Differences, 1)
	require.Equal(t, string(reconcile.MissingPosting), r.Differences[0].Kind)
}

func TestStatementsThatDoNotRead(t *testing.T) {
	config := reconcile.Config{Participant: "alpha-ke", Day: "2026-04-13", Statements: []io.Reader{strings.NewReader("R,,out,x")}, Plug: plain}
	_, err := reconcile.Run(t.Context(), nil, config)
	var wrong *adapters.StatementError
	require.ErrorAs(t, err, &wrong)
	config.Plug = adapters.Plug{Name: "none"}
	_, err = reconcile.Run(t.Context(), nil, config)
	require.ErrorIs(t, err, reconcile.ErrNoStatement)
	config.Plug = plain
	config.Statements = []io.Reader{failing{}}
	_, err = reconcile.Run(t.Context(), nil, config)
	require.Error(t, err)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }
