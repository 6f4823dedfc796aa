package participant_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/participant"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const patience = 30 * time.Second

var kes = fx.MustCurrency("KES")

// house is a switch on real servers, into which nobody was taken yet.
type house struct {
	t      *testing.T
	data   string
	url    string
	books  *store.Ledger
	broker *messaging.Server
	hub    *messaging.Hub
	log    note.Verifier
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, data: t.TempDir(), url: pgtest.New(t)}
	require.NoError(t, store.Migrate(t.Context(), h.url))
	var err error
	h.books, err = store.Open(t.Context(), h.url)
	require.NoError(t, err)
	t.Cleanup(h.books.Close)
	h.broker, err = messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: filepath.Join(h.data, "nats")})
	require.NoError(t, err)
	t.Cleanup(h.broker.Close)
	require.NoError(t, h.broker.Provision(t.Context()))
	switchKey := newSigner(t)
	h.hub, err = messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: h.broker.HubEndpoint(), Signer: switchKey})
	require.NoError(t, err)
	t.Cleanup(h.hub.Close)
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	h.log, err = note.NewVerifier(public)
	require.NoError(t, err)
	h.runs(func(ctx context.Context) error {
		return engine.New(engine.Config{
			Ledger: h.books, Hub: h.hub, Signer: signer, Holder: "test", Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		}).Run(ctx)
	})
	return h
}

func newSigner(t *testing.T) *messaging.Signer {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer
}

var errStopped = errors.New("stopped by the test")

// runs has something run until the test ends, or stop is called.
func (h *house) runs(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancelCause(h.t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel(errStopped)
		if err := <-done; !errors.Is(err, errStopped) {
			require.ErrorIs(h.t, err, context.Canceled)
		}
	}
	h.t.Cleanup(stop)
	return stop
}

// serve carries requests out, at this house's broker or at none.
func (h *house) serve(broker request.Broker) (stop func()) {
	return h.runs((&request.Server{Books: h.books, Broker: broker, Log: slog.New(slog.DiscardHandler)}).Run)
}

// asked asks for a plan.
func (h *house) asked(plan request.Plan, err error) int64 {
	h.t.Helper()
	require.NoError(h.t, err)
	id, err := request.Ask(h.t.Context(), h.books, "Asha", plan.Because("contract of May"))
	require.NoError(h.t, err)
	return id
}

// done has two people want a plan, and waits for what came of it.
func (h *house) done(plan request.Plan, err error) (fault string) {
	h.t.Helper()
	id := h.asked(plan, err)
	require.NoError(h.t, request.Decide(h.t.Context(), h.books, id, "Ben", true, "agreed"))
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	r, err := request.Await(ctx, h.books, id)
	require.NoError(h.t, err)
	return r.Fault
}

func member(name, key string) settlement.AddParticipant {
	return settlement.AddParticipant{
		Name: name, Country: "KE", Currency: kes, Role: settlement.RoleOperator, SigningKey: key,
		PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 1_000_000,
	}
}

// connects tells whether credentials are let in.
func (h *house) connects(creds string) bool {
	conn, err := nats.Connect(h.broker.URL(), nats.UserCredentials(creds))
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// kept copies a participant's credentials as its operator would.
func (h *house) kept(name string) string {
	file := filepath.Join(h.t.TempDir(), name)
	require.NoError(h.t, participant.Credentials(h.data, name, file))
	info, err := os.Stat(file)
	require.NoError(h.t, err)
	require.Equal(h.t, os.FileMode(0o600), info.Mode())
	require.Error(h.t, participant.Credentials(h.data, name, file), "it is there")
	return file
}

// says has alpha-ke publish an intent, and returns how the switch answered.
func (h *house) says(id string, signer *messaging.Signer, creds string) messaging.Fault {
	h.t.Helper()
	c, err := messaging.ConnectClient(h.t.Context(), messaging.ClientConfig{
		Endpoint: messaging.Endpoint{URL: h.broker.URL(), Creds: creds}, Participant: "alpha-ke", Signer: signer, Salter: messaging.NewSalter([messaging.SaltSecretSize]byte{1}), SwitchKey: h.hub.PublicKey(),
	})
	require.NoError(h.t, err)
	defer c.Close()
	amount := messaging.NewAmount(fx.Money{Minor: 500_00, Currency: kes})
	require.NoError(h.t, c.PublishIntents(h.t.Context(), []messaging.Intent{{
		ID: id, CreditorParticipant: "beta-ke", Debtor: messaging.Party{Name: "A", Account: "1"}, Creditor: messaging.Party{Name: "B", Account: "2"},
		Source: amount, Destination: amount, Deadline: time.Now().Add(time.Hour).UTC(),
	}}))
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	var fault messaging.Fault
	err = c.Receive(ctx, func(_ context.Context, in messaging.Incoming) error {
		if in.Status == nil {
			return nil
		}
		for _, change := range in.Status.Changes {
			if change.Intent == id || change.Intent == "" && change.Fault == messaging.FaultSignature {
				fault = change.Fault
				cancel()
			}
		}
		return nil
	})
	require.ErrorIs(h.t, err, context.Canceled)
	return fault
}

// A participant's time with the switch, from nothing to nothing, while it runs.
func TestAParticipantComesAndGoes(t *testing.T) {
	h := newHouse(t)
	h.serve(h.broker)
	alpha, beta := newSigner(t), newSigner(t)
	caps := participant.Caps{LineMinor: 1000_00, UnsecuredMinor: 1000_00}
	require.Empty(t, h.done(participant.AddPlan(member("alpha-ke", alpha.PublicKey()), caps, true)))
	require.Empty(t, h.done(participant.AddPlan(member("beta-ke", beta.PublicKey()), participant.Caps{}, true)))
	require.Contains(t, h.done(participant.AddPlan(member("alpha-ke", beta.PublicKey()), participant.Caps{}, true)), "exists")
	first := h.kept("alpha-ke")
	require.Empty(t, h.says("a1", alpha, first), "within its credit line")

	require.Empty(t, h.done(participant.LimitsPlan("beta-ke", &settlement.Limits{PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 499_00}, nil)))
	require.Equal(t, messaging.FaultAmountLimit, h.says("a2", alpha, first))
	all, err := h.books.Participants(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 499_00, all[1].PayoutMaxMinor)

	require.Empty(t, h.done(request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke", Suspended: true}, "")))
	require.Equal(t, messaging.FaultSuspended, h.says("a3", alpha, first))
	require.Empty(t, h.done(request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke", Suspended: false}, "")))
	require.Equal(t, messaging.FaultAmountLimit, h.says("a4", alpha, first))

	next := newSigner(t)
	require.Empty(t, h.done(participant.RotatePlan("alpha-ke", next.PublicKey(), true)))
	require.False(t, h.connects(first))
	second := h.kept("alpha-ke")
	require.Equal(t, messaging.FaultSignature, h.says("a5", alpha, second))
	require.Equal(t, messaging.FaultAmountLimit, h.says("a6", next, second))

	require.Empty(t, h.done(participant.RevokePlan("alpha-ke", true)))
	require.False(t, h.connects(second))
	require.Error(t, participant.Credentials(h.data, "alpha-ke", filepath.Join(t.TempDir(), "none")))
	require.Empty(t, h.done(participant.RotatePlan("alpha-ke", alpha.PublicKey(), true)))
	require.Equal(t, messaging.FaultSuspended, h.says("a7", alpha, h.kept("alpha-ke")), "back, and not resumed yet")

	findings, err := h.books.Check(t.Context(), h.log)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	h.holdsNoSecret()
	h.logsTwoPeople()
}

// logsTwoPeople wants every command of an approved request in the log with who asked and who approved.
func (h *house) logsTwoPeople() {
	books, err := store.OpenPersonal(h.t.Context(), h.url)
	require.NoError(h.t, err)
	defer books.Close()
	commands := 0
	require.NoError(h.t, books.Log(h.t.Context(), 0, func(b store.LoggedBatch) error {
		for _, e := range b.Entries[1:] {
			require.Contains(h.t, string(e.Body), `"checker":"Ben"`)
			require.Contains(h.t, string(e.Body), `"maker":"Asha"`)
			commands++
		}
		return nil
	}))
	require.Greater(h.t, commands, 5)
}

// holdsNoSecret looks for every seed below the data folder in every column of the database.
func (h *house) holdsNoSecret() {
	var secrets []string
	require.NoError(h.t, filepath.WalkDir(filepath.Join(h.data, "nats", "keys"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		secrets = append(secrets, strings.TrimSpace(string(text)))
		return err
	}))
	require.Greater(h.t, len(secrets), 5)
	owner, err := pgx.Connect(h.t.Context(), h.url)
	require.NoError(h.t, err)
	defer owner.Close(context.WithoutCancel(h.t.Context())) //nolint:errcheck // only read
	rows, err := owner.Query(h.t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'`)
	require.NoError(h.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(h.t, err)
	for _, table := range tables {
		var copied strings.Builder
		_, err := owner.PgConn().CopyTo(h.t.Context(), &copied, `COPY (SELECT encode(convert_to(t::text, 'UTF8'), 'escape') FROM ledger.`+table+` t) TO STDOUT`)
		require.NoError(h.t, err)
		for _, secret := range secrets {
			require.NotContains(h.t, copied.String(), secret, table)
			require.NotContains(h.t, copied.String(), fmt.Sprintf("%x", secret), table)
		}
	}
}

func TestTwoPeople(t *testing.T) {
	h := newHouse(t)
	plan, err := request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke", Suspended: true}, "")
	id := h.asked(plan, err)
	require.Equal(t, id, h.asked(plan, nil), "asked again it is the same")
	for _, same := range []string{"Asha", "asha", " ASHA "} {
		require.ErrorIs(t, request.Decide(t.Context(), h.books, id, same, true, "mine"), ledger.ErrSamePerson)
	}
	require.ErrorIs(t, request.Decide(t.Context(), h.books, id+1, "Ben", true, "which?"), ledger.ErrNoRequest)
	require.Error(t, request.Decide(t.Context(), h.books, id, "Ben", true, ""), "why?")
	require.NoError(t, request.Decide(t.Context(), h.books, id, "Ben", false, "no"))
	require.ErrorIs(t, request.Decide(t.Context(), h.books, id, "Chao", true, "yes"), ledger.ErrDecided)
	todo, err := h.books.RequestsToDo(t.Context(), string(request.Suspend))
	require.NoError(t, err)
	require.Empty(t, todo)
	require.Error(t, h.books.FinishRequest(t.Context(), id, ""), "what was refused is not done")
	require.NotEqual(t, id, h.asked(plan, nil), "and can be asked for again")

	owner, err := pgx.Connect(t.Context(), h.url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is left
	for _, change := range []string{
		`UPDATE ledger.request SET maker = 'Zed'`, `DELETE FROM ledger.approval`, `UPDATE ledger.approval SET approved = true`, `TRUNCATE ledger.request_result`,
	} {
		_, err := owner.Exec(t.Context(), change)
		require.ErrorContains(t, err, "what happened is not changed")
	}

	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	_, err = participant.AddPlan(member("gamma-ke", string(seed)), participant.Caps{}, true)
	require.Error(t, err)
	require.NotContains(t, err.Error(), string(seed))
	for _, wrong := range []func() (request.Plan, error){
		func() (request.Plan, error) { return participant.RotatePlan("gamma-ke", "", false) },
		func() (request.Plan, error) { return participant.RotatePlan("gamma-ke", "U", false) },
		func() (request.Plan, error) {
			return request.SuspendPlan(settlement.Suspend{Participant: "Gamma", Suspended: true}, "")
		},
		func() (request.Plan, error) { return participant.LimitsPlan("gamma-ke", nil, nil) },
	} {
		_, err := wrong()
		require.Error(t, err)
	}
}

// breaking is a broker that fails at first.
type breaking struct {
	request.Broker
	failures int
	tried    chan struct{}
}

func (b *breaking) Admit(ctx context.Context, name string) error {
	if b.failures--; b.failures >= 0 {
		b.tried <- struct{}{}
		return errors.New("out of order")
	}
	return b.Broker.Admit(ctx, name)
}

// What was approved while nobody served, or broke half way, is done once somebody serves again.
func TestWhatWasInterruptedIsTakenUp(t *testing.T) {
	h := newHouse(t)
	plan, err := participant.AddPlan(member("alpha-ke", newSigner(t).PublicKey()), participant.Caps{LineMinor: 5, UnsecuredMinor: 5}, true)
	id := h.asked(plan, err)
	require.NoError(t, request.Decide(t.Context(), h.books, id, "Ben", true, "agreed"))
	b := &breaking{Broker: h.broker, failures: 1, tried: make(chan struct{}, 1)}
	stop := h.serve(b)
	<-b.tried
	stop()
	r, err := h.books.Request(t.Context(), id)
	require.NoError(t, err)
	require.False(t, r.Done)
	require.NoError(t, h.broker.Admit(t.Context(), "alpha-ke"))
	_, err = h.books.Ask(t.Context(), fmt.Sprintf("request %d/1", id), plan.Commands[0].Kind, plan.Commands[0].Body) // as far as it came
	require.NoError(t, err)
	h.serve(b)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err = request.Await(ctx, h.books, id)
	require.NoError(t, err)
	require.Empty(t, r.Fault)
	commands, err := h.books.Commands(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, commands, 3, "each once")
}

func TestAForeignBrokerIsNotTouched(t *testing.T) {
	h := newHouse(t)
	h.serve(nil)
	require.Contains(t, h.done(participant.RotatePlan("alpha-ke", "", true)), "broker")
}
