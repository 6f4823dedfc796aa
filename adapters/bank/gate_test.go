package bank_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/bank"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// TestContentType: XML in UTF-8, and nothing that has to be guessed.
func TestContentType(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	message := written(t, transfer("P1", nil))
	for kind, want := range map[string]int{
		"application/xml":                   http.StatusOK,
		`application/xml; charset="UTF-8"`:  http.StatusOK,
		"text/xml; charset=utf-8":           http.StatusOK,
		"application/xml; charset=utf-16":   http.StatusUnsupportedMediaType,
		"application/json":                  http.StatusUnsupportedMediaType,
		"application/x-www-form-urlencoded": http.StatusUnsupportedMediaType,
		"":                                  http.StatusUnsupportedMediaType,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.callbacks.URL+prefix+bank.PathCreditTransfer, bytes.NewReader(message))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+bankToken)
		request.Header.Set("Content-Type", kind)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, want, response.StatusCode, kind)
	}
}

// TestUnreadableIsRejected: with a message that says why, and where.
func TestUnreadableIsRejected(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	good := written(t, transfer("P1", nil))
	foreign, err := iso20022.Header{
		From: iso20022.Agent{BIC: "EVILXXBKXXX"}, To: ourAgent, ID: "B1", Created: transfer("P1", nil).Created,
	}.Under(nil, good)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		path   string
		body   []byte
		status int
		reason string
	}{
		"no XML":              {bank.PathCreditTransfer, []byte("paid, really"), http.StatusBadRequest, "FF01"},
		"an unknown element":  {bank.PathCreditTransfer, bytes.Replace(good, []byte("<ChrgBr>"), []byte("<Chrg>x</Chrg><ChrgBr>"), 1), http.StatusBadRequest, "FF01"},
		"a date that is none": {bank.PathCreditTransfer, bytes.Replace(good, []byte("<CreDtTm>2"), []byte("<CreDtTm>x2"), 1), http.StatusBadRequest, "DT01"},
		"on another path":     {bank.PathRecall, good, http.StatusBadRequest, "FF01"},
		"of another sender":   {bank.PathCreditTransfer, foreign, http.StatusForbidden, "RC01"},
		"about nothing":       {bank.PathStatusReport, report(t, "T404P", iso20022.AcceptedSettled, ""), http.StatusConflict, "NOOR"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := r.post(c.path, bankToken, c.body)
			assert.Equal(t, c.status, status)
			rejection, err := iso20022.ParseMessageRejection(body)
			require.NoError(t, err, string(body))
			assert.Equal(t, c.reason, rejection.Reason, rejection.Info)
		})
	}
	own, err := iso20022.Header{From: iso20022.Agent{BIC: bankBIC}, To: ourAgent, ID: "B1", Created: transfer("P1", nil).Created}.Under(nil, good)
	require.NoError(t, err)
	assert.NotEqual(t, iso20022.Rejected, r.told(bank.PathCreditTransfer, own).Status, "under a header of its own")
}

// TestVersions: both sides write the newest that both know, and read any.
func TestVersions(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *bank.Config) {
		c.Versions = []string{"pacs.008.001.09", "pacs.008.001.10", "pacs.002.001.12", "pacs.028.001.04", "camt.054.001.08"}
	})
	newer, err := transfer("P1", nil).MarshalIn(iso20022.Dialect{"pacs.008": "pacs.008.001.10"})
	require.NoError(t, err)
	status, body := r.post(bank.PathCreditTransfer, bankToken, newer)
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, string(body), "pacs.002.001.12")
	assert.Contains(t, string(body), "<OrgnlMsgNmId>pacs.008.001.10<")
	for _, o := range r.instruct(5) {
		assert.Equal(t, "paid", string(o.State))
	}
	_, err = bank.New(func() bank.Config { c := r.config; c.Versions = []string{"pacs.008.001.02"}; return c }(), notRunning{})
	require.ErrorContains(t, err, "pacs.008")
}

// TestBankCannotRead: a rejection of ours is a reason to ask, and no end of a payout.
func TestBankCannotRead(t *testing.T) {
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 1000}, nil)
	go func() {
		assert.Eventually(t, func() bool {
			_, found, err := r.sandbox.Ledger.Get(kit.KindPayout, "T0P")
			return err == nil && found
		}, patience, time.Millisecond)
		for related, want := range map[string]int{"T0P": http.StatusOK, "T0P.pacs.008.xml": http.StatusOK, "T9P": http.StatusConflict, "": http.StatusConflict} {
			text, err := iso20022.MessageRejection{Related: related, Reason: "FF01", Info: "what is this?"}.Marshal()
			assert.NoError(t, err)
			status, _, err := r.call(bank.PathRejection, bankToken, text)
			assert.NoError(t, err)
			assert.Equal(t, want, status, related)
		}
	}()
	assert.Equal(t, "paid", string(r.instruct(1)["T0"].State))
	found, err := r.runner.Mentioned("operation/T0P")
	require.NoError(t, err)
	assert.NotEmpty(t, found)
}
