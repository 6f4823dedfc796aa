package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

const origin = audit.Origin("ayni.example/log")

// world is a log with its key, that can have several histories.
type world struct {
	signer note.Signer
	vkey   string
	origin audit.Origin
}

func newWorld(t require.TestingT) world { return worldOf(t, origin) }

func worldOf(t require.TestingT, origin audit.Origin) world {
	seed := sha256.Sum256([]byte(origin))
	key := ed25519.NewKeyFromSeed(seed[:])
	vkey, err := note.NewEd25519VerifierKey(string(origin), key.Public().(ed25519.PublicKey))
	require.NoError(t, err)
	return world{signer: edSigner{name: string(origin), vkey: vkey, key: key}, vkey: vkey, origin: origin}
}

// edSigner signs notes with a key of its own.
type edSigner struct {
	name, vkey string
	key        ed25519.PrivateKey
}

func (s edSigner) Name() string { return s.name }
func (s edSigner) KeyHash() uint32 {
	verifier, _ := note.NewVerifier(s.vkey)
	return verifier.KeyHash()
}
func (s edSigner) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key, text), nil }

func (w world) logs(t require.TestingT) Logs {
	logs, err := ParseLogs(w.vkey)
	require.NoError(t, err)
	return logs
}

// history is one history of a log, with all its hashes.
type history struct {
	world
	hashes []tlog.Hash
	size   int64
}

func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(h.hashes)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		out[i] = h.hashes[index]
	}
	return out, nil
}

// grow appends entries, which differ between histories by their salt.
func (h *history) grow(t require.TestingT, n int64, salt string) *history {
	for range n {
		more, err := tlog.StoredHashes(h.size, fmt.Appendf(nil, "%d %s", h.size, salt), h)
		require.NoError(t, err)
		h.hashes = append(h.hashes, more...)
		h.size++
	}
	return h
}

// fork makes a history that is the same up to a size.
func (h *history) fork(t require.TestingT, at int64) *history {
	other := &history{world: h.world, size: at}
	other.hashes = append(other.hashes, h.hashes[:tlog.StoredHashCount(at)]...)
	require.LessOrEqual(t, at, h.size)
	return other
}

// at returns the signed checkpoint of a size.
func (h *history) at(t require.TestingT, size int64) string {
	root := emptyRoot()
	if size > 0 {
		var err error
		root, err = tlog.TreeHash(size, h)
		require.NoError(t, err)
	}
	signed, err := audit.Checkpoint{Origin: h.origin, Size: size, Root: root}.Sign(h.signer)
	require.NoError(t, err)
	return signed
}

func (h *history) open(t require.TestingT, size int64) Signed {
	signed, err := h.logs(t).Open(h.at(t, size))
	require.NoError(t, err)
	return signed
}

func (h *history) prove(t require.TestingT, older, newer int64) tlog.TreeProof {
	p, err := proof(h, older, newer)
	require.NoError(t, err)
	return p
}

// request asks for a cosignature on a size, with the proof from another.
func (h *history) request(t require.TestingT, older, newer int64) string {
	return Request{Old: older, Proof: h.prove(t, older, newer), Checkpoint: h.at(t, newer)}.String()
}

// witnessIn opens a witness of the world's log, until the test ends or closes it.
func witnessIn(t *testing.T, w world, folder string) *Witness {
	t.Helper()
	witness, err := Open(Config{Folder: folder, Name: "w.example/1", Logs: []string{w.vkey}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, witness.Close()) })
	return witness
}

func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

// fault returns what a request was refused for, "" for none.
func fault(t require.TestingT, err error) Fault {
	if err == nil {
		return ""
	}
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	return refused.Fault
}
