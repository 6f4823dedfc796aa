package console_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/auth"
	logaudit "github.com/ayni-switch/ayni/settlement/audit"
)

// large is a log that nobody keeps: its entries are their numbers.
type large struct {
	size   int64
	signer note.Signer
	signed string
	hashes []tlog.Hash
}

func (l *large) NewestCheckpoint(context.Context) (int64, string, error) {
	return l.size, l.signed, nil
}
func (l *large) LogCheckpoint(context.Context, int64) (string, error) { return "", nil }
func (l *large) LogEntries(_ context.Context, first, end int64) (entries [][]byte, err error) {
	for i := first; i < end; i++ {
		entries = append(entries, numbered(i))
	}
	return entries, nil
}

func (l *large) LogLeaves(_ context.Context, first, end int64) ([]tlog.Hash, error) {
	return l.hashes[first:end], nil
}
func (l *large) Hashes(context.Context) tlog.HashReader { return nil }

// sign signs what the log has, and shows that.
func (l *large) sign(t *testing.T) {
	t.Helper()
	l.signed = l.checkpoint(t)
}

// checkpoint signs what the log has.
func (l *large) checkpoint(t *testing.T) string {
	t.Helper()
	var tree logaudit.Tree
	for _, leaf := range l.hashes {
		tree.Append(leaf)
	}
	signed, err := logaudit.Checkpoint{Origin: "ayni.test/large", Size: l.size, Root: tree.Root()}.Sign(l.signer)
	require.NoError(t, err)
	return signed
}

func numbered(i int64) []byte { return fmt.Appendf(nil, `{"number":"%d"}`, i) }

// verifyLargeLog has the page verify a log of another server, and name a tile of it that was changed.
func verifyLargeLog(t *testing.T, r *rig) {
	t.Helper()
	size := int64(30_011)
	if text := os.Getenv("AYNI_LOG_ENTRIES"); text != "" {
		_, err := fmt.Sscan(text, &size)
		require.NoError(t, err)
	}
	browser := browsertest.Start(t)
	secret, key, err := note.GenerateKey(rand.Reader, "ayni.test/large")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	log := &large{size: size, signer: signer}
	for i := range size {
		log.hashes = append(log.hashes, logaudit.Leaf(numbered(i)))
	}
	log.sign(t)

	other := &rig{mux: http.NewServeMux()}
	other.mux.Handle("/", r.mux)
	other.mux.Handle("/log/", http.StripPrefix("/log", logaudit.LiveHandler(key, log)))
	server := lying(t, other, auth.Auditor)
	p := browser.Page(t, looks()[0])
	p.Open(server.address + "/console/audit")
	p.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	setKey(p, key)
	p.Click("#log-whole")
	for _, whole := range []string{"hashes", "hashes and entries"} {
		began := time.Now()
		state, said := verifies(p, "#verify-log", "#log-found")
		require.Equal(t, "good", state, said)
		require.Contains(t, said, "entries, root matches, signature by ayni.test/large")
		t.Logf("%d entries, %s: %s", size, whole, time.Since(began).Round(time.Millisecond))
		p.Click("#log-whole")
	}
	server.tells("tile/0/017", flip(40))
	state, said := verifies(p, "#verify-log", "#log-found")
	require.Equal(t, "bad", state, said)
	require.Contains(t, said, "tile/0/017, with the hashes of entries 4352 to 4607, does not fit what is above it")
	server.lie.Store(nil)

	log.hashes, log.size = append(log.hashes, logaudit.Leaf(numbered(size))), size+1
	log.sign(t)
	_, said = verifies(p, "#verify-log", "#log-found")
	require.Contains(t, said, "It goes on from the")
	cosignLog(t, p, log)
	log.hashes[7] = logaudit.Leaf(numbered(8))
	log.hashes, log.size = append(log.hashes, logaudit.Leaf(numbered(size+1))), size+2
	log.sign(t)
	state, said = verifies(p, "#verify-log", "#log-found")
	require.Equal(t, "bad", state, said)
	require.Contains(t, said, "The log was rewritten", "whoever has its key can make another log, and not hide it")
}

// cosignLog has the page hold cosignatures against what it read: those that hold, one that lacks, and those of another history.
func cosignLog(t *testing.T, p *browsertest.Page, log *large) {
	t.Helper()
	policy, signed := "quorum none\n", log.signed
	for _, name := range []string{"w1", "w2"} {
		_, secret, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		cosigner, err := logaudit.NewCosigner(name+".example", secret)
		require.NoError(t, err)
		policy += "witness " + name + " " + cosigner.Key().String() + "\n"
		if name == "w2" {
			continue
		}
		text, _, _ := strings.Cut(log.signed, "\n\n")
		line, err := note.Sign(&note.Note{Text: text + "\n"}, cosigner.At(time.Unix(1_800_000_000, 0)))
		require.NoError(t, err)
		_, lines, _ := strings.Cut(string(line), "\n\n")
		signed += lines
	}
	show := func(note string) {
		p.Text(`(() => Object.assign(document.querySelector('[data-log]').dataset, {policy: ` + strconv.Quote(policy) + `, witnessed: ` + strconv.Quote(note) + `}) && '')()`)
	}
	show(signed)
	state, said := verifies(p, "#verify-log", "#log-found")
	require.Equal(t, "good", state, said)
	require.Contains(t, said, "w1 cosigned the first")
	require.Contains(t, said, "w2, whom the policy names, has not cosigned")
	at := len(signed) - 20 // in the last line's base64
	other := map[bool]string{true: "B", false: "A"}[signed[at] == 'A']
	show(signed[:at] + other + signed[at+1:])
	_, said = verifies(p, "#verify-log", "#log-found")
	require.Contains(t, said, "The cosignature of w1 does not hold")

	kept := log.hashes[9]
	log.hashes[9] = logaudit.Leaf(numbered(0)) // as witnesses saw it
	show(log.checkpoint(t))
	log.hashes[9] = kept
	state, said = verifies(p, "#verify-log", "#log-found")
	require.Equal(t, "bad", state, said)
	require.Contains(t, said, "Witnesses cosigned another history")
	show("")
}
