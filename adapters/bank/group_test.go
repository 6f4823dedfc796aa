package bank_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// grouped puts payments into one message, whose own figures are count and sum.
func grouped(t *testing.T, id string, count int, sum string, payments ...iso20022.CreditTransfer) []byte {
	t.Helper()
	var body strings.Builder
	for _, p := range payments {
		text := string(written(t, p))
		_, rest, found := strings.Cut(text, "<CdtTrfTxInf>")
		require.True(t, found)
		payment, _, found := strings.Cut(rest, "</CdtTrfTxInf>")
		require.True(t, found)
		body.WriteString("<CdtTrfTxInf>" + payment + "</CdtTrfTxInf>")
	}
	return fmt.Appendf(nil, `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr><MsgId>%s</MsgId>`+
		`<CreDtTm>2026-03-02T12:00:00Z</CreDtTm><NbOfTxs>%d</NbOfTxs><CtrlSum>%s</CtrlSum><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>`+
		`%s</FIToFICstmrCdtTrf></Document>`, id, count, sum, body.String())
}

func (r *rig) toldOfGroup(message []byte) iso20022.GroupReport {
	r.t.Helper()
	status, body := r.post(bank.PathCreditTransfer, bankToken, message)
	require.Equal(r.t, http.StatusOK, status, string(body))
	report, err := iso20022.ParseGroupReport(body)
	require.NoError(r.t, err)
	return report
}

// TestGroup: each payment has a verdict of its own, in the order of the message, and what is taken is taken once.
func TestGroup(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	r.told(bank.PathCreditTransfer, written(t, transfer("P5", nil))) // known before
	var payments []iso20022.CreditTransfer
	for n := range 10 {
		payments = append(payments, transfer(fmt.Sprintf("P%d", n), func(c *iso20022.CreditTransfer) {
			switch n {
			case 3:
				c.CreditorAgent.BIC = "NOBOXXBKXXX"
			case 4:
				c.InstructingAgent.BIC = "EVILXXBKXXX"
			case 7:
				c.ID.UETR = iso20022.UETR("test/P6") // twice in one message
			}
		}))
	}
	message := grouped(t, "G1", 10, "1234.50", payments...)
	report := r.toldOfGroup(message)
	assert.Equal(t, "G1", report.OriginalMsgID)
	assert.Equal(t, iso20022.MessageCreditTransfer, report.OriginalMessage)
	assert.Equal(t, 10, report.OriginalCount)
	assert.Equal(t, iso20022.Partly, report.Status)
	require.Len(t, report.Payments, 10)
	for n, p := range report.Payments {
		assert.Equal(t, payments[n].ID, p.ID)
		switch n {
		case 3:
			assert.Equal(t, "RC04", p.Reason)
		case 4:
			assert.Equal(t, "RC01", p.Reason)
		case 7:
			assert.Equal(t, "DUPL", p.Reason)
		default:
			assert.NotEqual(t, iso20022.Rejected, p.Status, n)
		}
	}
	again := r.toldOfGroup(message)
	assert.Equal(t, report.MsgID, again.MsgID, "from the record")
	assert.Equal(t, 7, r.link.published())

	// Another message takes what is left of it, and nothing twice.
	other := r.toldOfGroup(grouped(t, "G2", 2, "246.90", payments[0], transfer("P10", nil)))
	assert.Equal(t, iso20022.AcceptedInProgress, other.Status)
	assert.Equal(t, 8, r.link.published())

	same := r.toldOfGroup(grouped(t, "G2", 1, "123.45", transfer("P11", nil)))
	assert.Equal(t, "DUPL", same.Payments[0].Reason)
	assert.Equal(t, 8, r.link.published())
}

// TestGroupWhoseFiguresDoNotTie: nobody knows what it was to be, so that none of it is taken.
func TestGroupWhoseFiguresDoNotTie(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	for name, message := range map[string][]byte{
		"count": grouped(t, "G1", 3, "246.90", transfer("P1", nil), transfer("P2", nil)),
		"sum":   grouped(t, "G2", 2, "246.91", transfer("P1", nil), transfer("P2", nil)),
	} {
		report := r.toldOfGroup(message)
		assert.Equal(t, iso20022.Rejected, report.Status, name)
		assert.NotEmpty(t, report.Reason, name)
		assert.Empty(t, report.Payments, name)
	}
	status, body := r.post(bank.PathCreditTransfer, bankToken, grouped(t, "G3", 2, "246.90", transfer("P1", nil), transfer("P2", nil))[:2000])
	assert.Equal(t, http.StatusBadRequest, status, "cut off")
	_, err := iso20022.ParseMessageRejection(body)
	require.NoError(t, err)
	assert.Zero(t, r.link.published())
}

// flaky is a Counter whose orders fail from some moment on, as those of a process do that dies.
type flaky struct {
	bank.Counter
	adapters.Sink
	left *atomic.Int64
}

func (f flaky) PlaceOrders(ctx context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	if f.left.Add(-1) < 0 {
		return nil, adapters.ErrNotRunning
	}
	return f.Counter.PlaceOrders(ctx, requests)
}

// TestGroupGoesOnWhereItBrokeOff: a message that was not answered is sent again, and each payment is taken once.
func TestGroupGoesOnWhereItBrokeOff(t *testing.T) {
	const payments = 700
	r := newRig(t, kit.Faults{}, nil)
	sound := r.make
	left := new(atomic.Int64)
	left.Store(payments / 3)
	r.make = func(sink adapters.Sink) (*bank.Rail, error) {
		return bank.New(r.config, flaky{sink.(bank.Counter), sink, left})
	}
	r.restart()
	var all []iso20022.CreditTransfer
	for n := range payments {
		all = append(all, transfer(fmt.Sprintf("P%d", n), func(c *iso20022.CreditTransfer) {
			if n%10 == 0 {
				c.CreditorAgent.BIC = "NOBOXXBKXXX"
			}
		}))
	}
	message := grouped(t, "G1", payments, "86415.00", all...)
	require.Greater(t, len(message), iso20022.MaxMessageBytes)
	status, _ := r.post(bank.PathCreditTransfer, bankToken, message)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	half := r.link.published()
	assert.Less(t, half, payments*9/10)

	r.make = sound
	r.restart()
	report := r.toldOfGroup(message)
	assert.Equal(t, iso20022.Partly, report.Status)
	require.Len(t, report.Payments, payments)
	for n, p := range report.Payments {
		assert.Equal(t, n%10 == 0, p.Status == iso20022.Rejected, n)
	}
	require.Eventually(t, func() bool { return r.link.published() == payments*9/10 }, patience, time.Millisecond)
	assert.Equal(t, payments*9/10, r.runner.Stats().Collections, "each once")
}
