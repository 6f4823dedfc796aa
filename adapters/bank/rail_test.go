package bank_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	"github.com/ayni-switch/ayni/adapters/bank/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

func euros(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: euro} }

// sending is a customer's payment to somebody beyond.
func sending(id, creditor string) sandbox.Sending {
	return sandbox.Sending{
		ID: id, Payer: "DE001", PayerName: "Ada Example", PayerAddress: "Hauptstrasse 1, Berlin", Amount: euros(12_345),
		CreditorAgent: iso20022.Agent{BIC: agentBIC}, Creditor: "Maria Santos", CreditorAccount: creditor, Text: "for school",
	}
}

// transfer is a pacs.008 of the bank's.
func transfer(id string, spoil func(*iso20022.CreditTransfer)) iso20022.CreditTransfer {
	own := iso20022.Agent{BIC: bankBIC}
	t := iso20022.CreditTransfer{
		MsgID: "M" + id, Created: time.Now(), ID: iso20022.PaymentID{InstrID: id, EndToEndID: id, TxID: id, UETR: iso20022.UETR("test/" + id)},
		Amount: euros(12_345), ChargeBearer: "SLEV", InstructingAgent: own, InstructedAgent: ourAgent,
		Debtor: iso20022.Party{Name: "Ada Example", Address: "Hauptstrasse 1, Berlin"}, DebtorAccount: iso20022.Account{ID: "DE001"}, DebtorAgent: own,
		CreditorAgent: iso20022.Agent{BIC: agentBIC}, Creditor: iso20022.Party{Name: "Maria Santos"}, CreditorAccount: iso20022.Account{ID: "639170000001"},
	}
	if spoil != nil {
		spoil(&t)
	}
	return t
}

func written(t *testing.T, message interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	text, err := message.Marshal()
	require.NoError(t, err)
	return text
}

func question(t *testing.T, about iso20022.CreditTransfer) []byte {
	t.Helper()
	return written(t, iso20022.StatusRequest{
		MsgID: "Q1", Created: time.Now(), OriginalMsgID: about.MsgID, OriginalMessage: iso20022.MessageCreditTransfer, ID: about.ID,
	})
}

func TestCustomerSendsThroughTheBank(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	require.NoError(t, r.sandbox.Send(t.Context(), sending("S1", "639170000001")))
	require.NoError(t, r.sandbox.Send(t.Context(), sending("S1", "639170000001")), "once")
	var conflict *kit.ConflictError
	require.ErrorAs(t, r.sandbox.Send(t.Context(), sending("S1", "639170000002")), &conflict)
	paid := r.taken("S1")

	var intent messaging.Intent
	require.Eventually(t, func() bool { return r.link.published() == 1 }, patience, time.Millisecond)
	for _, i := range r.link.seen {
		intent = i
	}
	assert.Equal(t, "beyond", intent.CreditorParticipant)
	assert.Equal(t, messaging.Party{Name: "Ada Example", Account: "DE001", Address: "Hauptstrasse 1, Berlin"}, intent.Debtor)
	assert.Equal(t, messaging.Party{Name: "Maria Santos", Account: "639170000001"}, intent.Creditor)
	assert.Equal(t, messaging.NewAmount(euros(12_345)), intent.Source)
	assert.Equal(t, "for school", intent.Reference)

	ask := written(t, iso20022.StatusRequest{
		MsgID: "Q1", Created: time.Now(), OriginalMsgID: "M1", OriginalMessage: iso20022.MessageCreditTransfer, ID: iso20022.PaymentID{UETR: paid.Ref},
	})
	require.Eventually(t, func() bool {
		return r.told(bank.PathStatusRequest, ask).Status == iso20022.AcceptedCreditor
	}, patience, time.Millisecond, "ACCC, once the creditor has it")
}

// TestPaymentIsTakenOnce: again, under another message id, or fifty times at once.
func TestPaymentIsTakenOnce(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	first := transfer("P1", nil)
	answers := make(chan []byte, 50)
	for n := range 50 {
		message := written(t, transfer("P1", func(c *iso20022.CreditTransfer) {
			c.MsgID, c.Created = fmt.Sprintf("M%d", n%2), first.Created
		}))
		go func() {
			status, body, err := r.call(bank.PathCreditTransfer, bankToken, message)
			assert.NoError(t, err)
			assert.Equal(t, http.StatusOK, status)
			answers <- body
		}()
	}
	for range 50 {
		report, err := iso20022.ParseStatusReport(<-answers)
		require.NoError(t, err)
		assert.Contains(t, []iso20022.Status{iso20022.AcceptedInProgress, iso20022.AcceptedCreditor}, report.Status)
		assert.Equal(t, first.ID, report.ID)
	}
	other := r.told(bank.PathCreditTransfer, written(t, transfer("P1", func(c *iso20022.CreditTransfer) { c.Amount.Minor++ })))
	assert.Equal(t, first.ID, other.ID)
	assert.Equal(t, iso20022.Rejected, other.Status)
	assert.Equal(t, "DUPL", other.Reason)
	require.Eventually(t, func() bool {
		return r.told(bank.PathStatusRequest, question(t, first)).Status == iso20022.AcceptedCreditor
	}, patience, time.Millisecond, "the first is what it was")
	assert.Equal(t, 1, r.link.published())
	assert.Equal(t, "NOOR", r.told(bank.PathStatusRequest, question(t, transfer("P2", nil))).Reason)
}

func TestPaymentsThatAreNotTaken(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	_, err := r.runner.PlaceOrders(t.Context(), []adapters.OrderRequest{{
		Ref: "ORDER1", To: "beyond", Fixed: fx.FixedSource, Amount: messaging.NewAmount(euros(500)),
		Payer: messaging.Party{Name: "Ada Example", Account: "DE001"}, Creditor: messaging.Party{Name: "Maria Santos", Account: "639170000001"},
	}})
	require.NoError(t, err)
	toUs := func(c *iso20022.CreditTransfer) { c.CreditorAgent = ourAgent }
	for name, c := range map[string]struct {
		spoil  func(*iso20022.CreditTransfer)
		reason string
	}{
		"another currency":  {func(c *iso20022.CreditTransfer) { c.Amount.Currency = fx.MustCurrency("USD") }, "AM03"},
		"another bank":      {func(c *iso20022.CreditTransfer) { c.InstructingAgent.BIC = "EVILXXBKXXX" }, "RC01"},
		"to nobody here":    {func(c *iso20022.CreditTransfer) { c.CreditorAgent.BIC = "NOBOXXBKXXX" }, "RC04"},
		"above the limit":   {func(c *iso20022.CreditTransfer) { c.Amount.Minor = 1_000_001 }, "AM02"},
		"for no order":      {toUs, "NARR"},
		"of another amount": {func(c *iso20022.CreditTransfer) { toUs(c); c.ID.EndToEndID = "ORDER1" }, "AM09"},
	} {
		t.Run(name, func(t *testing.T) {
			message := transfer("P", func(c *iso20022.CreditTransfer) { c.MsgID, c.ID.UETR = name, iso20022.UETR(name) })
			c.spoil(&message)
			report := r.told(bank.PathCreditTransfer, written(t, message))
			assert.Equal(t, iso20022.Rejected, report.Status)
			assert.Equal(t, c.reason, report.Reason)
			assert.Equal(t, "NOOR", r.told(bank.PathStatusRequest, question(t, message)).Reason)
		})
	}
	assert.Zero(t, r.link.published())
	assert.Empty(t, r.runner.Stats().Exceptions)
}

func TestStrangersAreNotHeard(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	message := written(t, transfer("P1", nil))
	for _, token := range []string{"", "another token of that length", bankToken + "x", ourToken} {
		status, _ := r.post(bank.PathCreditTransfer, token, message)
		assert.Equal(t, http.StatusUnauthorized, status)
	}
	for _, path := range []string{bank.PathCreditTransfer, bank.PathStatusRequest, bank.PathStatusReport, bank.PathPaymentReturn, bank.PathRecall} {
		status, _ := r.post(path, bankToken, []byte("<Document/>"))
		assert.Equal(t, http.StatusBadRequest, status)
		status, _ = r.post(path, bankToken, make([]byte, iso20022.MaxGroupBytes+1))
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	}
	assert.Zero(t, r.link.published())

	elsewhere := newRig(t, kit.Faults{}, func(c *bank.Config) { c.CallbackSources = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} })
	status, _ := elsewhere.post(bank.PathCreditTransfer, bankToken, message)
	assert.Equal(t, http.StatusNotFound, status)
}

// TestOrderPaidByTransfer: an order's reference is the EndToEndId; of two payments for it the second is not taken.
func TestOrderPaidByTransfer(t *testing.T) {
	r := newRig(t, kit.Faults{LostCallbackPct: 50, DuplicateCallbackPct: 50}, nil)
	var requests []adapters.OrderRequest
	for n := range 20 {
		requests = append(requests, adapters.OrderRequest{
			Ref: fmt.Sprintf("ORDER%d", n), To: "beyond", Fixed: fx.FixedSource, Amount: messaging.NewAmount(euros(500)),
			Payer: messaging.Party{Name: "Ada Example", Account: "DE001"}, Creditor: messaging.Party{Name: "Maria Santos", Account: "639170000001"},
		})
	}
	_, err := r.runner.PlaceOrders(t.Context(), requests)
	require.NoError(t, err)
	for _, o := range requests {
		require.NoError(t, r.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: o.Ref, Payer: "DE001", PayerName: "Ada Example", Amount: euros(500)}))
	}
	for _, o := range requests {
		paid := r.taken(o.Ref)
		status, found, err := r.runner.Order(o.Ref)
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, paid.Ref, status.Paid)
	}
	again := transfer("AGAIN", func(c *iso20022.CreditTransfer) {
		c.CreditorAgent, c.ID.EndToEndID, c.Amount = ourAgent, "ORDER1", euros(500)
	})
	report := r.told(bank.PathCreditTransfer, written(t, again))
	assert.Equal(t, iso20022.Rejected, report.Status)
	assert.Equal(t, "NOOR", r.told(bank.PathStatusRequest, question(t, again)).Reason)
	require.Eventually(t, func() bool { return r.link.published() == len(requests) }, patience, time.Millisecond)
	assert.Empty(t, r.runner.Stats().Exceptions)
}

// TestMoneyComesBackOnce: what the switch rejects goes back by a pacs.004, under every fault, and no status says RJCT.
func TestMoneyComesBackOnce(t *testing.T) {
	r := newRig(t, kit.Faults{
		DelayPct: 20, DelayMS: 50, LostCallbackPct: 20, DuplicateCallbackPct: 20, TimeoutPct: 20, ErrorPct: 20, ReorderPct: 20,
		LateVisiblePct: 20, LateVisibleMS: 200, ContradictPct: 20,
	}, nil)
	r.link.fate["639170000009"] = messaging.StateRejected
	const payments = 40
	for n := range payments {
		require.NoError(t, r.sandbox.Send(t.Context(), sending(fmt.Sprintf("S%d", n), "639170000009")))
	}
	for n := range payments {
		paid := r.taken(fmt.Sprintf("S%d", n))
		require.Eventually(t, func() bool {
			back, found, err := r.sandbox.Ledger.Find(kit.KindRefund, paid.Ref)
			require.NoError(t, err)
			return found && back.State == kit.Settled && back.Minor == paid.Minor
		}, patience, time.Millisecond)
		ask := written(t, iso20022.StatusRequest{
			MsgID: "Q1", Created: time.Now(), OriginalMsgID: "M1", OriginalMessage: iso20022.MessageCreditTransfer, ID: iso20022.PaymentID{UETR: paid.Ref},
		})
		assert.Equal(t, iso20022.AcceptedInProgress, r.told(bank.PathStatusRequest, ask).Status, "a rejection beside the return would pay twice")
	}
	totals, err := r.sandbox.Totals()
	require.NoError(t, err)
	want := kit.Total{Count: payments, Minor: payments * 12_345}
	assert.Equal(t, kit.Totals{
		kit.KindCollection: {kit.Settled: want}, "delivery": {kit.Settled: want}, kit.KindRefund: {kit.Settled: want},
	}, totals)
}

// instruct has the switch ask for payouts, and returns how each ended.
func (r *rig) instruct(payouts int) map[string]messaging.Outcome {
	r.t.Helper()
	message := messaging.PayoutMessage{Version: messaging.Version, Participant: "bank"}
	for n := range payouts {
		message.Instructions = append(message.Instructions, messaging.Instruction{
			Transfer: fmt.Sprintf("T%d", n), Kind: messaging.KindPayout, Intent: fmt.Sprintf("I%d", n), Amount: messaging.NewAmount(euros(int64(50_000 + 1000*n))),
			Debtor: messaging.Party{Name: "Maria Santos", Account: "639170000001"}, Creditor: messaging.Party{Name: "Ada Example", Account: fmt.Sprintf("DE%03d", n)},
			Counterparty: "beyond",
		})
	}
	r.link.inbox <- messaging.Incoming{Payout: &message}
	final := map[string]messaging.Outcome{}
	for timeout := time.After(patience); len(final) < payouts; {
		select {
		case o := <-r.link.outcomes:
			if o.State == messaging.OutcomeUnknown {
				continue
			}
			if before, told := final[o.Transfer]; told {
				require.Equal(r.t, before, o, "told twice, and otherwise")
			}
			final[o.Transfer] = o
		case <-timeout:
			require.Fail(r.t, "not every payout ended", "%d of %d: %+v", len(final), payouts, r.runner.Stats())
		}
	}
	return final
}

// TestPayoutsUnderEveryFault: each ends, once, as the bank's books have it, to the minor unit.
func TestPayoutsUnderEveryFault(t *testing.T) {
	const payouts = 200
	r := newRig(t, kit.Faults{
		DeclinePct: 15, DelayPct: 15, DelayMS: 100, LostCallbackPct: 15, DuplicateCallbackPct: 15, TimeoutPct: 10, ErrorPct: 10,
		ContradictPct: 10, ReorderPct: 10, LateVisiblePct: 15, LateVisibleMS: 300,
	}, nil)
	final := r.instruct(payouts)
	entries := map[kit.State]int{}
	require.NoError(t, r.sandbox.Operations(func(op kit.Operation) error {
		entries[op.State]++
		o := final[op.ID[:len(op.ID)-1]]
		if op.State == kit.Settled {
			assert.Equal(t, messaging.OutcomePaid, o.State, "%+v", o)
			assert.Equal(t, op.Ref, o.RailRef)
		} else {
			assert.Equal(t, messaging.OutcomeFailed, o.State, "%+v", o)
			assert.Equal(t, op.Code, o.Reason)
		}
		money, err := o.Amount.Money()
		assert.NoError(t, err)
		assert.Equal(t, op.Minor, money.Minor)
		return nil
	}))
	assert.Equal(t, payouts, entries[kit.Settled]+entries[kit.Declined])
	assert.Positive(t, entries[kit.Declined])
	assert.Zero(t, r.runner.Stats().UnknownNow)
}

func TestBankIsDownForAWhile(t *testing.T) {
	for name, faults := range map[string]kit.Faults{
		"cut off": {Outage: kit.OutageRefuse}, "silent": {Outage: kit.OutageHang}, "out of order": {Outage: kit.OutageError},
		"slow": {RatePerS: 20}, "clock ahead": {ClockSkewMS: 86_400_000}, "expired token": {ExpiredCertificate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, faults, nil)
			require.NoError(t, r.sandbox.Send(t.Context(), sending("S1", "639170000001")))
			mended := make(chan error, 1)
			go func() {
				assert.Eventually(t, func() bool { return r.requests.Load() >= 5 }, patience, time.Millisecond)
				mended <- r.sandbox.SetFaults(kit.Faults{})
			}()
			for _, o := range r.instruct(20) {
				assert.Equal(t, messaging.OutcomePaid, o.State)
			}
			r.taken("S1")
			require.NoError(t, <-mended)
			assert.Zero(t, r.runner.Stats().UnknownNow)
		})
	}
}

// TestPayoutComesBack: a pacs.004 about a payout is the money. Before the end it is the end; after it, a person sees it.
func TestPayoutComesBack(t *testing.T) {
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 600_000}, nil)
	back := func(operation string, amount fx.Money) []byte {
		return written(t, iso20022.PaymentReturn{
			MsgID: "R1", Created: time.Now(), ID: "R1", Original: iso20022.PaymentID{TxID: operation, UETR: iso20022.UETR(operation)},
			OriginalAmount: euros(50_000), Amount: amount, InstructingAgent: iso20022.Agent{BIC: bankBIC}, InstructedAgent: ourAgent, Reason: "AC04",
		})
	}
	type sent struct {
		message []byte
		status  int
	}
	returns := []sent{
		{back("T9P", euros(50_000)), http.StatusConflict},            // no payout of ours
		{back("T0P", euros(49_000)), http.StatusUnprocessableEntity}, // a part is for a person
		{back("T0P", euros(50_000)), http.StatusOK},
	}
	var bankSide sync.WaitGroup
	bankSide.Go(func() {
		assert.Eventually(t, func() bool {
			_, found, err := r.sandbox.Ledger.Get(kit.KindPayout, "T0P")
			return err == nil && found
		}, patience, time.Millisecond)
		for _, s := range returns {
			status, _, err := r.call(bank.PathPaymentReturn, bankToken, s.message)
			assert.NoError(t, err)
			assert.Equal(t, s.status, status)
		}
	})
	o := r.instruct(1)["T0"]
	bankSide.Wait()
	assert.Equal(t, messaging.OutcomeFailed, o.State)
	assert.Equal(t, "AC04", o.Reason)

	settled := newRig(t, kit.Faults{}, nil)
	assert.Equal(t, messaging.OutcomePaid, settled.instruct(1)["T0"].State)
	status, _ := settled.post(bank.PathPaymentReturn, bankToken, back("T0P", euros(50_000)))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, 1, settled.runner.Stats().Exceptions[adapters.ExceptionContradiction])
}
