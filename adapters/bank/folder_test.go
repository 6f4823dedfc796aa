package bank_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	"github.com/ayni-switch/ayni/adapters/clearing"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// inFolder starts a rig whose bank is the test itself, at the other side of a folder. before may put files there first.
func inFolder(t *testing.T, before func(dir string)) (r *rig, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "bank")
	if before != nil {
		before(dir)
	}
	r = newRig(t, kit.Faults{}, func(c *bank.Config) {
		c.BaseURL, c.Token, c.BankToken, c.CallbackPrefix, c.Folder, c.LookEvery = "", "", "", "", dir, time.Millisecond
	})
	return r, dir
}

// put puts a file into a room as the bank does.
func put(tb testing.TB, dir, room, name string, data []byte) {
	tb.Helper()
	require.NoError(tb, os.MkdirAll(filepath.Join(dir, room), 0o750))
	hidden := filepath.Join(dir, room, ".bank-"+name)
	require.NoError(tb, os.WriteFile(hidden, data, 0o600))
	require.NoError(tb, os.Rename(hidden, filepath.Join(dir, room, name)))
}

// collect waits for a file and takes it away.
func collect(t *testing.T, dir, room, pattern string) []byte {
	t.Helper()
	var found []string
	require.Eventually(t, func() bool {
		found, _ = filepath.Glob(filepath.Join(dir, room, pattern))
		return len(found) == 1
	}, patience, time.Millisecond, "%s in %s", pattern, room)
	data, err := os.ReadFile(found[0])
	require.NoError(t, err)
	require.NoError(t, os.Remove(found[0]))
	return data
}

func TestFolderTakesPayments(t *testing.T) {
	first := transfer("P1", nil)
	message := written(t, first)
	r, dir := inFolder(t, func(dir string) { put(t, dir, "work", "p1.xml", message) }) // claimed by one that died
	for range 2 {
		report, err := iso20022.ParseStatusReport(collect(t, dir, "out", "p1.pacs.002.xml"))
		require.NoError(t, err)
		assert.Contains(t, []iso20022.Status{iso20022.AcceptedInProgress, iso20022.AcceptedCreditor}, report.Status)
		assert.Equal(t, first.ID, report.ID)
		assert.Equal(t, message, collect(t, dir, "done", "[0-9a-f]*-p1.xml"))
		put(t, dir, "in", "p1.xml", message) // once more
	}
	require.Eventually(t, func() bool { return r.link.published() == 1 }, patience, time.Millisecond)

	put(t, dir, "in", "question.xml", question(t, transfer("P2", nil)))
	report, err := iso20022.ParseStatusReport(collect(t, dir, "out", "question.pacs.002.xml"))
	require.NoError(t, err)
	assert.Equal(t, "NOOR", report.Reason)
}

func TestFolderRefuses(t *testing.T) {
	_, dir := inFolder(t, nil)
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(dir, "in", "link.xml")))
	put(t, dir, "in", "half.tmp", []byte("<Document"))
	for name, c := range map[string]struct{ data, why string }{
		"garbage.xml": {"paid, really", "syntax"},
		"statement.xml": {`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>` +
			`<MsgId>1</MsgId><CreDtTm>2026-03-02T12:00:00Z</CreDtTm></GrpHdr></BkToCstmrStmt></Document>`, "not a message"},
		"cut.xml":      {string(written(t, transfer("P1", nil))[:900]), "syntax"},
		"long.xml":     {strings.Repeat(" ", iso20022.MaxGroupBytes+1), "oversized"},
		"stranger.xml": {string(report(t, "T404P", iso20022.AcceptedSettled, "")), "no such payment"},
	} {
		put(t, dir, "in", name, []byte(c.data))
		assert.Contains(t, string(collect(t, dir, "refused", "[0-9a-f]*-"+name+".reason")), c.why, name)
		collect(t, dir, "refused", "[0-9a-f]*-"+name)
		rejection, err := iso20022.ParseMessageRejection(collect(t, dir, "out", strings.TrimSuffix(name, ".xml")+".admi.002.xml"))
		require.NoError(t, err)
		assert.Equal(t, name, rejection.Related)
		assert.Regexp(t, "^[A-Z0-9]{4}$", rejection.Reason)
	}
	rejection, err := iso20022.MessageRejection{Related: "T404P", Reason: "FF01"}.Marshal()
	require.NoError(t, err)
	put(t, dir, "in", "no.xml", rejection)
	assert.Contains(t, string(collect(t, dir, "refused", "[0-9a-f]*-no.xml.reason")), "no such payment")
	answers, err := filepath.Glob(filepath.Join(dir, "out", "*"))
	require.NoError(t, err)
	assert.Empty(t, answers, "a rejection is not rejected")
	for _, name := range []string{"link.xml", "half.tmp"} {
		_, err := os.Lstat(filepath.Join(dir, "in", name))
		assert.NoError(t, err, "left where it was")
	}
}

func report(t *testing.T, operation string, status iso20022.Status, reason string) []byte {
	t.Helper()
	return written(t, iso20022.StatusReport{
		MsgID: "S1", Created: time.Now(), OriginalMsgID: operation, OriginalMessage: iso20022.MessageCreditTransfer,
		ID: clearing.PaymentID(operation), Status: status, Reason: reason, ClearingRef: "C" + operation,
	})
}

// TestFolderPaysOut: the bank is slow to say, is asked, and says in the end; one rejection is final, and one that wants
// to be asked about is not.
func TestFolderPaysOut(t *testing.T) {
	r, dir := inFolder(t, nil)
	ended := make(chan map[string]messaging.Outcome, 1)
	go func() { ended <- r.instruct(2) }()
	for _, operation := range []string{"T0P", "T1P"} {
		sent, err := iso20022.ParseCreditTransfer(collect(t, dir, "out", operation+".pacs.008.xml"))
		require.NoError(t, err)
		assert.Equal(t, operation, sent.MsgID)
		put(t, dir, "in", operation+".1.xml", report(t, operation, iso20022.AcceptedInProgress, ""))
		asked, err := iso20022.ParseStatusRequest(collect(t, dir, "out", operation+".pacs.028.xml"))
		require.NoError(t, err)
		assert.Equal(t, clearing.PaymentID(operation), asked.ID)
	}
	put(t, dir, "in", "t0.xml", report(t, "T0P", iso20022.Rejected, "AB05"))
	put(t, dir, "in", "t1.xml", report(t, "T1P", iso20022.Rejected, "AC04"))
	collect(t, dir, "done", "[0-9a-f]*-t0.xml")
	collect(t, dir, "done", "[0-9a-f]*-t1.xml")
	put(t, dir, "in", "t0.xml", report(t, "T0P", iso20022.AcceptedSettled, ""))
	final := <-ended
	assert.Equal(t, messaging.OutcomePaid, final["T0"].State)
	assert.Equal(t, "CT0P", final["T0"].RailRef)
	assert.Equal(t, messaging.OutcomeFailed, final["T1"].State)
	assert.Equal(t, "AC04", final["T1"].Reason)
}

// TestFolderWaitsForTheSink: what cannot be kept now stays claimed, and is answered once it can.
func TestFolderWaitsForTheSink(t *testing.T) {
	dir := t.TempDir()
	rail, err := bank.New(bank.Config{
		Currency: euro, PayoutMaxMinor: 1, Agent: ourAgent, BankBIC: bankBIC, Folder: dir, LookEvery: time.Millisecond, Participants: map[string]string{agentBIC: "beyond"},
	}, notRunning{})
	require.NoError(t, err)
	put(t, dir, "in", "p1.xml", written(t, transfer("P1", nil)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- rail.Watch(ctx) }()
	claimed := filepath.Join(dir, "work", "p1.xml")
	require.Eventually(t, func() bool { _, err := os.Stat(claimed); return err == nil }, patience, time.Millisecond)
	stop()
	require.NoError(t, <-done)
	assert.FileExists(t, claimed)
	answers, err := filepath.Glob(filepath.Join(dir, "out", "*"))
	require.NoError(t, err)
	assert.Empty(t, answers, "no answer is neither a yes nor a no")
}

// notRunning is a Runner that has not started.
type notRunning struct{}

func (notRunning) Evidence(context.Context, string, string, adapters.Evidence) error {
	return adapters.ErrNotRunning
}
func (notRunning) Collected(context.Context, adapters.Collection) error {
	return adapters.ErrNotRunning
}
func (notRunning) PlaceOrders(context.Context, []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	return nil, adapters.ErrNotRunning
}
func (notRunning) Keep(adapters.Document, ...adapters.Mention) error { return adapters.ErrNotRunning }
func (notRunning) Answer(context.Context, string, []byte, ...adapters.Mention) error {
	return adapters.ErrNotRunning
}
func (notRunning) Answered(string) ([]byte, bool, error)        { return nil, false, adapters.ErrNotRunning }
func (notRunning) Mentioned(string) ([]adapters.Mention, error) { return nil, adapters.ErrNotRunning }
func (notRunning) Order(string) (adapters.OrderStatus, bool, error) {
	return adapters.OrderStatus{}, false, adapters.ErrNotRunning
}
