package request_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/adapter"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
)

var eur = fx.MustCurrency("EUR")

// openRail runs MoMo's real adapter beside a sandbox that takes payouts and does not decide for an hour.
func (h *house) openRail(signer func(dir string) string, key string) {
	dir := h.t.TempDir()
	plug, found := rails.Find("momo")
	require.True(h.t, found)
	ctx, stop := context.WithCancel(h.t.Context())
	group, ctx := errgroup.WithContext(ctx)
	h.t.Cleanup(func() {
		stop()
		_ = group.Wait() // both end because everything does
	})
	settings, listening := make(chan string, 1), make(chan net.Addr, 1)
	group.Go(func() error {
		return adapter.Sandbox{
			Plug: plug, Dir: filepath.Join(dir, "sandbox"), Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", CallbackURL: "http://127.0.0.1:1",
			Currency: eur, Seed: 1, SettleDelay: time.Hour,
			AdapterTimes: adapters.Timers{SubmitTimeout: time.Second, FirstQuery: 50 * time.Millisecond, QueryEvery: 50 * time.Millisecond, QueryEveryMax: time.Second},
		}.Run(ctx, func(_, _ net.Addr, file string) { settings <- file })
	})
	text, err := os.ReadFile(received(h.t, ctx, settings))
	require.NoError(h.t, err)
	cfg, err := adapter.ParseConfig(fmt.Appendf(nil, `
participant: momo-gh
store: %s
listen: 127.0.0.1:0
callbacks: 127.0.0.1:0
switch: {url: %q, credentials: %q, key: %s, signing_seed: "file:%s"}
rail: momo
settings:
  %s`, filepath.Join(dir, "store"), h.broker.URL(), h.broker.CredsFile("momo-gh"), key, signer(dir),
		bytes.ReplaceAll(bytes.TrimSpace(text), []byte("\n"), []byte("\n  "))))
	require.NoError(h.t, err)
	group.Go(func() error {
		return adapter.Run(ctx, cfg, slog.New(slog.DiscardHandler), func(listen, _ net.Addr) { listening <- listen })
	})
	h.rails["momo-gh"] = "http://" + received(h.t, ctx, listening).String()
}

func received[T any](t *testing.T, ctx context.Context, from <-chan T) (value T) { //nolint:revive // t first, as everywhere
	t.Helper()
	select {
	case value = <-from:
	case <-ctx.Done():
		require.NoError(t, context.Cause(ctx))
	}
	return value
}

// TestTwoPeopleEndWhatNoQueryEnds has a real rail take a payout and say no more: two people find its receipt, and the
// transfer is paid.
func TestTwoPeopleEndWhatNoQueryEnds(t *testing.T) {
	h := newHouse(t)
	stop := h.runs(h.server().Run)
	alpha := newSigner(t)
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	momo, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	h.admit(settlement.AddParticipant{Name: "alpha-fr", Country: "FR", Currency: eur, SigningKey: alpha.PublicKey()})
	h.admit(settlement.AddParticipant{Name: "momo-gh", Country: "GH", Currency: eur, SigningKey: momo.PublicKey()})
	operation := request.Operation{ID: "T1P", Ended: rail.Paid, RailRef: "R77", Evidence: "statement of Monday, line 7"}
	require.Contains(t, h.done(request.OperationPlan("momo-gh", operation, because)).Fault, "no address")
	stop()

	h.openRail(func(dir string) string {
		file := filepath.Join(dir, "seed")
		require.NoError(t, os.WriteFile(file, seed, 0o600))
		return file
	}, h.hub.PublicKey())
	h.runs(h.server().Run)
	rails, err := rail.NewDirectory(h.rails)
	require.NoError(t, err)
	momoGH, err := rails.Of("momo-gh")
	require.NoError(t, err)
	health, err := momoGH.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, "momo", health.Rail)

	transfer := h.sends(alpha)
	id := transfer.String() + "P"
	var open adapters.OpenOperation
	require.Eventually(t, func() bool {
		all, err := momoGH.Operations(t.Context(), adapters.Accepted, "")
		require.NoError(t, err)
		if len(all) == 1 {
			open = all[0]
		}
		return len(all) == 1
	}, patience, 20*time.Millisecond)
	require.Equal(t, id, open.ID)
	guide := rail.Guide(open)
	require.Equal(t, []rail.Ended{rail.Paid}, guide.May)
	require.NotEmpty(t, guide.Why)

	failed := request.Operation{Ended: rail.Failed, Evidence: "nobody answers"}
	require.Contains(t, h.done(request.TransferPlan("momo-gh", transfer, messaging.KindPayout, failed, because)).Fault, "may still be paid")
	require.Contains(t, h.done(request.OperationPlan("momo-gh", operation, because)).Fault, "unknown_operation")
	paid := request.Operation{ID: id, Ended: rail.Paid, RailRef: "R77", Evidence: "statement of Monday, line 7"}
	require.Empty(t, h.done(request.OperationPlan("momo-gh", paid, because)).Fault)
	require.Eventually(t, func() bool {
		story, err := h.books.Transfer(t.Context(), transfer)
		require.NoError(t, err)
		return story.State == messaging.StatePaid
	}, patience, 20*time.Millisecond)
	plan, err := request.OperationPlan("momo-gh", paid, because)
	again := h.asked("Chao", plan, err)
	require.NoError(t, request.Decide(t.Context(), h.books, again, "Ben", true, "seen"))
	require.Empty(t, h.awaited(again).Fault, "said twice it is done once")
	require.Contains(t, h.done(request.TransferPlan("momo-gh", transfer, messaging.KindPayout, failed, because)).Fault, "ended_otherwise")
	ended, found, err := momoGH.Operation(t.Context(), id)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, adapters.Settled, ended.State)
	require.Empty(t, rail.Guide(ended).May)
	exceptions, err := momoGH.Exceptions(t.Context())
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(exceptions), string(adapters.ExceptionContradiction), "people see that they differ")
}

// sends has alpha-fr pay 5.00 EUR to somebody at momo-gh, and returns its transfer.
func (h *house) sends(signer *messaging.Signer) (id settlement.TransferID) {
	h.t.Helper()
	c, err := messaging.ConnectClient(h.t.Context(), messaging.ClientConfig{
		Endpoint: messaging.Endpoint{URL: h.broker.URL(), Creds: h.broker.CredsFile("alpha-fr")}, Participant: "alpha-fr", Signer: signer,
		Salter: messaging.NewSalter([messaging.SaltSecretSize]byte{1}), SwitchKey: h.hub.PublicKey(),
	})
	require.NoError(h.t, err)
	defer c.Close()
	amount := messaging.NewAmount(fx.Money{Minor: 5_00, Currency: eur})
	require.NoError(h.t, c.PublishIntents(h.t.Context(), []messaging.Intent{{
		ID: "i1", CreditorParticipant: "momo-gh", Debtor: messaging.Party{Name: "A", Account: "33600000001"},
		Creditor: messaging.Party{Name: "B", Account: "233200000001"}, Source: amount, Destination: amount, Deadline: time.Now().Add(time.Hour).UTC(),
	}}))
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	err = c.Receive(ctx, func(_ context.Context, in messaging.Incoming) error {
		if in.Status == nil {
			return nil
		}
		for _, change := range in.Status.Changes {
			if change.Intent == "i1" && change.Transfer != "" {
				id, err = settlement.ParseTransferID(change.Transfer)
				require.NoError(h.t, err)
				cancel()
			}
		}
		return nil
	})
	require.ErrorIs(h.t, err, context.Canceled)
	return id
}
