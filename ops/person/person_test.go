package person_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/person"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var (
	kes   = fx.MustCurrency("KES")
	names = []string{"mpesa-ke", "bank-ke"}
)

// house is a switch on a real PostgreSQL and a real JetStream, which seals what it is told of people.
type house struct {
	t       *testing.T
	books   *store.Ledger
	reads   *store.Ledger // as whoever erases and exports does
	hub     *messaging.Hub
	clients map[string]*messaging.Client
	signer  note.Signer
	logKey  string
	keys    *persons.Store
	notices chan engine.Summary
	asked   int // by once
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clients: map[string]*messaging.Client{}, notices: make(chan engine.Summary, 1000)}
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	var err error
	h.books, err = store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(h.books.Close)
	h.reads, err = store.OpenPersonal(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(h.reads.Close)
	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: t.TempDir(), Participants: names})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	require.NoError(t, server.Provision(t.Context()))
	switchKey := h.newSigner()
	h.hub, err = messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: server.HubEndpoint(), Signer: switchKey})
	require.NoError(t, err)
	t.Cleanup(h.hub.Close)
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	h.logKey = public
	h.signer, err = note.NewSigner(secret)
	require.NoError(t, err)
	h.keys, err = persons.Create(filepath.Join(t.TempDir(), "persons.keys"))
	require.NoError(t, err)
	for _, name := range names {
		key := h.newSigner()
		h.clients[name], err = messaging.ConnectClient(t.Context(), messaging.ClientConfig{
			Endpoint: server.ParticipantEndpoint(name), Participant: name, Signer: key, SwitchKey: switchKey.PublicKey(),
			Salter: messaging.NewSalter([messaging.SaltSecretSize]byte{1}),
		})
		require.NoError(t, err)
		t.Cleanup(h.clients[name].Close)
		h.ask(settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: kes, SigningKey: key.PublicKey(), Role: settlement.RoleOperator,
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000,
		})
	}
	h.ask(settlement.CommandFund, settlement.Fund{Participant: "mpesa-ke", Currency: kes, AmountMinor: 1_000_000_00, Evidence: "CAMT-1"})
	return h
}

func (h *house) newSigner() *messaging.Signer {
	seed, err := messaging.NewSeed()
	require.NoError(h.t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(h.t, err)
	return signer
}

func (h *house) ask(kind settlement.CommandKind, body any) {
	text, err := json.Marshal(body)
	require.NoError(h.t, err)
	_, err = h.books.Ask(h.t.Context(), string(kind)+string(text), kind, text)
	require.NoError(h.t, err)
}

// lead runs an engine until the returned function is called.
func (h *house) lead() (stop func()) {
	ctx, cancel := context.WithCancelCause(h.t.Context())
	e := engine.New(engine.Config{
		Ledger: h.books, Hub: h.hub, Signer: h.signer, Holder: "test", Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		Notice: func(_ context.Context, n engine.Summary) { h.notices <- n }, Persons: h.keys,
	})
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stopped := errors.New("stopped by the test")
	return func() {
		cancel(stopped)
		assert.ErrorIs(h.t, <-done, stopped)
	}
}

// await waits until transfers are in these states and no others.
func (h *house) await(want map[messaging.State]int64) {
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	for {
		states, err := h.books.States(ctx)
		require.NoError(h.t, err)
		if assert.ObjectsAreEqual(want, states) {
			return
		}
		select {
		case <-h.notices: // something happened: look again
		case <-ctx.Done():
			require.Equal(h.t, want, states)
		}
	}
}

// pay answers every instruction, and refuses what is to be paid to one account.
func (h *house) pay(ctx context.Context, name, refused string) error {
	return h.clients[name].Receive(ctx, func(ctx context.Context, in messaging.Incoming) error {
		if in.Payout == nil {
			return nil
		}
		var outcomes []messaging.Outcome
		for _, i := range in.Payout.Instructions {
			o := messaging.Outcome{Transfer: i.Transfer, Kind: i.Kind, State: messaging.OutcomePaid, Amount: i.Amount, RailRef: "R" + i.Intent, ResolvedBy: "callback"}
			if i.Kind == messaging.KindPayout && i.Intent == refused {
				o.State, o.Reason, o.RailRef = messaging.OutcomeFailed, "AC01", ""
			}
			outcomes = append(outcomes, o)
		}
		return h.clients[name].PublishOutcomes(ctx, outcomes)
	})
}

func intent(id, creditor string) messaging.Intent {
	amount := messaging.NewAmount(fx.Money{Minor: 100_00, Currency: kes})
	return messaging.Intent{
		ID: id, CreditorParticipant: "bank-ke", Source: amount, Destination: amount,
		Debtor: messaging.Party{Name: "Wanjiku Kamau", Account: "254700000001"}, Creditor: messaging.Party{Name: "Akinyi " + creditor, Account: creditor},
		Reference: "school fees", Deadline: time.Now().Add(time.Hour).UTC().Truncate(time.Second),
	}
}

// Two people are erased while their transfers are open. The engine starts again, pays one and returns the other; the
// log verifies, and whoever was not erased can be shown.
func TestErasedWhileTransfersAreOpen(t *testing.T) {
	h := newHouse(t)
	stop := h.lead()
	require.NoError(t, h.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{
		intent("i1", "0001"), intent("i2", "0002"), intent("i3", "0003"),
	}))
	h.await(map[messaging.State]int64{messaging.StateCleared: 3})
	export, sealed := filepath.Join(t.TempDir(), "export"), filepath.Join(t.TempDir(), "sealed")
	_, err := audit.Export(t.Context(), h.reads, h.logKey, export, nil)
	require.NoError(t, err)

	paid, returned, kept := persons.Person{Participant: "bank-ke", Account: "0001"}, persons.Person{Participant: "bank-ke", Account: "0002"},
		persons.Person{Participant: "bank-ke", Account: "0003"}
	before, err := person.Disclose(h.keys, paid)
	require.NoError(t, err)
	require.NotEmpty(t, before)
	var open *person.OpenError
	require.ErrorAs(t, person.Erase(t.Context(), h.keys, h.books, paid, false), &open)
	require.Len(t, open.Transfers, 1)
	require.NoError(t, person.Erase(t.Context(), h.keys, h.books, persons.Person{Participant: "bank-ke", Account: "0004"}, false))
	for range 2 { // again is the same as once
		require.NoError(t, person.Erase(t.Context(), h.keys, nil, paid, false))
		require.NoError(t, person.Erase(t.Context(), h.keys, h.books, returned, true))
	}
	require.NoError(t, person.Erase(t.Context(), h.keys, h.books, paid, false)) // nothing shows any more
	stop()

	stop = h.lead()
	paying, rest := context.WithCancel(t.Context())
	ended := make(chan error, len(names))
	for _, name := range names {
		go func() { ended <- h.pay(paying, name, "i2") }()
	}
	h.await(map[messaging.State]int64{messaging.StatePaid: 2, messaging.StateReturned: 1})
	stop()
	rest()
	for range names {
		require.ErrorIs(t, <-ended, context.Canceled)
	}

	_, err = audit.Export(t.Context(), h.reads, h.logKey, export, nil)
	require.NoError(t, err)
	r, err := audit.Verify(t.Context(), audit.Config{Dir: export, Key: h.logKey})
	require.NoError(t, err)
	require.True(t, r.OK(), r)
	_, err = engine.Replay(t.Context(), h.books)
	require.NoError(t, err)

	_, err = person.Seals(t.Context(), h.reads, export)
	require.ErrorContains(t, err, "is an export")
	n, err := person.Seals(t.Context(), h.reads, sealed)
	require.NoError(t, err)
	require.Positive(t, n)
	_, err = person.Disclose(h.keys, paid)
	var erased *persons.ErasedError
	require.ErrorAs(t, err, &erased)
	shown := h.reveal(export, sealed, kept)
	require.Len(t, shown, 1)
	assert.Equal(t, "i3", shown[0].Intent)
	assert.Equal(t, "creditor", shown[0].Role)
	assert.Contains(t, shown[0].Line, "Akinyi 0003")
	assert.NotZero(t, shown[0].Transfer)
	assert.Len(t, h.reveal(export, sealed, persons.Person{Participant: "mpesa-ke", Account: "254700000001"}), 6) // three times, and what it is for
	assert.Empty(t, h.reveal(export, sealed, persons.Person{Participant: "bank-ke", Account: "0005"}))
	h.revealsNothingElse(export, sealed, kept)
}

// A file of keys that comes back from a backup loses again, before anybody reads with it, whoever was erased since: with
// the ledger's knowledge, or without it while an engine led afterwards.
func TestErasedStayErased(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "persons.keys")
	var err error
	h.keys, err = persons.Create(file)
	require.NoError(t, err)
	backup, err := os.ReadFile(file)
	require.NoError(t, err)
	told, alone, kept := persons.Person{Participant: "bank-ke", Account: "0001"}, persons.Person{Participant: "bank-ke", Account: "0002"},
		persons.Person{Participant: "bank-ke", Account: "0003"}
	require.NoError(t, person.Erase(t.Context(), h.keys, h.books, told, false))
	require.NoError(t, person.Erase(t.Context(), h.keys, nil, alone, false))
	h.once()

	require.NoError(t, os.WriteFile(file, backup, 0o600))
	h.keys, err = persons.Open(file)
	require.NoError(t, err)
	_, err = person.Disclose(h.keys, told)
	require.NoError(t, err, "the backup brought everybody back")
	h.once()
	other, err := persons.Open(file) // what is on the disk
	require.NoError(t, err)
	for _, who := range []persons.Person{told, alone} {
		_, err = person.Disclose(other, who)
		require.ErrorAs(t, err, new(*persons.ErasedError))
	}
	_, err = person.Disclose(other, kept)
	require.NoError(t, err)
}

// once has an engine lead until it has decided something.
func (h *house) once() {
	h.asked++
	h.ask(settlement.CommandFund, settlement.Fund{
		Participant: "mpesa-ke", Currency: kes, AmountMinor: 1, Evidence: fmt.Sprintf("CAMT-ONCE-%d", h.asked),
	})
	stop := h.lead()
	defer stop()
	select {
	case <-h.notices:
	case <-time.After(time.Minute):
		require.FailNow(h.t, "the engine decided nothing")
	}
}

func (h *house) reveal(export, sealed string, who persons.Person) (shown []person.Revealed) {
	shown, err := h.tryReveal(export, sealed, who)
	require.NoError(h.t, err)
	return shown
}

func (h *house) tryReveal(export, sealed string, who persons.Person) (shown []person.Revealed, err error) {
	text, err := person.Disclose(h.keys, who)
	require.NoError(h.t, err)
	key, err := persons.ReadKey(text)
	require.NoError(h.t, err)
	err = audit.Observe(h.t.Context(), audit.Config{Dir: export, Key: h.logKey}, person.Reveal(key, sealed, func(r person.Revealed) error {
		shown = append(shown, r)
		return nil
	}))
	return shown, err
}

// revealsNothingElse moves sealed messages to where the log does not commit to them.
func (h *house) revealsNothingElse(export, sealed string, who persons.Person) {
	files, err := os.ReadDir(sealed)
	require.NoError(h.t, err)
	require.NotEmpty(h.t, files)
	require.NoError(h.t, os.Rename(filepath.Join(sealed, files[0].Name()), filepath.Join(sealed, "0")))
	_, err = h.tryReveal(export, sealed, who)
	var uncommitted *person.UncommittedError
	require.ErrorAs(h.t, err, &uncommitted)
}
