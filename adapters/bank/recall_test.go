package bank_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/bank"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

func recallOf(t *testing.T, about iso20022.CreditTransfer, spoil func(*iso20022.Recall)) []byte {
	t.Helper()
	c := iso20022.Recall{
		ID: "C" + about.ID.TxID, Created: about.Created, Assigner: iso20022.Agent{BIC: bankBIC}, Assignee: ourAgent, CancellationID: "C1",
		OriginalMsgID: about.MsgID, OriginalMessage: iso20022.MessageCreditTransfer, Original: about.ID, OriginalAmount: about.Amount, Reason: "DUPL",
	}
	if spoil != nil {
		spoil(&c)
	}
	return written(t, c)
}

func (r *rig) askedBack(message []byte) iso20022.RecallAnswer {
	r.t.Helper()
	status, body := r.post(bank.PathRecall, bankToken, message)
	require.Equal(r.t, http.StatusOK, status, string(body))
	answer, err := iso20022.ParseRecallAnswer(body)
	require.NoError(r.t, err)
	return answer
}

// TestRecall: what is under way is stopped and its money goes back; what has ended, or never was, is not.
func TestRecall(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	under := []struct {
		account    string
		state      messaging.State
		answer     messaging.RecallState
		resolution iso20022.Resolution
		reason     string
	}{
		{"639170000011", messaging.StateQueued, messaging.RecallAccepted, iso20022.RecallAccepted, ""},
		{"639170000012", messaging.StateCleared, messaging.RecallRefused, iso20022.RecallRefused, "AGNT"},
		{"639170000013", messaging.StatePaid, "", iso20022.RecallRefused, "AGNT"},
		{"639170000014", messaging.StateExpired, "", iso20022.RecallRefused, "ARDT"},
	}
	for _, c := range under {
		r.link.fate[c.account], r.link.recalled[c.account] = c.state, c.answer
	}
	for _, c := range under {
		sent := transfer("P"+c.account, func(p *iso20022.CreditTransfer) { p.CreditorAccount.ID = c.account })
		r.told(bank.PathCreditTransfer, written(t, sent))
		message := recallOf(t, sent, nil)
		answer := r.askedBack(message)
		assert.Equal(t, c.resolution, answer.Resolution, c.account)
		assert.Equal(t, c.reason, answer.Reason, c.account)
		assert.Equal(t, sent.ID, answer.Original)
		assert.Equal(t, iso20022.Agent{BIC: bankBIC}, answer.Assignee)
		recalls := r.link.recalls
		assert.Equal(t, answer.ID, r.askedBack(message).ID, "from the record")
		assert.Equal(t, recalls, r.link.recalls)
	}
	never := transfer("NEVER", nil)
	assert.Equal(t, "NOOR", r.askedBack(recallOf(t, never, nil)).Reason)
	taken := transfer("TAKEN", nil)
	r.told(bank.PathCreditTransfer, written(t, taken))
	assert.Equal(t, "NOOR", r.askedBack(recallOf(t, taken, func(c *iso20022.Recall) { c.OriginalAmount.Minor++ })).Reason, "of another amount")
	status, _ := r.post(bank.PathRecall, bankToken, recallOf(t, taken, func(c *iso20022.Recall) { c.ID, c.Assigner.BIC = "C9", "EVILXXBKXXX" }))
	assert.Equal(t, http.StatusForbidden, status)
}

// TestRecallThatWaits: while the creditor's side is asked the answer is for now, and the same question gets the last word.
func TestRecallThatWaits(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	r.link.fate["639170000001"], r.link.recalled["639170000001"] = messaging.StateCleared, messaging.RecallPending
	sent := transfer("P1", nil)
	r.told(bank.PathCreditTransfer, written(t, sent))
	message := recallOf(t, sent, nil)
	assert.Equal(t, iso20022.RecallPending, r.askedBack(message).Resolution)
	for id := range r.link.seen {
		r.link.inbox <- messaging.Incoming{Status: &messaging.StatusMessage{
			Version: messaging.Version, Participant: "bank", Recalls: []messaging.RecallAnswer{{Intent: id, State: messaging.RecallAccepted}},
		}}
	}
	require.Eventually(t, func() bool { return r.askedBack(message).Resolution == iso20022.RecallAccepted }, patience, time.Millisecond)
	assert.Equal(t, 1, r.link.recalls, "the switch is asked once")
}

// TestRecalledMoneyComesBack: from the customer's wish to the bank's books.
func TestRecalledMoneyComesBack(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	r.link.fate["639170000001"], r.link.recalled["639170000001"] = messaging.StateQueued, messaging.RecallAccepted
	require.NoError(t, r.sandbox.Send(t.Context(), sending("S1", "639170000001")))
	paid := r.taken("S1")
	for range 2 {
		answer, err := r.sandbox.Recall(t.Context(), "S1", "CUST")
		require.NoError(t, err)
		assert.Equal(t, iso20022.RecallAccepted, answer.Resolution)
	}
	require.Eventually(t, func() bool {
		back, found, err := r.sandbox.Ledger.Find(kit.KindRefund, paid.Ref)
		require.NoError(t, err)
		return found && back.State == kit.Settled && back.Minor == 12_345
	}, patience, time.Millisecond)
	_, err := r.sandbox.Recall(t.Context(), "S2", "CUST")
	require.Error(t, err)
}
