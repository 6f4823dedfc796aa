package gcash_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// impatient makes the rail give a silent peer up soon.
func impatient(c *gcash.Config, _ *sandbox.Config) {
	c.Timers = gcash.ProductionTimers()
	c.Timers.SubmitTimeout = time.Second
}

func TestPayoutSettles(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	op := payout("T1P")
	first := b.rail.Submit(t.Context(), op)
	require.Equal(t, adapters.Accepted, first.State, first.Err)
	assert.Equal(t, adapters.FromResponse, first.Origin)
	assert.NotEmpty(t, first.RailID)

	h := b.sink.next(t)
	assert.Equal(t, op.ID, h.operation)
	assert.Equal(t, first.RailID, h.railID)
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, adapters.FromCallback, h.evidence.Origin)
	assert.Equal(t, op.Amount, *h.evidence.Amount)
	assert.Equal(t, op.Beneficiary.Account, h.evidence.Account)
	assert.NotEmpty(t, h.evidence.RailRef)
	assert.NotEqual(t, h.railID, h.evidence.RailRef)

	final := b.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Settled, final.State)
	assert.Equal(t, adapters.FromQuery, final.Origin)
	assert.Equal(t, h.evidence.RailRef, final.RailRef)

	again := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, again.State, "a duplicate answer is not a failure")
	assert.False(t, again.RetrySafe)
	assert.Equal(t, "DUPL", again.Code)

	totals, err := b.sandbox.Totals()
	require.NoError(t, err)
	assert.Equal(t, kit.Total{Count: 1, Minor: op.Amount.Minor}, totals[kit.KindPayout][kit.Settled])
}

func TestPayoutDeclined(t *testing.T) {
	b := newBench(t, kit.Faults{DeclinePct: 100}, nil)
	op := payout("T2P")
	require.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), op).State)
	h := b.sink.next(t)
	final := b.asked(t, op)
	assert.Equal(t, adapters.Failed, final.State)
	assert.Contains(t, []string{"AC03", "AC04", "AC06", "AM04", "AB05", "AB08", "AB09", "BE23", "FR01", "RR04"}, final.Reason)
	assert.Equal(t, final.Code, h.evidence.Code)
	assert.NotEmpty(t, final.Text)
}

func TestPayoutRefusedBeforeClearing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*adapters.Operation)
		reason string
	}{
		"over the limit":   {func(op *adapters.Operation) { op.Amount.Minor = 5_000_001 }, "AM02"},
		"another currency": {func(op *adapters.Operation) { op.Amount.Currency = fx.MustCurrency("USD") }, "AM03"},
		"long account": {func(op *adapters.Operation) {
			op.Beneficiary.Account = "123456789012345678901234567890123456"
		}, "AC03"},
		"control character": {func(op *adapters.Operation) { op.Beneficiary.Name = "a\x01" }, "FF01"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, kit.Faults{}, nil)
			op := payout("T3P")
			c.spoil(&op)
			e := b.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Failed, e.State)
			assert.Equal(t, c.reason, e.Reason)
			query := b.rail.Query(t.Context(), op)
			assert.Equal(t, adapters.Unknown, query.State)
			assert.True(t, query.RetrySafe, "the bank says that it has nothing")
		})
	}
}

func TestPayoutDelayed(t *testing.T) {
	b := newBench(t, kit.Faults{DelayPct: 100, DelayMS: 50}, nil)
	op := payout("T4P")
	e := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State, "PDNG is not a promise")
	assert.False(t, e.RetrySafe)
	assert.NotEmpty(t, e.RailID)
	assert.Equal(t, adapters.Settled, b.sink.next(t).evidence.State)
}

func TestPayoutLostCallback(t *testing.T) {
	b := newBench(t, kit.Faults{LostCallbackPct: 100}, nil)
	op := payout("T5P")
	require.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), op).State)
	assert.Equal(t, adapters.Settled, b.asked(t, op).State)
	// One worker sends callbacks in order: the next one to come is the next payout's.
	require.NoError(t, b.sandbox.SetFaults(kit.Faults{}))
	require.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), payout("T6P")).State)
	assert.Equal(t, "T6P", b.sink.next(t).operation)
}

func TestPayoutDuplicateCallback(t *testing.T) {
	b := newBench(t, kit.Faults{DuplicateCallbackPct: 100}, nil)
	require.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), payout("T7P")).State)
	first, second := b.sink.next(t), b.sink.next(t)
	assert.Equal(t, first, second)
}

func TestPayoutContradictoryFinals(t *testing.T) {
	for _, c := range []struct {
		name    string
		decline int
		first   bool
		states  []adapters.State
	}{
		{"failure first", 0, true, []adapters.State{adapters.Failed, adapters.Settled}},
		{"failure after", 0, false, []adapters.State{adapters.Settled, adapters.Failed}},
		{"success after", 100, false, []adapters.State{adapters.Failed, adapters.Settled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, kit.Faults{ContradictPct: 100, DeclinePct: c.decline}, nil)
			op := payout("T8P")
			op.Beneficiary.Account = b.unlucky(t, kit.KindPayout, func(f kit.Fate) bool {
				return f.ContradictFirst == c.first
			})
			require.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), op).State)
			truth := b.asked(t, op)
			var states []adapters.State
			for range 2 {
				h := b.sink.next(t)
				state := h.evidence.State
				if state == adapters.Unknown && truth.State == adapters.Failed {
					state = adapters.Failed // a timeout's code is believed from a query only
				}
				states = append(states, state)
			}
			assert.Equal(t, c.states, states)
			want := adapters.Settled
			if c.decline > 0 {
				want = adapters.Failed
			}
			assert.Equal(t, want, truth.State, "a query tells the truth")
		})
	}
}

func TestPayoutTimeout(t *testing.T) {
	for name, accepted := range map[string]bool{"after acceptance": true, "before acceptance": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, kit.Faults{TimeoutPct: 100}, impatient)
			op := payout("T9P")
			op.Beneficiary.Account = b.unlucky(t, kit.KindPayout, func(f kit.Fate) bool { return f.TimeoutAccepted == accepted })
			e := b.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Unknown, e.State)
			assert.False(t, e.RetrySafe, "silence is no proof that nothing arrived")
			require.ErrorIs(t, e.Err, context.DeadlineExceeded)
			if !accepted {
				query := b.rail.Query(t.Context(), op)
				assert.Equal(t, adapters.Unknown, query.State)
				assert.True(t, query.RetrySafe)
				assert.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), op).State)
			}
			assert.Equal(t, adapters.Settled, b.sink.next(t).evidence.State)
			assert.Equal(t, adapters.Settled, b.asked(t, op).State)
		})
	}
}

func TestPayoutServerError(t *testing.T) {
	b := newBench(t, kit.Faults{ErrorPct: 100}, nil)
	op := payout("T10P")
	e := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe, "a 500 may come from an engine that took it")
	assert.True(t, b.rail.Query(t.Context(), op).RetrySafe)
	assert.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), op).State)
	assert.Equal(t, adapters.Settled, b.sink.next(t).evidence.State)
}

func TestPeerIsDown(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	b.api.Close()
	op := payout("T11P")
	e := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.True(t, e.RetrySafe, "nothing left this machine")
	query := b.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Unknown, query.State)
	assert.False(t, query.RetrySafe, "a query that did not arrive says nothing")
	_, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "O1"})
	require.Error(t, err)
	assert.False(t, found)
}

func TestPeersThatAreNotThemselves(t *testing.T) {
	ours, _ := keys()
	for name, c := range map[string]struct {
		spoil func(*gcash.Config, *sandbox.Config)
		fault gcash.SignatureFault // "" where the peer refuses us
	}{
		"bank with another secret":      {func(_ *gcash.Config, s *sandbox.Config) { s.Bank.Secret = "quite another secret" }, ""},
		"bank knows another version":    {func(_ *gcash.Config, s *sandbox.Config) { s.Bank.KeyVersion = "4" }, ""},
		"wallet knows another version":  {func(c *gcash.Config, _ *sandbox.Config) { c.Wallet.KeyVersion = "9" }, ""},
		"wallet with another key":       {func(_ *gcash.Config, s *sandbox.Config) { s.Wallet.PrivateKeyPEM = ours.private }, gcash.SignatureMismatch},
		"wallet signs another version":  {func(_ *gcash.Config, s *sandbox.Config) { s.Wallet.WalletKeyVersion = "9" }, gcash.SignatureVersion},
		"wallet signs as somebody else": {func(_ *gcash.Config, s *sandbox.Config) { s.Wallet.WalletClientID = "eve" }, gcash.SignatureClient},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, kit.Faults{}, c.spoil)
			op := payout("T12P")
			if name[:6] == "wallet" {
				op = refundOf("R1", "PYMTX", 5)
			}
			e := b.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Unknown, e.State)
			var signature *gcash.SignatureError
			if c.fault == "" {
				assert.True(t, e.RetrySafe, "stopped at the gate: %v", e.Err)
				return
			}
			assert.False(t, e.RetrySafe)
			require.ErrorAs(t, e.Err, &signature)
			assert.Equal(t, c.fault, signature.Fault)
		})
	}
}

func TestRestartDecidesWhatWasAccepted(t *testing.T) {
	b := newBench(t, kit.Faults{DelayPct: 100, DelayMS: 60_000}, nil)
	op := payout("T13P")
	require.Equal(t, adapters.Unknown, b.rail.Submit(t.Context(), op).State)
	require.NoError(t, b.sandbox.Close())
	b.peer.Faults = kit.Faults{}
	again, err := sandbox.New(b.peer)
	require.NoError(t, err)
	t.Cleanup(func() { _ = again.Close() })
	api := serve(t, again)
	b.config.Bank.BaseURL = api.URL
	b.rail, err = gcash.New(b.config, b.sink)
	require.NoError(t, err)
	assert.Equal(t, adapters.Settled, b.asked(t, op).State)
}

func pay(t *testing.T, b *bench, order string, minor int64) {
	t.Helper()
	require.NoError(t, b.sandbox.Pay(t.Context(), kit.CustomerPayment{
		OrderRef: order, Payer: "639170000077", PayerName: "Jose", Amount: fx.Money{Minor: minor, Currency: php},
	}))
}

func TestCollectionByNotification(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	pay(t, b, "ORDER1", 10_050)
	got := b.sink.next(t).collection
	assert.Equal(t, adapters.Collection{
		OrderRef: "ORDER1", RailRef: got.RailRef, Amount: fx.Money{Minor: 10_050, Currency: php},
		Payer: "639170000077", Origin: adapters.FromCallback,
	}, got)
	assert.NotEmpty(t, got.RailRef)
	pay(t, b, "ORDER1", 10_050) // the same again changes nothing, and is not notified again
	pay(t, b, "ORDER2", 1)
	assert.Equal(t, "ORDER2", b.sink.next(t).collection.OrderRef)

	asked, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
	require.NoError(t, err)
	require.True(t, found)
	got.Origin = adapters.FromQuery
	assert.Equal(t, got, asked)
}

func TestCollectionLostAndContradicted(t *testing.T) {
	b := newBench(t, kit.Faults{LostCallbackPct: 100}, nil)
	_, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER3"})
	require.NoError(t, err)
	assert.False(t, found, "nobody has paid")
	pay(t, b, "ORDER3", 500)
	c, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER3"})
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, int64(500), c.Amount.Minor)

	// A notification of failure is heard and records nothing; the true one does.
	require.NoError(t, b.sandbox.SetFaults(kit.Faults{ContradictPct: 100}))
	pay(t, b, "ORDER4", 700)
	assert.Equal(t, "ORDER4", b.sink.next(t).collection.OrderRef)
	require.NoError(t, b.sandbox.SetFaults(kit.Faults{DuplicateCallbackPct: 100}))
	pay(t, b, "ORDER5", 800)
	assert.Equal(t, "ORDER5", b.sink.next(t).collection.OrderRef)
	assert.Equal(t, "ORDER5", b.sink.next(t).collection.OrderRef)
}

func refundOf(id, payment string, minor int64) adapters.Operation {
	return adapters.Operation{
		ID: id, Kind: messaging.KindRefund, Amount: fx.Money{Minor: minor, Currency: php},
		Beneficiary: messaging.Party{Name: "Jose", Account: "639170000077"}, CollectionRef: payment, Reference: "returned",
	}
}

// collected pays for an order and returns the receipt.
func collected(t *testing.T, b *bench, order string) string {
	t.Helper()
	pay(t, b, order, 1000)
	c, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: order})
	require.NoError(t, err)
	require.True(t, found)
	return c.RailRef
}

func TestRefund(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	receipt := collected(t, b, "ORDER1")
	op := refundOf("T1R", receipt, 1000)
	query := b.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Unknown, query.State)
	assert.True(t, query.RetrySafe, "the wallet says that it has no such refund")

	e := b.rail.Submit(t.Context(), op)
	require.Equal(t, adapters.Settled, e.State, e.Err)
	assert.Equal(t, op.Amount, *e.Amount)
	again := b.rail.Submit(t.Context(), op)
	assert.Equal(t, e.RailRef, again.RailRef, "idempotent by refundRequestId")
	assert.Equal(t, e.RailRef, b.rail.Query(t.Context(), op).RailRef)

	other := b.rail.Submit(t.Context(), refundOf("T2R", receipt, 1000))
	assert.Equal(t, adapters.Failed, other.State)
	changed := b.rail.Submit(t.Context(), refundOf("T1R", receipt, 999))
	assert.Equal(t, adapters.Unknown, changed.State, "the same id with other contents says nothing about the first")
	assert.False(t, changed.RetrySafe)
	tooMuch := b.rail.Submit(t.Context(), refundOf("T3R", collected(t, b, "ORDER2"), 1001))
	assert.Equal(t, "AM09", tooMuch.Reason)
	unpaid := b.rail.Submit(t.Context(), refundOf("T4R", "PYMTNOTHING", 1))
	assert.Equal(t, adapters.Failed, unpaid.State)
}

func TestRefundDeclined(t *testing.T) {
	b := newBench(t, kit.Faults{RefundDeclinePct: 100}, nil)
	op := refundOf("T1R", collected(t, b, "ORDER1"), 1000)
	e := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Failed, e.State)
	assert.Contains(t, []string{"TM01", "AC06", "NARR"}, e.Reason)
	query := b.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Failed, query.State)
	assert.Equal(t, e.Code, query.Code)
	assert.Equal(t, e.Reason, query.Reason)
}

func TestRefundDelayed(t *testing.T) {
	b := newBench(t, kit.Faults{DelayPct: 100, DelayMS: 20}, nil)
	op := refundOf("T1R", collected(t, b, "ORDER1"), 1000)
	e := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, e.State, "U asks for an inquiry")
	assert.False(t, e.RetrySafe)
	assert.Equal(t, adapters.Settled, b.asked(t, op).State)
}

func TestRefundTimeoutAndError(t *testing.T) {
	for name, c := range map[string]struct {
		faults   kit.Faults
		accepted bool
	}{
		"error":                     {kit.Faults{ErrorPct: 100}, false},
		"timeout before acceptance": {kit.Faults{TimeoutPct: 100}, false},
		"timeout after acceptance":  {kit.Faults{TimeoutPct: 100}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, kit.Faults{}, impatient)
			receipt := ""
			for i := 0; receipt == ""; i++ {
				candidate := collected(t, b, "ORDER"+string(rune('A'+i)))
				if c.faults.Fate(b.sandbox.Dice, kit.KindRefund, candidate).TimeoutAccepted == c.accepted {
					receipt = candidate
				}
			}
			require.NoError(t, b.sandbox.SetFaults(c.faults))
			op := refundOf("T1R", receipt, 1000)
			e := b.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Unknown, e.State)
			assert.False(t, e.RetrySafe)
			if !c.accepted {
				assert.True(t, b.rail.Query(t.Context(), op).RetrySafe)
				assert.Equal(t, adapters.Settled, b.rail.Submit(t.Context(), op).State)
			}
			assert.Equal(t, adapters.Settled, b.asked(t, op).State)
		})
	}
}

func TestSinkDecidesWhatIsAcknowledged(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	b.sink.fail(errors.New("disk is full"))
	body := notification(t, "ORDER1")
	status, answer := post(t, b, prefix+gcash.PathNotifyPayment, body, walletSigner(t, "wallet", "2"), time.Now())
	assert.Equal(t, 200, status)
	assert.Contains(t, answer, `"resultStatus":"U"`, "not recorded: the wallet must send again")
	b.sink.fail(nil)
	_, answer = post(t, b, prefix+gcash.PathNotifyPayment, body, walletSigner(t, "wallet", "2"), time.Now())
	assert.Contains(t, answer, `"resultStatus":"S"`)

	op := payout("T1P")
	b.sink.fail(&adapters.UnknownOperationError{Operation: op.ID})
	status, _ = post(t, b, prefix+gcash.PathStatusReport, report(t, op.ID), bankSigner(t, secret), time.Now())
	assert.Equal(t, 409, status)
	b.sink.fail(errors.New("disk is full"))
	status, _ = post(t, b, prefix+gcash.PathStatusReport, report(t, op.ID), bankSigner(t, secret), time.Now())
	assert.Equal(t, 503, status)
}

func TestConfigIsChecked(t *testing.T) {
	b := newBench(t, kit.Faults{}, nil)
	for name, spoil := range map[string]func(*gcash.Config){
		"no currency":     func(c *gcash.Config) { c.Currency = fx.Currency{} },
		"short prefix":    func(c *gcash.Config) { c.CallbackPrefix = "/short" },
		"no base URL":     func(c *gcash.Config) { c.Wallet.BaseURL = "example" },
		"above InstaPay":  func(c *gcash.Config) { c.PayoutMaxMinor = gcash.InstaPayMaxMinor + 1 },
		"no limit":        func(c *gcash.Config) { c.Currency, c.PayoutMaxMinor = fx.MustCurrency("KWD"), 0 },
		"no clearing":     func(c *gcash.Config) { c.Clearing.SponsorBIC = "" },
		"short secret":    func(c *gcash.Config) { c.Bank.Secret = "short" },
		"no private key":  func(c *gcash.Config) { c.Wallet.PrivateKeyPEM = "" },
		"public for own":  func(c *gcash.Config) { c.Wallet.PrivateKeyPEM = c.Wallet.WalletKeyPEM },
		"trailing PEM":    func(c *gcash.Config) { c.Wallet.WalletKeyPEM += "x" },
		"no wallet's key": func(c *gcash.Config) { c.Wallet.WalletKeyPEM = "" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := b.config
			spoil(&cfg)
			_, err := gcash.New(cfg, b.sink)
			require.Error(t, err)
		})
	}
}
