package console_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
)

// liar serves a console, and changes what it says of the log where it is told to.
type liar struct {
	address string
	lie     atomic.Pointer[lie]
}

// lie changes the files of the log whose names begin with a prefix.
type lie struct {
	prefix string
	change func([]byte) []byte
}

func lying(t *testing.T, r *rig, role auth.Role) *liar {
	t.Helper()
	l := &liar{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		authtest.As(request, role, "")
		told := l.lie.Load()
		if told == nil || !strings.HasPrefix(request.URL.Path, "/log/"+told.prefix) {
			r.mux.ServeHTTP(w, request)
			return
		}
		honest := httptest.NewRecorder()
		r.mux.ServeHTTP(honest, request)
		w.WriteHeader(honest.Code)
		_, _ = w.Write(told.change(honest.Body.Bytes()))
	}))
	t.Cleanup(server.Close)
	l.address = server.URL
	return l
}

func (l *liar) tells(prefix string, change func([]byte) []byte) { l.lie.Store(&lie{prefix, change}) }

// flip changes one bit.
func flip(at int) func([]byte) []byte {
	return func(body []byte) []byte {
		body = bytes.Clone(body)
		body[at] ^= 1
		return body
	}
}

// verifies has the page verify the log, and returns what it says.
func verifies(p *browsertest.Page, form, found string) (state, said string) {
	p.Click(form + " button[type=submit]")
	p.Wait("['good', 'bad'].includes(document.querySelector('[data-log]').dataset.state)")
	return p.Text("document.querySelector('[data-log]').dataset.state"), p.Text("document.querySelector('" + found + "').innerText")
}

// What auditors and senders find out for themselves.
func TestNobodyHasToBelieveTheSwitch(t *testing.T) {
	r := played(t)
	for name, see := range map[string]func(*testing.T, *rig){
		"an export is the log": exportTheLog, "an auditor in a browser": believeNobody, "a sender in a browser": checkOwnReceipt, "a large log in a browser": verifyLargeLog,
	} {
		t.Run(name, func(t *testing.T) { see(t, r) })
	}
}

// believeNobody follows a transfer to its proof, and has the browser verify the log; whatever a server changes of it shows.
func believeNobody(t *testing.T, r *rig) {
	t.Helper()
	browser, axe := browsertest.Start(t), browsertest.Axe(t)
	server := lying(t, r, auth.Auditor)
	p := browser.Page(t, looks()[0])
	id := transferOf(t, r, true)
	size, signed, err := r.books.NewestCheckpoint(t.Context())
	require.NoError(t, err)

	p.Open(server.address + "/console/transfers/" + id)
	require.EqualValues(t, http.StatusOK, p.Follow(`a[href$="/proof"]`))
	kept := p.Text(`fetch(document.querySelector('a[href$="/receipt"]').href).then((answer) => answer.text())`)
	receipt, _, err := audit.CheckReceipt([]byte(kept), r.evidence.Key(), "")
	require.NoError(t, err)
	require.Equal(t, id, receipt.Transfer)
	require.Contains(t, p.Text("document.body.innerText"), receipt.Steps[0].Line)

	require.EqualValues(t, http.StatusOK, p.Follow(`a[href^="/console/audit?transfer="]`))
	p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	state, said := verifies(p, "#verify-receipt", "#receipt-found")
	require.Equal(t, "good", state, said)
	require.Contains(t, said, fmt.Sprintf("Transfer %s: %d steps", id, len(receipt.Steps)))
	require.Contains(t, said, "of one history")
	require.Contains(t, said, "had seen nothing of this log before")

	state, said = verifies(p, "#verify-log", "#log-found")
	require.Equal(t, "good", state, said)
	require.Contains(t, said, fmt.Sprintf("%s entries, root matches, signature by ", grouped(size)))
	require.Contains(t, said, "It goes on from the "+grouped(size)+" entries")
	looksWell(t, p, axe, "audit-verified")
	p.Open(server.address + "/console/audit")
	p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	require.Contains(t, p.Text("document.querySelector('#log-key-said').innerText"), "verified by this key before")

	for _, told := range []struct {
		prefix, says string
		change       func([]byte) []byte
	}{
		{"tile/0/", "The root does not match: Entry 3 and its hash are not the same", flip(3 * 32)},
		{"tile/entries/", "Entry 0 was changed", flip(2)},
		{"checkpoint", "is not signed by", flip(20)},
		{"checkpoint", "now there are fewer", func([]byte) []byte { return []byte(earlier(t, r, size)) }},
		{"tile/0/", "bytes, and not", func(body []byte) []byte { return body[:32] }},
		{"tile/entries/", "ends within an entry", func(body []byte) []byte { return body[:len(body)-1] }},
	} {
		server.tells(told.prefix, told.change)
		p.Open(server.address + "/console/audit")
		p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
		state, said = verifies(p, "#verify-log", "#log-found")
		require.Equal(t, "bad", state, "%s: %s", told.says, said)
		require.Contains(t, said, told.says)
		if told.says == "now there are fewer" {
			require.Contains(t, said, strings.Split(signed, "\n")[2], "both checkpoints are the evidence")
		}
	}
	looksWell(t, p, axe, "audit-tampered")
	server.lie.Store(nil)

	p.Open(server.address + "/console/audit")
	p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	for _, wrong := range []string{strings.Replace(kept, "cleared", "expired", 1), strings.Replace(kept, id, "T0000000000000", 1), `{"version":"1","steps":[]}`, "nothing"} {
		p.Text(`(() => {
			const files = new DataTransfer();
			files.items.add(new File([` + strconv.Quote(wrong) + `], 'receipt.json'));
			document.getElementById('receipt-file').files = files.files;
			return '';
		})()`)
		state, said = verifies(p, "#verify-receipt", "#receipt-found")
		require.Equal(t, "bad", state, said)
	}
	_, other, err := note.GenerateKey(rand.Reader, "ayni.test/other")
	require.NoError(t, err)
	setKey(p, other)
	require.NotContains(t, p.Text("document.querySelector('#log-key-said').innerText"), "now names another one")
	state, said = verifies(p, "#verify-log", "#log-found")
	require.Equal(t, "bad", state)
	require.Contains(t, said, "is not signed by ayni.test/other")
	setKey(p, strings.Replace(other, "other", "others", 1))
	_, said = verifies(p, "#verify-log", "#log-found")
	require.Contains(t, said, "a letter of it is wrong")
	p.Text("localStorage.setItem('log key', " + strconv.Quote(other) + ") || ''")
	p.Open(server.address + "/console/audit")
	p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	require.Contains(t, p.Text("document.querySelector('#log-key-said').innerText"), "now names another one: "+r.evidence.Key())
	require.Empty(t, p.Complaints())
	replays(t, p, server.address)
}

// looksWell holds a page that says something against every look.
func looksWell(t *testing.T, p *browsertest.Page, axe, name string) {
	t.Helper()
	for _, look := range looks() {
		p.Look(look)
		require.Empty(t, p.Overflow(), "%s at %s", name, look.Name())
		require.Empty(t, p.Violations(axe), "%s at %s", name, look.Name())
		p.Picture(name)
	}
	p.Look(looks()[0])
}

// checkOwnReceipt checks a participant's own receipt in its browser, without anything of the log that others have.
func checkOwnReceipt(t *testing.T, r *rig) {
	t.Helper()
	browser := browsertest.Start(t)
	p := browser.Page(t, looks()[1])
	p.Open(r.as(t, auth.Participant, "mpesa-ke") + "/console/audit?transfer=" + transferOf(t, r, true))
	p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	require.Equal(t, "null", p.Text("String(document.querySelector('#verify-log button[type=submit]'))"), "the log's files are not for participants")
	state, said := verifies(p, "#verify-receipt", "#receipt-found")
	require.Equal(t, "good", state, said)
	require.Contains(t, said, "all in the log of ayni.demo/log")
	p.Text("document.querySelector('#receipt-transfer').value = '" + transferOf(t, r, false) + "'")
	_, said = verifies(p, "#verify-receipt", "#receipt-found")
	require.Contains(t, said, "not yours to see")
	p.Picture("audit-sender")
}

func setKey(p *browsertest.Page, key string) {
	p.Text(`document.getElementById('log-key').value = ` + strconv.Quote(key))
}

// earlier is the signed checkpoint before the newest.
func earlier(t *testing.T, r *rig, size int64) string {
	t.Helper()
	for size--; size > 0; size-- {
		signed, err := r.books.LogCheckpoint(t.Context(), size)
		require.NoError(t, err)
		if signed != "" {
			return signed
		}
	}
	require.Fail(t, "a log with one checkpoint")
	return ""
}

// grouped writes a number as the browser does.
func grouped(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// replays has the server replay the log, and looks at what it says of it.
func replays(t *testing.T, p *browsertest.Page, address string) {
	t.Helper()
	p.Open(address + "/console/audit")
	require.EqualValues(t, http.StatusOK, p.Follow("#replay button[value=start]"))
	p.Wait("document.querySelector('#replay .badge')?.innerText === 'verified'")
	said := p.Text("document.querySelector('#replay').innerText")
	require.Contains(t, said, "Batches decided again")
	require.Contains(t, said, "the server’s own word")
	p.Picture("audit-replayed")
}

// exportTheLog verifies an export of the page where it is unpacked.
func exportTheLog(t *testing.T, r *rig) {
	t.Helper()
	require.Equal(t, http.StatusForbidden, r.get(auth.Operator, "", "/console/audit/export").Code)
	w := &nosy{ResponseRecorder: httptest.NewRecorder(), look: func() {
		second := r.get(auth.Auditor, "", "/console/audit/export")
		require.Equal(t, "/console/audit?busy=yes", second.Header().Get("Location"), "one at a time")
	}}
	request := httptest.NewRequest(http.MethodGet, "/console/audit/export", http.NoBody)
	authtest.As(request, auth.Auditor, "")
	r.mux.ServeHTTP(w, request)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, r.get(auth.Auditor, "", "/console/audit?busy=yes").Body.String(), "Somebody takes an export")
	require.Equal(t, "application/gzip", w.Header().Get("Content-Type"))
	dir := t.TempDir()
	unpack(t, dir, w.Body)
	report, err := audit.Verify(t.Context(), audit.Config{Dir: dir + "/" + audit.ArchiveFolder, Key: r.evidence.Key(), Ledger: r.books})
	require.NoError(t, err)
	require.True(t, report.OK(), "%s", report)
	require.Positive(t, report.Postings)
}

// nosy does something else while it is written to.
type nosy struct {
	*httptest.ResponseRecorder
	look func()
}

func (n *nosy) Write(p []byte) (int, error) {
	n.look()
	return n.ResponseRecorder.Write(p)
}
