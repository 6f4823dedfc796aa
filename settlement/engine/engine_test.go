package engine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// patience bounds waiting for something that must happen.
const patience = 60 * time.Second

var (
	kes, php = fx.MustCurrency("KES"), fx.MustCurrency("PHP")
	names    = []string{"mpesa-ke", "gcash-ph"}
)

// scene is a switch on a real PostgreSQL and a real JetStream, and two participants.
type scene struct {
	t       *testing.T
	url     string // of the database, for its owner
	books   *store.Ledger
	hub     *messaging.Hub
	clients map[string]*messaging.Client
	signer  note.Signer
	public  note.Verifier
	logKey  string // that public checks with
	notices chan engine.Summary
	quote   fx.Quote
	ahead   time.Duration // of the engine's clock

	screener screen.Screener // nil for none
	log      *slog.Logger    // of engines
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, clients: map[string]*messaging.Client{}, notices: make(chan engine.Summary, 10_000), log: slog.New(slog.DiscardHandler)}
	s.url = pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), s.url))
	var err error
	s.books, err = store.Open(t.Context(), s.url)
	require.NoError(t, err)
	t.Cleanup(s.books.Close)

	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: t.TempDir(), Participants: names})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	require.NoError(t, server.Provision(t.Context()))
	switchKey := newSigner(t)
	s.hub, err = messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: server.HubEndpoint(), Signer: switchKey})
	require.NoError(t, err)
	t.Cleanup(s.hub.Close)

	keys := map[string]string{}
	for _, name := range names {
		key := newSigner(t)
		keys[name] = key.PublicKey()
		s.clients[name], err = messaging.ConnectClient(t.Context(), messaging.ClientConfig{
			Endpoint: server.ParticipantEndpoint(name), Participant: name, Signer: key, Salter: salter, SwitchKey: switchKey.PublicKey(),
		})
		require.NoError(t, err)
		t.Cleanup(s.clients[name].Close)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	s.signer, err = note.NewSigner(secret)
	require.NoError(t, err)
	s.public, err = note.NewVerifier(public)
	s.logKey = public
	require.NoError(t, err)

	limits := settlement.AddParticipant{Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000}
	for i, currency := range []fx.Currency{kes, php} {
		p := limits
		p.Name, p.Country, p.Currency, p.SigningKey = names[i], currency.String()[:2], currency, keys[names[i]]
		s.ask(settlement.CommandAddParticipant, p)
	}
	provider := limits
	provider.Name, provider.Country, provider.Currency, provider.Role = "fx-house", "MU", kes, settlement.RoleProvider
	s.ask(settlement.CommandAddParticipant, provider)
	s.ask(settlement.CommandFund, settlement.Fund{Participant: "mpesa-ke", Currency: kes, AmountMinor: 1_000_000_00, Evidence: "CAMT-1"})
	s.ask(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: "mpesa-ke", Currency: kes, UnsecuredMinor: 5_00})
	s.ask(settlement.CommandCreditLine, settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: 5_00})
	s.ask(settlement.CommandFund, settlement.Fund{Participant: "fx-house", Currency: php, AmountMinor: 1_000_000_00})
	s.quote = fx.Quote{ID: "q1", Provider: "fx-house", From: kes, To: php, Rate: fx.MustRate("0.4501"), Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
	s.ask(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{s.quote}})
	return s
}

func newSigner(t *testing.T) *messaging.Signer {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer
}

func (s *scene) ask(kind settlement.CommandKind, body any) {
	text, err := json.Marshal(body)
	require.NoError(s.t, err)
	_, err = s.books.Ask(s.t.Context(), fmt.Sprintf("%s %s", kind, text), kind, text)
	require.NoError(s.t, err)
}

func (s *scene) engine(holder string, clock func() time.Time, hashing ...decide.Screen) *engine.Engine {
	config := engine.Config{
		Ledger: s.books, Hub: s.hub, Screener: s.screener, Signer: s.signer, Holder: holder, Clock: clock, Log: s.log,
		Notice: func(_ context.Context, n engine.Summary) { s.notices <- n },
	}
	for _, by := range hashing {
		config.Screen = by
	}
	return engine.New(config)
}

// lead runs an engine, with a screen or none, until the returned function is called.
func (s *scene) lead(holder string, hashing ...decide.Screen) (stop func()) {
	ctx, cancel := context.WithCancelCause(s.t.Context())
	done := make(chan error, 1)
	ahead := s.ahead
	e := s.engine(holder, func() time.Time { return time.Now().Add(ahead) }, hashing...)
	go func() { done <- e.Run(ctx) }()
	stopped := errors.New("stopped by the test")
	return func() {
		cancel(stopped)
		assert.ErrorIs(s.t, <-done, stopped)
	}
}

// A ledger that was restored to what it was earlier would say other things under numbers that were heard before.
func TestALedgerBehindItsStreamsHalts(t *testing.T) {
	s := newScene(t)
	payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{Participant: "gcash-ph", Changes: []messaging.Change{{Intent: "i", State: messaging.StateQueued}}})
	require.NoError(t, err)
	said := messaging.Delivery{Participant: "gcash-ph", Kind: messaging.PayloadStatus, Number: 1_000_000, Payload: payloads[0]}
	require.NoError(t, s.hub.Deliver(t.Context(), []messaging.Delivery{said}))
	var ahead *messaging.DuplicateError
	require.ErrorAs(t, s.engine("restored", time.Now).Run(t.Context()), &ahead)
	assert.Equal(t, "TO_gcash-ph", ahead.Stream)
}

func (s *scene) intent(n int) messaging.Intent {
	conversion, err := s.quote.Convert(fx.FixedSource, fx.Money{Minor: int64(100_00 + n), Currency: kes})
	require.NoError(s.t, err)
	return messaging.Intent{
		ID: fmt.Sprintf("i%05d", n), CreditorParticipant: "gcash-ph",
		Debtor:   messaging.Party{Name: "Wanjiku Kamau", Account: fmt.Sprintf("2547%08d", n)},
		Creditor: messaging.Party{Name: "Maria Santos", Account: fmt.Sprintf("6391%08d", n)},
		Source:   messaging.NewAmount(conversion.Source), Destination: messaging.NewAmount(conversion.Destination),
		Quote: "q1", Fixed: fx.FixedSource, Deadline: s.quote.Expires,
	}
}

// pay answers every instruction as a rail would: each third payout is refused, every refund succeeds.
// What it is told twice it answers twice.
func (s *scene) pay(ctx context.Context, name string) error {
	return s.clients[name].Receive(ctx, func(ctx context.Context, in messaging.Incoming) error {
		if in.Payout == nil {
			return nil
		}
		var outcomes []messaging.Outcome
		for _, i := range in.Payout.Instructions {
			if i.Kind != messaging.KindPayout && i.Kind != messaging.KindRefund {
				continue // asked about while the clock went ahead: it is on its way
			}
			o := messaging.Outcome{Transfer: i.Transfer, Kind: i.Kind, State: messaging.OutcomePaid, Amount: i.Amount, RailRef: "R" + i.Intent, ResolvedBy: "callback"}
			if i.Kind == messaging.KindPayout && i.Intent[len(i.Intent)-1]%3 == 0 {
				o.State, o.Reason, o.RailRef = messaging.OutcomeFailed, "AC01", ""
			}
			outcomes = append(outcomes, o)
		}
		return s.clients[name].PublishOutcomes(ctx, outcomes)
	})
}

// Real servers, two engines one after the other, every input twice: each intent ends once.
func TestEngineClearsOnceWhateverRepeats(t *testing.T) {
	s := newScene(t)
	paying, rest := context.WithCancel(t.Context())
	paid := make(chan error, len(names))
	for _, name := range names {
		go func() { paid <- s.pay(paying, name) }()
	}
	const transfers = 400
	stop := s.lead("first")
	require.Empty(t, s.told(settlement.CommandFees, fee.Schedule{Version: 1, From: time.Now().Add(10 * time.Minute).Truncate(time.Second), Rules: []fee.Rule{{
		Name: "all", Switch: fx.Tiers{{PPM: 5_000}}, Interchange: fee.Interchange{Payer: fee.Debtor, Tiers: fx.Tiers{{PPM: 2_500}}},
	}}}))
	for n := range transfers / 2 {
		require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{s.intent(n)}))
	}
	stop()                     // wherever it is
	s.ahead = 20 * time.Minute // the fees are in force by now
	stop = s.lead("second")
	var all []messaging.Intent
	for n := range transfers {
		all = append(all, s.intent(n))
	}
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), all))
	// Bad input in between: each leaves a trace, nothing stops.
	for i, body := range []string{"noise", `{"version":1,"participant":"gcash-ph","intents":[]}`, "\xff\xfe"} {
		require.NoError(t, s.clients["mpesa-ke"].Send(t.Context(), messaging.Message{
			Kind: messaging.PayloadIntent, ID: fmt.Sprint("bad", i), Payload: []byte(body), Signature: "bm9uZQ",
		}))
	}
	s.await(transfers, 3)
	s.replayLetters(transfers)
	s.await(transfers+1, 4)
	require.Empty(t, s.told(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "end of day"}))
	stop()
	rest()
	for range names {
		require.ErrorIs(t, <-paid, context.Canceled)
	}

	findings, err := s.books.Check(t.Context(), s.public)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	var charged int
	owner, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	require.NoError(t, owner.QueryRow(t.Context(), `SELECT count(*) FROM ledger.charge`).Scan(&charged))
	require.NoError(t, owner.Close(t.Context()))
	require.Positive(t, charged)
	s.checkSeesThrough()
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Positive(t, batches)
	states, err := s.books.States(t.Context())
	require.NoError(t, err)
	refused := 0
	for n := range transfers {
		if id := s.intent(n).ID; id[len(id)-1]%3 == 0 {
			refused++
		}
	}
	require.Equal(t, map[messaging.State]int64{messaging.StatePaid: int64(transfers + 1 - refused), messaging.StateReturned: int64(refused)}, states)
}

// checkSeesThrough changes the past in ways that only the owner of the database could, one at a time,
// and has the check name the invariant each breaks.
func (s *scene) checkSeesThrough() {
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer owner.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // the test is over
	_, err = owner.Exec(s.t.Context(), "SET ledger.change_the_past = 'on'")
	require.NoError(s.t, err)
	last := func(table, key string) string { return "(SELECT max(" + key + ") FROM ledger." + table + ")" }
	twice := func(which string) string { // a posting once more, under a number of its own
		return "INSERT INTO ledger.posting SELECT " + last("posting", "id") + " + 1, batch, transfer, kind, debit, credit, amount, currency FROM ledger.posting WHERE " + which
	}
	for _, m := range []struct{ invariant, change, undo string }{
		{"balances_are_postings", "UPDATE ledger.balance SET credits = credits + 1 WHERE (account, batch) = (SELECT account, max(batch) FROM ledger.balance GROUP BY 1 LIMIT 1)",
			"UPDATE ledger.balance SET credits = credits - 1 WHERE (account, batch) = (SELECT account, max(batch) FROM ledger.balance GROUP BY 1 LIMIT 1)"},
		{"postings_have_causes", "UPDATE ledger.posting SET amount = amount + 1 WHERE id = " + last("posting", "id"),
			"UPDATE ledger.posting SET amount = amount - 1 WHERE id = " + last("posting", "id")},
		{"postings_have_causes", "UPDATE ledger.transfer SET destination_minor = destination_minor + 1 WHERE id = (SELECT min(id) FROM ledger.transfer)",
			"UPDATE ledger.transfer SET destination_minor = destination_minor - 1 WHERE id = (SELECT min(id) FROM ledger.transfer)"},
		{"balances_are_postings", "UPDATE ledger.balance SET debits = debits + 7 WHERE (account, batch) = (SELECT account, min(batch) FROM ledger.balance GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1)",
			"UPDATE ledger.balance SET debits = debits - 7 WHERE (account, batch) = (SELECT account, min(batch) FROM ledger.balance GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1)"},
		{"postings_have_causes", twice("id = " + last("posting", "id")), "DELETE FROM ledger.posting WHERE id = " + last("posting", "id")},
		{"exactly_once", twice("id = (SELECT min(id) FROM ledger.posting WHERE transfer IS NOT NULL)"),
			"DELETE FROM ledger.posting WHERE id = " + last("posting", "id")},
		{"exactly_once", "UPDATE ledger.posting SET transfer = -transfer WHERE id = (SELECT min(id) FROM ledger.posting WHERE transfer IS NOT NULL)",
			"UPDATE ledger.posting SET transfer = -transfer WHERE transfer < 0"},
		{"steps_in_order", "INSERT INTO ledger.transfer_event VALUES (7, 'queued', 1, '')", "DELETE FROM ledger.transfer_event WHERE transfer = 7"},
		{"steps_in_order", "UPDATE ledger.transfer_event SET transfer = -transfer WHERE transfer = (SELECT min(id) FROM ledger.transfer)",
			"UPDATE ledger.transfer_event SET transfer = -transfer WHERE transfer < 0"},
		{"steps_in_order", "UPDATE ledger.transfer_event SET state = 'expired' WHERE transfer = (SELECT min(id) FROM ledger.transfer) AND state IN ('paid', 'returned')",
			"UPDATE ledger.transfer_event SET state = CASE WHEN EXISTS (SELECT FROM ledger.transfer WHERE return_of = transfer_event.transfer) THEN 'returned' ELSE 'paid' END WHERE state = 'expired'"},
		{"exactly_once", "UPDATE ledger.intent SET id = 'x' || id WHERE transfer = (SELECT min(id) FROM ledger.transfer)", "UPDATE ledger.intent SET id = substr(id, 2) WHERE transfer = (SELECT min(id) FROM ledger.transfer)"},
		{"nothing_lost", "UPDATE ledger.envelope SET sequence = -sequence WHERE sequence = 1", "UPDATE ledger.envelope SET sequence = -sequence WHERE sequence = -1"},
		{"nothing_lost", "UPDATE ledger.outbox SET id = -id WHERE id = 2", "UPDATE ledger.outbox SET id = -id WHERE id = -2"},
		{"append_only", "GRANT UPDATE (amount) ON ledger.posting TO ayni_engine", "REVOKE UPDATE (amount) ON ledger.posting FROM ayni_engine"},
		{"append_only", "GRANT DELETE ON ledger.batch TO ayni_auditor", "REVOKE DELETE ON ledger.batch FROM ayni_auditor"},
		{"guards_stand", "ALTER TABLE ledger.posting DISABLE TRIGGER kept", "ALTER TABLE ledger.posting ENABLE TRIGGER kept"},
		{"guards_stand", "GRANT SELECT (payload) ON ledger.envelope TO ayni_reader", "REVOKE SELECT (payload) ON ledger.envelope FROM ayni_reader"},
		{"guards_stand", "GRANT EXECUTE ON FUNCTION ledger.make_partitions TO PUBLIC", "REVOKE EXECUTE ON FUNCTION ledger.make_partitions FROM PUBLIC"},
		{"guards_stand", "ALTER FUNCTION ledger.hold_lead SET search_path = public", "ALTER FUNCTION ledger.hold_lead SET search_path = pg_catalog, pg_temp"},
		{"within_liquidity", "UPDATE ledger.liquidity SET prefund_minor = prefund_minor + 1000", "UPDATE ledger.liquidity SET prefund_minor = prefund_minor - 1000"},
		{"unknown_is_not_failed", "UPDATE ledger.outcome SET state = 'unknown' WHERE state = 'failed'", "UPDATE ledger.outcome SET state = 'failed' WHERE state = 'unknown'"},
		{"money_is_exact", "UPDATE ledger.transfer SET residual_nano = residual_nano + 1 WHERE id = (SELECT min(id) FROM ledger.transfer)", "UPDATE ledger.transfer SET residual_nano = residual_nano - 1 WHERE id = (SELECT min(id) FROM ledger.transfer)"},
		{"clearing_within_bound", "UPDATE ledger.batch SET bound = -bound - 1 WHERE tier <> ''", "UPDATE ledger.batch SET bound = -bound - 1 WHERE tier <> ''"},
		{"clearing_within_bound", "UPDATE ledger.batch SET iterations = iterations + 1 WHERE tier <> ''", "UPDATE ledger.batch SET iterations = iterations - 1 WHERE tier <> ''"},
		{"credit_is_backed", "UPDATE ledger.credit_terms SET unsecured_minor = unsecured_minor - 1", "UPDATE ledger.credit_terms SET unsecured_minor = unsecured_minor + 1"},
		{"credit_is_backed", "INSERT INTO ledger.guarantee VALUES (1, 1, 1, 2, 'KES', 5); INSERT INTO ledger.account VALUES (99, 1, 'pledge', 'KES')",
			"DELETE FROM ledger.guarantee; DELETE FROM ledger.account WHERE id = 99"},
		{"postings_have_causes", "DELETE FROM ledger.evidence", "INSERT INTO ledger.evidence SELECT 'KES', 'CAMT-1', r.batch, c.id, '' FROM ledger.command c JOIN ledger.command_result r ON r.command = c.id WHERE c.key LIKE '%CAMT-1%'"},
		{"postings_have_causes", "INSERT INTO ledger.instruction VALUES (1, 1, NULL, 'withdrawal', 1, 1, 5, 'KES', '2026-04-13', 'I', 'scheme', 'agent-kes')", "DELETE FROM ledger.instruction"},
		{"defaults_in_order", "INSERT INTO ledger.default_step VALUES (1, 1, 1, 1, 'collateral', 2, 5)", "DELETE FROM ledger.default_step"},
		{"defaults_in_order", "INSERT INTO ledger.claim VALUES (1, 1, 1, 1, 1, 2, 'KES', 5)", "DELETE FROM ledger.claim"},
		{"windows_are_whole", "UPDATE ledger.window_event SET log_index = log_index + 1 WHERE state = 'closed'", "UPDATE ledger.window_event SET log_index = log_index - 1 WHERE state = 'closed'"},
		{"windows_are_whole", "UPDATE ledger.window_event SET batch = batch - 1 WHERE settlement_window = 2", "UPDATE ledger.window_event SET batch = batch + 1 WHERE settlement_window = 2"},
		{"windows_are_whole", "UPDATE ledger.window_net SET gross_in = gross_in + 1, gross_out = gross_out + 1", "UPDATE ledger.window_net SET gross_in = gross_in - 1, gross_out = gross_out - 1"},
		{"fees_as_scheduled", "UPDATE ledger.charge SET amount_minor = amount_minor + 1 WHERE transfer = " + last("charge", "transfer"),
			"UPDATE ledger.charge SET amount_minor = amount_minor - 1 WHERE transfer = " + last("charge", "transfer")},
		{"fees_as_scheduled", "UPDATE ledger.charge SET transfer = transfer - 1 WHERE transfer = (SELECT min(transfer) FROM ledger.charge)",
			"UPDATE ledger.charge SET transfer = transfer + 1 WHERE transfer = (SELECT min(transfer) FROM ledger.charge)"},
		{"fees_as_scheduled", "UPDATE ledger.fee_schedule SET starts = starts - interval '1 hour'", "UPDATE ledger.fee_schedule SET starts = starts + interval '1 hour'"},
		{"postings_have_causes", "UPDATE ledger.charge SET payee = 1, payer = 2 WHERE kind = 'interchange'", "UPDATE ledger.charge SET payee = 2, payer = 1 WHERE kind = 'interchange'"},
		{"exactly_once", "UPDATE ledger.posting SET kind = 'fee' WHERE id = (SELECT min(id) FROM ledger.posting WHERE kind = 'clear')",
			"UPDATE ledger.posting SET kind = 'clear' WHERE id = (SELECT min(id) FROM ledger.posting WHERE kind = 'fee')"},
		{"windows_net_to_zero", "UPDATE ledger.posting SET kind = 'fund' WHERE kind = 'fee'", "UPDATE ledger.posting SET kind = 'fee' WHERE kind = 'fund' AND transfer IS NOT NULL"},
		{"windows_net_to_zero", "UPDATE ledger.window_net SET gross_in = gross_in + 1, net_minor = net_minor + 1", "UPDATE ledger.window_net SET gross_in = gross_in - 1, net_minor = net_minor - 1"},
		{"letters_replayed_once", "UPDATE ledger.letter_replay SET transfers = transfers + 1 WHERE fault = ''", "UPDATE ledger.letter_replay SET transfers = transfers - 1 WHERE fault = ''"},
		{"letters_replayed_once", "UPDATE ledger.dead_letter SET sequence = -sequence", "UPDATE ledger.dead_letter SET sequence = -sequence"},
		{"keys_were_given", "UPDATE ledger.participant SET signing_key = signing_key || '!' WHERE id = 1", "UPDATE ledger.participant SET signing_key = rtrim(signing_key, '!') WHERE id = 1"},
		{"log_is_whole", "UPDATE ledger.log_entry SET leaf = set_byte(leaf, 0, 255 - get_byte(leaf, 0)) WHERE index = 1", "UPDATE ledger.log_entry SET leaf = set_byte(leaf, 0, 255 - get_byte(leaf, 0)) WHERE index = 1"},
		{"log_is_whole", "UPDATE ledger.log_blob SET body = body || '\\x00'", "UPDATE ledger.log_blob SET body = substr(body, 1, length(body) - 1)"},
		{"log_is_whole", "UPDATE ledger.log_blob SET batch = -batch WHERE batch = 2", "UPDATE ledger.log_blob SET batch = -batch WHERE batch < 0"},
		{"log_is_whole", "UPDATE ledger.log_entry SET index = -index WHERE index = " + last("log_entry", "index"), "UPDATE ledger.log_entry SET index = -index WHERE index < 0"},
		{"log_is_whole", "UPDATE ledger.log_checkpoint SET size = -size WHERE size = " + last("log_checkpoint", "size"), "UPDATE ledger.log_checkpoint SET size = -size WHERE size < 0"},
	} {
		_, err := owner.Exec(s.t.Context(), m.change)
		require.NoError(s.t, err, m.change)
		findings, err := s.books.Check(s.t.Context(), s.public)
		require.NoError(s.t, err)
		broken := map[string]bool{}
		for _, f := range findings {
			broken[f.Name] = !f.OK
		}
		assert.True(s.t, broken[m.invariant], "%s should break %s: %v", m.change, m.invariant, findings)
		_, err = owner.Exec(s.t.Context(), m.undo)
		require.NoError(s.t, err, m.undo)
	}
	findings, err := s.books.Check(s.t.Context(), s.public)
	require.NoError(s.t, err)
	for _, f := range findings {
		require.True(s.t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

// replayLetters has the participant sign one intent with a key that the switch does not have yet, gives it
// that key, and has the letter taken in again, with another that stays dead.
func (s *scene) replayLetters(ended int64) {
	next := newSigner(s.t)
	s.sendSigned(next, "early", s.intent(90_001))
	s.await(ended, 4)
	letters, err := s.books.ListLetters(s.t.Context(), 10)
	require.NoError(s.t, err)
	require.Len(s.t, letters, 4)
	early, noise := letters[0], letters[3]
	require.Equal(s.t, messaging.FaultSignature, early.Fault)
	for i, want := range []string{"refused again: bad_signature", ""} {
		if i == 1 {
			require.Empty(s.t, s.told(settlement.CommandRotateKey, settlement.RotateKey{Participant: "mpesa-ke", SigningKey: next.PublicKey()}))
		}
		for _, l := range []ledger.ListedLetter{noise, early} {
			fault := s.told(settlement.CommandReplayLetter, settlement.ReplayLetter{
				Participant: l.Participant, Sequence: l.Sequence, Place: l.Place, Asker: "operator", Reason: fmt.Sprint("try ", i),
			})
			if l.Sequence == early.Sequence {
				require.Equal(s.t, want, fault)
			} else {
				require.NotEmpty(s.t, fault)
			}
		}
	}
	letters, err = s.books.ListLetters(s.t.Context(), 10)
	require.NoError(s.t, err)
	require.True(s.t, letters[0].Replayed)
	require.EqualValues(s.t, 2, letters[0].Replays)
}

// salter is every participant's.
var salter = messaging.NewSalter([messaging.SaltSecretSize]byte{1})

// sendSigned publishes an intent signed with any key.
func (s *scene) sendSigned(with *messaging.Signer, id string, intent messaging.Intent) {
	payloads, err := messaging.EncodeIntents("mpesa-ke", []messaging.Intent{intent}, salter)
	require.NoError(s.t, err)
	payload := payloads[0]
	open, _ := messaging.Open(payload)
	signature, err := with.Sign(messaging.PayloadIntent, open)
	require.NoError(s.t, err)
	require.NoError(s.t, s.clients["mpesa-ke"].Send(s.t.Context(), messaging.Message{
		Kind: messaging.PayloadIntent, ID: id, Payload: payload, Signature: signature,
	}))
}

// told asks for something and returns the engine's answer.
func (s *scene) told(kind settlement.CommandKind, body any) string {
	text, err := json.Marshal(body)
	require.NoError(s.t, err)
	id, err := s.books.Ask(s.t.Context(), fmt.Sprintf("%s %s", kind, text), kind, text)
	require.NoError(s.t, err)
	fault, err := s.books.AwaitCommand(s.t.Context(), id)
	require.NoError(s.t, err)
	return fault
}

// await waits until so many transfers have ended and so many messages were buried, over all engines.
func (s *scene) await(transfers, deadLetters int64) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		states, err := s.books.States(s.t.Context())
		require.NoError(s.t, err)
		dead, err := s.books.DeadLetters(s.t.Context())
		require.NoError(s.t, err)
		if states[messaging.StatePaid]+states[messaging.StateReturned] == transfers && dead == deadLetters {
			return
		}
		select {
		case <-s.notices: // something happened: look again
		case <-deadline.C:
			letters, err := s.books.ListLetters(s.t.Context(), 10)
			require.NoError(s.t, err)
			s.t.Fatalf("waited for %d transfers and %d dead letters; have %v and %d: %v", transfers, deadLetters, states, dead, letters)
		}
	}
}
