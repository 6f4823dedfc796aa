package console_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/console"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// troubled is a console over a ledger in which beta-ke pays nothing out any more: nobody says what became of one payout,
// one was returned without liquidity, and one of another was contradicted after it ended.
func troubled(t *testing.T, adapters map[string]string) *rig {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	r := &rig{guard: authtest.NewGuard(t), mux: http.NewServeMux()}
	var err error
	r.books, err = store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(r.books.Close)
	r.keeps(t, url)
	lead, err := r.books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	t.Cleanup(lead.Release)
	require.NoError(t, lead.Write(t.Context(), lead.Encode(trouble())))
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	pulses := live.Pulses(r.books, time.Now, log)
	rails, err := rail.NewDirectory(adapters)
	require.NoError(t, err)
	_, public, err := note.GenerateKey(rand.Reader, "test")
	require.NoError(t, err)
	r.evidence, err = audit.OpenEvidence(t.Context(), url, public)
	require.NoError(t, err)
	t.Cleanup(r.evidence.Close)
	site, err := console.New(console.Config{
		Guard: r.guard, Books: r.books, Pulses: pulses, Desk: console.LedgerDesk{Books: r.books}, Rails: rails, Now: time.Now, Log: log,
		Evidence: r.evidence, Papers: console.LedgerPapers{Books: r.books}, Machines: r.keeper, Webhooks: r.hooks,
	})
	require.NoError(t, err)
	site.Mount(r.mux)
	return r
}

func trouble() *ledger.Batch {
	kes, now := fx.MustCurrency("KES"), time.Now().UTC()
	b := &ledger.Batch{
		ID: 1, Window: 1, DecidedAt: now, Checkpoint: ledger.Checkpoint{Size: 1, Note: "unsigned in this test"},
		Life: []ledger.LifeEvent{{Transfer: 1, Kind: ledger.LifeUnheard, About: "payout"}, {Transfer: 2, Kind: ledger.LifeUnheard, About: "return"}},
		Outcomes: []ledger.Outcome{
			{Participant: 2, Sequence: 1, Transfer: 1, Verdict: ledger.VerdictNoted, Outcome: messaging.Outcome{Kind: messaging.KindPayout, State: messaging.OutcomeUnknown}},
			{Participant: 2, Sequence: 1, Transfer: 3, Verdict: ledger.VerdictException, Outcome: messaging.Outcome{Kind: messaging.KindPayout, State: messaging.OutcomeFailed}},
		},
		Rails: []ledger.RailHealth{{Participant: 2, Sequence: 1, State: messaging.RailDown, Since: now.Add(-time.Hour), SaidAt: now, Waiting: 2}},
	}
	for i, name := range []string{"alpha-ke", "beta-ke"} {
		b.Participants = append(b.Participants, settlement.Participant{
			ID: int32(i) + 1, Name: name, Country: "KE", Currency: kes, Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 100,
		})
	}
	for id, states := range map[settlement.TransferID][]messaging.State{
		1: {messaging.StateCleared}, 2: {messaging.StateCleared, messaging.StateReturnPending}, 3: {messaging.StateCleared, messaging.StatePaid},
	} {
		b.Transfers = append(b.Transfers, &settlement.Transfer{
			ID: id, Debtor: 1, Creditor: 2, Intent: id.String(), Envelope: settlement.EnvelopePlace{Sequence: 1, Place: int32(id)},
			Source: fx.Money{Minor: 100, Currency: kes}, Destination: fx.Money{Minor: 100, Currency: kes}, ReceivedAt: now, AcceptedAt: now, Deadline: now.Add(time.Hour),
		})
		for _, state := range append([]messaging.State{messaging.StateQueued}, states...) {
			b.Events = append(b.Events, ledger.Event{Transfer: id, State: state})
		}
	}
	return b
}

// Each case says whose rail it is about and leads to what is done next, for those who may; an adapter that hangs costs the
// pages no more than its two seconds.
func TestCasesLeadToWhatIsDone(t *testing.T) {
	release := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(release) })
	r := troubled(t, map[string]string{"beta-ke": hangs.URL})
	transfer := settlement.TransferID(1).String()
	unheard := "/console/rails/beta-ke/operations/" + transfer + "P"

	within, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w := httptest.NewRecorder()
	ask := httptest.NewRequestWithContext(within, http.MethodGet, "/console/rails", http.NoBody)
	authtest.As(ask, auth.Operator, "")
	r.mux.ServeHTTP(w, ask)
	require.Equal(t, http.StatusOK, w.Code)
	require.NoError(t, within.Err())
	for _, part := range []string{"does not answer", "no address", unheard, "/console/reconciliation?participant=beta-ke", `href="/console/participants/beta-ke">Have it bring money in`, "1<span class=\"phone soft\"> unknown"} {
		require.Contains(t, w.Body.String(), part, part)
	}
	seen := r.get(auth.Auditor, "", "/console/rails/beta-ke").Body.String()
	require.Contains(t, seen, "Its adapter does not answer")
	require.NotContains(t, seen, unheard, "who audits finds nothing out")
	require.NotContains(t, seen, "/console/ask/")
	require.Contains(t, r.get(auth.Operator, "", "/console/rails/beta-ke").Body.String(), "/console/ask/suspend?participant=beta-ke")

	page := r.get(auth.Operator, "", unheard).Body.String()
	require.Contains(t, page, "told to it as soon as it does")
	require.Contains(t, page, "/console/ask/resolve_operation?ended=failed&amp;operation="+transfer+"P&amp;participant=beta-ke")
	require.NotContains(t, r.get(auth.Approver, "", unheard).Body.String(), "/console/ask/")
	require.Equal(t, http.StatusForbidden, r.get(auth.Auditor, "", unheard).Code)
	require.Contains(t, r.get(auth.Operator, "", "/console/rails/alpha-ke/operations/T1P").Body.String(), "no address")
	for _, path := range []string{"/console/rails/nobody", "/console/rails/nobody/operations/T1P"} {
		require.Equal(t, http.StatusNotFound, r.get(auth.Operator, "", path).Code, path)
	}
	require.Contains(t, r.get(auth.Operator, "", "/console/transfers/"+transfer).Body.String(), unheard, "a transfer leads there, too")
}
