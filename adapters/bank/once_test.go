package bank_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// TestSameMessageSameAnswer: to the byte, also by a process that did not give it; what has changed since is for a
// question to find out.
func TestSameMessageSameAnswer(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	first := transfer("P1", nil)
	message := written(t, first)
	status, answer := r.post(bank.PathCreditTransfer, bankToken, message)
	require.Equal(t, http.StatusOK, status)
	require.Eventually(t, func() bool {
		return r.told(bank.PathStatusRequest, question(t, first)).Status == iso20022.AcceptedCreditor
	}, patience, time.Millisecond)
	_, again := r.post(bank.PathCreditTransfer, bankToken, message)
	assert.Equal(t, string(answer), string(again))

	r.restart()
	_, again = r.post(bank.PathCreditTransfer, bankToken, message)
	assert.Equal(t, string(answer), string(again))
	assert.Equal(t, 1, r.link.published())
}

// TestOtherBytesUnderTheSameID: refused as a duplicate, whatever they are for, and nothing of them is taken.
func TestOtherBytesUnderTheSameID(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	sameID := func(c *iso20022.CreditTransfer) { c.MsgID = "M1" }
	assert.NotEqual(t, iso20022.Rejected, r.told(bank.PathCreditTransfer, written(t, transfer("P1", sameID))).Status)
	other := transfer("P2", sameID)
	for range 2 {
		report := r.told(bank.PathCreditTransfer, written(t, other))
		assert.Equal(t, iso20022.Rejected, report.Status)
		assert.Equal(t, "DUPL", report.Reason)
	}
	assert.Equal(t, "NOOR", r.told(bank.PathStatusRequest, question(t, other)).Reason)
	assert.NotEqual(t, iso20022.Rejected, r.told(bank.PathCreditTransfer, written(t, transfer("P2", nil))).Status, "under an id of its own")
}

// TestIDsOfManyLines: what a schema lets be an id, however odd, names a message and not an error.
func TestIDsOfManyLines(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	message := bytes.Replace(written(t, transfer("P1", nil)), []byte("<MsgId>MP1<"), []byte("<MsgId>M\n\t1<"), 1)
	message = bytes.Replace(message, []byte("<EndToEndId>P1<"), []byte("<EndToEndId>P\n1<"), 1)
	status, answer := r.post(bank.PathCreditTransfer, bankToken, message)
	require.Equal(t, http.StatusOK, status, string(answer))
	_, again := r.post(bank.PathCreditTransfer, bankToken, message)
	assert.Equal(t, string(answer), string(again))
}

// TestRejectedStaysRejected: the bank has credited its customer again, so that no other message may take that payment.
func TestRejectedStaysRejected(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	tooMuch := transfer("P1", func(c *iso20022.CreditTransfer) { c.Amount.Minor = 1_000_001 })
	assert.Equal(t, "AM02", r.told(bank.PathCreditTransfer, written(t, tooMuch)).Reason)
	for _, id := range []string{"M2", "M3"} {
		report := r.told(bank.PathCreditTransfer, written(t, transfer("P1", func(c *iso20022.CreditTransfer) { c.MsgID = id })))
		assert.Equal(t, iso20022.Rejected, report.Status)
		assert.Equal(t, "AM02", report.Reason)
	}
	assert.Zero(t, r.link.published())
}

// TestMessagesAreKeptAsTheyCame: the operator finds the bytes by the payment, the order and the message.
func TestMessagesAreKeptAsTheyCame(t *testing.T) {
	r := newRig(t, kit.Faults{}, nil)
	operator := httptest.NewServer(r.runner.Handler())
	t.Cleanup(operator.Close)
	get := func(path string) []byte {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, operator.URL+path, http.NoBody)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode, string(body))
		return body
	}
	sent := transfer("P1", nil)
	message := append([]byte("<!-- as it came -->"), written(t, sent)[len(`<?xml version="1.0" encoding="UTF-8"?>`):]...)
	_, answer := r.post(bank.PathCreditTransfer, bankToken, message)
	sum := sha256.Sum256(message)
	order := ""
	for _, i := range r.link.seen {
		order = i.ID[1:]
	}
	for _, query := range []string{"uetr=" + sent.ID.UETR, "order=" + order, "message=" + bankBIC + "/MP1"} {
		var found []adapters.Mention
		require.NoError(t, json.Unmarshal(get("/documents?"+query), &found), query)
		require.Len(t, found, 1, query)
		assert.Equal(t, hex.EncodeToString(sum[:]), found[0].SHA256)
	}
	assert.Equal(t, string(message), string(get("/documents/"+hex.EncodeToString(sum[:]))))
	assert.Equal(t, string(answer), string(get("/documents/"+hex.EncodeToString(sum[:])+"/answer")))
	assert.Equal(t, "[]", string(get("/documents?uetr=nobody")))

	require.NoError(t, r.runner.Keep(adapters.NewDocument("x", []byte("x"), time.Now()), adapters.Mention{Name: "note/1"}))
	require.NoError(t, r.runner.Answer(context.Background(), adapters.NewDocument("x", []byte("x"), time.Now()).SHA256, nil, adapters.Mention{Name: "note/1", Note: "twice"}))
	found, err := r.runner.Mentioned("note/1")
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "twice", found[0].Note)
	require.Error(t, r.runner.Keep(adapters.NewDocument("x", nil, time.Now()), adapters.Mention{Name: "a\x00b"}))
}
