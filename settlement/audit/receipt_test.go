package audit_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// A receipt that is proved from a random log holds; with any bit of it flipped, it does not.
func TestReceiptHoldsAsItIsAndNoOtherwise(t *testing.T) {
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.example/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	verifier, err := note.NewVerifier(public)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		receipt := drawReceipt(t, signer)
		text, err := receipt.Text()
		require.NoError(t, err)
		read, err := audit.ReadReceipt(text)
		require.NoError(t, err)
		checkpoint, err := read.Check(verifier)
		require.NoError(t, err)
		require.Positive(t, checkpoint.Size)

		at, bit := rapid.IntRange(0, len(text)-1).Draw(t, "at"), rapid.IntRange(0, 7).Draw(t, "bit")
		flipped := append([]byte(nil), text...)
		flipped[at] ^= 1 << bit
		if read, err = audit.ReadReceipt(flipped); err == nil {
			_, err = read.Check(verifier)
		}
		require.ErrorAs(t, err, new(*audit.ReceiptError), "byte %d, bit %d of %s", at, bit, text)
	})
}

// drawReceipt makes a log of a few batches, in which the intent of the receipt is accepted, cleared and paid.
func drawReceipt(t *rapid.T, signer note.Signer) *audit.Receipt {
	r := &audit.Receipt{Version: 1, Participant: "alpha", Intent: "A17", Open: `{"id":"A17"}`, Transfer: "0001"}
	var entries [][]byte
	log := storedHashes{}
	var places []int64
	var all [][]string
	for batch := range rapid.IntRange(3, 9).Draw(t, "batches") {
		steps := audit.KeepSteps()
		for i := range rapid.IntRange(0, 9).Draw(t, "others") {
			steps.Intent("beta", fmt.Sprintf("B%d", i), [32]byte{byte(i)}, "", "schema")
		}
		places = append(places, steps.Count())
		switch batch {
		case 0:
			steps.Intent(r.Participant, r.Intent, sha256.Sum256([]byte(r.Open)), r.Transfer, "")
		case 1:
			steps.State(r.Transfer, "cleared", "")
		case 2:
			steps.State(r.Transfer, "paid", "")
		}
		for i := range rapid.IntRange(0, 9).Draw(t, "more") {
			steps.State("0002", "queued", fmt.Sprintf("R%d", i))
		}
		root := steps.Root()
		entry := fmt.Appendf(nil, `{"kind":"batch","steps":{"count":"%d","root":"%s"}}`, steps.Count(), base64.StdEncoding.EncodeToString(root[:]))
		log.add(t, entry)
		entries, all = append(entries, entry), append(all, steps.Lines())
	}
	size := int64(len(entries))
	root, err := tlog.TreeHash(size, log.reader())
	require.NoError(t, err)
	r.Checkpoint, err = audit.Checkpoint{Origin: "ayni.example/log", Size: size, Root: root}.Sign(signer)
	require.NoError(t, err)
	for batch := range 3 {
		step := audit.ReceiptStep{Line: all[batch][places[batch]], Place: places[batch], Index: int64(batch), Entry: string(entries[batch])}
		step.Path, err = audit.ProveStep(all[batch], places[batch])
		require.NoError(t, err)
		proof, err := tlog.ProveRecord(size, int64(batch), log.reader())
		require.NoError(t, err)
		step.LogPath = []string{}
		for _, hash := range proof {
			step.LogPath = append(step.LogPath, base64.StdEncoding.EncodeToString(hash[:]))
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

// storedHashes is a log's hashes as the reference implementation keeps them.
type storedHashes struct {
	hashes []tlog.Hash
	size   int64
}

func (s *storedHashes) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = s.hashes[index]
		}
		return hashes, nil
	})
}

func (s *storedHashes) add(t require.TestingT, entry []byte) {
	more, err := tlog.StoredHashes(s.size, entry, s.reader())
	require.NoError(t, err)
	s.hashes = append(s.hashes, more...)
	s.size++
}
