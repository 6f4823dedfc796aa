package witness

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// A log's requests and tree heads from the tests of another witness (torchwood, internal/witness): its leaf hashes
// are of its own, and its signatures of another program.
const (
	sigsumLog   = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
	sigsumKey   = "\xff\xdc\x2d\x4d\x98\xe4\x12\x4d\x3f\xea\xf7\x88\xc0\xc2\xf9\xab\xfd\x79\x60\x83\xd1\xf0\x49\x54\x37\xf3\x02\xec\x79\xcf\x10\x0f"
	sigsumFirst = "old 0\n\n" + sigsumLog + "\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— " + sigsumLog +
		" UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n"
	sigsumThird = "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nKgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + sigsumLog +
		"\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n— " + sigsumLog +
		" UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=\n"
	sigsumFifth = "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\nKgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + sigsumLog +
		"\n5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n— " + sigsumLog +
		" UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=\n"
)

func TestRequestsOfAnotherLogsProgram(t *testing.T) {
	vkey, err := note.NewEd25519VerifierKey(sigsumLog, []byte(sigsumKey))
	require.NoError(t, err)
	w, err := Open(Config{Folder: t.TempDir(), Name: "example.com/w1", Logs: []string{vkey}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	for _, body := range []string{sigsumFirst, sigsumFifth} {
		line, err := w.Add(body)
		require.NoError(t, err)
		request, err := ParseRequest(body)
		require.NoError(t, err)
		require.Equal(t, body, request.String())
		_, err = note.Open([]byte(request.Checkpoint+line), note.VerifierList(w.Key()))
		require.NoError(t, err)
	}
	_, err = w.Add(sigsumThird)
	require.Equal(t, &RefusedError{Fault: FaultConflict, Known: 5, Detail: "the proof does not begin where this witness stands"}, err)
	require.Equal(t, FaultMalformed, fault(t, second(w.Add("old 0\n"+strings.Repeat("KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64)+strings.TrimPrefix(sigsumFirst, "old 0\n")))))
}

func second[T any](_ T, err error) error { return err }

// The cases that other witnesses agree on, around the empty tree and the first entry.
func TestTheFirstSizes(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 2, "")
	leaf := tlog.TreeProof{h.hashes[0]}
	odd := func(size int64, root tlog.Hash) string {
		signed, err := audit.Checkpoint{Origin: origin, Size: size, Root: root}.Sign(h.signer)
		require.NoError(t, err)
		return signed
	}
	for name, c := range map[string]struct {
		known int64
		body  Request
		fault Fault
	}{
		"the empty tree":            {body: Request{Checkpoint: h.at(t, 0)}},
		"another empty root":        {body: Request{Checkpoint: odd(0, h.hashes[0])}, fault: FaultProof},
		"an empty root of zeroes":   {body: Request{Checkpoint: odd(0, tlog.Hash{})}, fault: FaultProof},
		"the empty tree, proved":    {body: Request{Checkpoint: h.at(t, 0), Proof: leaf}, fault: FaultProof},
		"the first entry":           {body: Request{Checkpoint: h.at(t, 1)}},
		"the first entry, proved":   {body: Request{Checkpoint: h.at(t, 1), Proof: leaf}, fault: FaultProof},
		"from nothing, when known":  {known: 1, body: Request{Checkpoint: h.at(t, 2), Proof: leaf}, fault: FaultConflict},
		"back":                      {known: 1, body: Request{Old: 1, Checkpoint: h.at(t, 0)}, fault: FaultMalformed},
		"back, from nothing":        {known: 1, body: Request{Old: 0, Checkpoint: h.at(t, 0)}, fault: FaultConflict},
		"the same again":            {known: 2, body: Request{Old: 2, Checkpoint: h.at(t, 2)}},
		"the same again, proved":    {known: 2, body: Request{Old: 2, Checkpoint: h.at(t, 2), Proof: leaf}, fault: FaultProof},
		"from a size to come":       {body: Request{Old: 1, Checkpoint: h.at(t, 2), Proof: h.prove(t, 1, 2)}, fault: FaultConflict},
		"without the proof":         {known: 1, body: Request{Old: 1, Checkpoint: h.at(t, 2)}, fault: FaultProof},
		"a tree beyond all numbers": {body: Request{Checkpoint: odd(math.MaxInt64, tlog.Hash{})}, fault: FaultMalformed},
		"the largest tree":          {body: Request{Checkpoint: odd(MaxSize, tlog.Hash{})}},
	} {
		t.Run(name, func(t *testing.T) {
			w := witnessIn(t, h.world, t.TempDir())
			if c.known > 0 {
				_, err := w.Add(h.request(t, 0, c.known))
				require.NoError(t, err)
			}
			line, err := w.Add(c.body.String())
			require.Equal(t, c.fault, fault(t, err))
			require.Equal(t, c.fault == "", line != "")
		})
	}
}

func TestRefusals(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 3, "")
	w := witnessIn(t, h.world, t.TempDir())
	good := h.at(t, 3)
	head, signature, _ := strings.Cut(good, "\n\n")
	extended, err := note.Sign(&note.Note{Text: head + "\nextension\n"}, h.signer)
	require.NoError(t, err)
	hollow, err := note.Sign(&note.Note{Text: head + "\n\nextension\n"}, h.signer)
	require.NoError(t, err)
	spaced, err := note.Sign(&note.Note{Text: strings.Replace(head, "=", "=\r", 1) + "\n"}, h.signer)
	require.NoError(t, err)
	other64 := func(text string) string { // the last of a hash's 43 characters has two bits to spare
		last := strings.IndexByte(base64Digits, text[len(text)-2])
		return text[:len(text)-2] + base64Digits[last+1:last+2] + "="
	}
	otherRoot, err := note.Sign(&note.Note{Text: other64(head) + "\n"}, h.signer)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		body  string
		fault Fault
	}{
		"a root in other base64":  {"old 0\n\n" + string(otherRoot), FaultMalformed},
		"a proof in other base64": {"old 0\n" + other64(h.hashes[0].String()) + "\n\n" + good, FaultMalformed},
		"nothing":                 {"", FaultMalformed},
		"no old size":             {"\n" + good, FaultMalformed},
		"a size with a zero":      {"old 00\n\n" + good, FaultMalformed},
		"a size with a sign":      {"old +0\n\n" + good, FaultMalformed},
		"a negative size":         {"old -1\n\n" + good, FaultMalformed},
		"a size beyond int64":     {"old 9223372036854775808\n\n" + good, FaultMalformed},
		"a proof of words":        {"old 0\nhello\n\n" + good, FaultMalformed},
		"a proof that is short":   {"old 0\nAAAA\n\n" + good, FaultMalformed},
		"no end of the proof":     {"old 0\n", FaultMalformed},
		"no checkpoint":           {"old 0\n\n", FaultUnknown},
		"a proof with a return":   {"old 0\nAAAA\rAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + good, FaultMalformed},
		"carriage returns":        {"old 0\r\n\r\n" + good, FaultMalformed},
		"another log":             {"old 0\n\n" + strings.ReplaceAll(good, string(origin), "other.example"), FaultUnknown},
		"another key":             {"old 0\n\n" + head + "\n\n" + strings.Replace(signature, " ayni.example/log ", " ayni.example/olg ", 1), FaultUnsigned},
		"another size":            {"old 0\n\n" + strings.Replace(good, "\n3\n", "\n4\n", 1), FaultUnsigned},
		"no signature":            {"old 0\n\n" + head + "\n\n", FaultMalformed},
		"an empty line":           {"old 0\n\n" + string(hollow), FaultMalformed},
		"a root with more":        {"old 0\n\n" + string(spaced), FaultMalformed},
		"too much":                {"old 0\n\n" + good + strings.Repeat("— a AAAAAAAA\n", 1<<13), FaultMalformed},
		"too many signatures":     {"old 0\n\n" + good + strings.Repeat("— a AAAAAAAA\n", 101), FaultMalformed},
		"an extension":            {"old 0\n\n" + string(extended), ""},
		"others' signatures":      {"old 3\n\n" + good + strings.Repeat("— a AAAAAAAA\n", 15), ""},
	} {
		if c.fault == "" {
			continue // below, in their order
		}
		_, err := w.Add(c.body)
		require.Equal(t, c.fault, fault(t, err), name)
	}
	for _, body := range []string{"old 0\n\n" + string(extended), "old 3\n\n" + good + strings.Repeat("— a AAAAAAAA\n", 15)} {
		_, err := w.Add(body)
		require.NoError(t, err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(sigsumFirst)
	f.Add(sigsumFifth)
	f.Fuzz(func(t *testing.T, body string) {
		if r, err := ParseRequest(body); err == nil {
			require.Equal(t, body, r.String())
		}
	})
}
