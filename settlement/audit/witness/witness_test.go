package witness

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

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

// A model beside the witness: whatever is asked in whatever order, by an honest log, a forked one and people who send
// nonsense, and whenever the witness is started again, sizes never go back and a size has one root.
func TestAWitnessSignsOneHistory(t *testing.T) {
	world := newWorld(t)
	one := (&history{world: world}).grow(t, 40, "one")
	rapid.Check(t, func(rt *rapid.T) {
		histories := []*history{one, one.fork(rt, rapid.Int64Range(0, 39).Draw(rt, "fork")).grow(rt, 20, "other")}
		folder := t.TempDir()
		w := witnessIn(t, world, folder)
		defer func() { require.NoError(rt, w.Close()) }()
		roots, size, held, clock := map[int64]tlog.Hash{}, int64(0), false, time.Unix(1_700_000_000, 0)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "again") == 0 {
				require.NoError(rt, w.Close())
				w = witnessIn(t, world, folder)
			}
			clock = clock.Add(time.Second)
			w.now = fixed(clock)
			h := histories[rapid.IntRange(0, 1).Draw(rt, "history")]
			newer := rapid.Int64Range(0, h.size).Draw(rt, "newer")
			older := min(newer, rapid.SampledFrom([]int64{0, size, size, size, newer}).Draw(rt, "older"))
			line, err := w.Add(h.request(rt, older, newer))
			if held {
				require.Equal(rt, FaultHeld, fault(rt, err))
				continue
			}
			var fork *SplitViewError
			if held = errors.As(err, &fork); held {
				kept, err := os.ReadFile(filepath.Join(folder, "evidence", fork.Name()+".json"))
				require.NoError(rt, err)
				_, err = ParseEvidence(kept, world.logs(rt))
				require.NoError(rt, err)
			}
			if err != nil {
				require.Empty(rt, line)
				continue
			}
			signed, err := note.Open([]byte(h.at(rt, newer)+line), note.VerifierList(w.Key()))
			require.NoError(rt, err)
			at, err := audit.CosignedAt(signed.Sigs[0])
			require.NoError(rt, err)
			require.Equal(rt, clock.UTC(), at)
			root, _ := rootAt(newer, h)
			require.GreaterOrEqual(rt, newer, size)
			if before, ok := roots[newer]; ok {
				require.Equal(rt, before, root)
			}
			for below, before := range roots { // and what was signed before is of this history
				got, _ := rootAt(below, h)
				require.Equal(rt, before, got)
			}
			roots[newer], size = root, newer
		}
	})
}

func TestAForkHoldsItsLogUntilAPersonPardons(t *testing.T) {
	one := (&history{world: newWorld(t)}).grow(t, 12, "one")
	other := one.fork(t, 4).grow(t, 8, "other")
	folder := t.TempDir()
	w := witnessIn(t, one.world, folder)
	_, err := w.Add(one.request(t, 0, 6))
	require.NoError(t, err)
	var fork *SplitViewError
	require.ErrorAs(t, second(w.Add(other.request(t, 6, 10))), &fork)
	require.Equal(t, FaultHeld, fault(t, second(w.Add(one.request(t, 6, 7)))))
	health, err := w.Health()
	require.NoError(t, err)
	require.Equal(t, fork.Name(), health.Logs[0].HeldFor)
	require.Equal(t, int64(6), health.Logs[0].Size)
	require.Error(t, Pardon(folder, origin, fork.Name(), "while it runs"))
	require.NoError(t, w.Close())

	// A crash between the store and the file: the next start writes the file.
	file := filepath.Join(folder, "evidence", fork.Name()+".json")
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	w = witnessIn(t, one.world, folder)
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, kept, again)
	require.Equal(t, FaultHeld, fault(t, second(w.Add(one.request(t, 6, 7)))), "it does not forget")
	require.NoError(t, w.Close())

	var none *PardonError
	require.ErrorAs(t, Pardon(folder, origin, "", "x"), &none)
	require.ErrorAs(t, Pardon(folder, origin, "another", "x"), &none)
	require.ErrorAs(t, Pardon(folder, "another", fork.Name(), "x"), &none)
	require.ErrorAs(t, Pardon(folder, "another", "", "x"), &none)
	require.NoError(t, Pardon(folder, origin, fork.Name(), "Njeri"))
	w = witnessIn(t, one.world, folder)
	require.ErrorAs(t, second(w.Add(other.request(t, 6, 10))), &fork, "it is still not cosigned")
	_, err = w.Add(one.request(t, 6, 7))
	require.NoError(t, err, "and holds the log no more")
	health, err = w.Health()
	require.NoError(t, err)
	require.Empty(t, health.Logs[0].HeldFor)
	require.Len(t, health.Logs[0].Pardoned, 1)
	require.Contains(t, health.Logs[0].Pardoned[0], fork.Name())
	require.ErrorAs(t, second(w.Add(other.request(t, 7, 11))), &fork, "another forked checkpoint does")
	require.Equal(t, FaultHeld, fault(t, second(w.Add(one.request(t, 7, 8)))))
}

// Two roots of one size are proof enough, wherever the request begins.
func TestAForkHoldsWithoutAProof(t *testing.T) {
	one := (&history{world: newWorld(t)}).grow(t, 6, "one")
	other := one.fork(t, 4).grow(t, 2, "other")
	w := witnessIn(t, one.world, t.TempDir())
	_, err := w.Add(one.request(t, 0, 6))
	require.NoError(t, err)
	var fork *SplitViewError
	require.ErrorAs(t, second(w.Add(other.request(t, 0, 6))), &fork)
	require.Equal(t, FaultHeld, fault(t, second(w.Add(one.request(t, 6, 6)))))
}

func TestNonsenseHoldsNothing(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 12, "")
	w := witnessIn(t, h.world, t.TempDir())
	_, err := w.Add(h.request(t, 0, 5))
	require.NoError(t, err)
	wrong := Request{Old: 5, Proof: tlog.TreeProof{{1}, {2}}, Checkpoint: h.at(t, 12)}
	for range 3 {
		require.Equal(t, FaultProof, fault(t, second(w.Add(wrong.String()))))
	}
	health, err := w.Health()
	require.NoError(t, err)
	require.Equal(t, Refused{Count: 3, Note: h.at(t, 12)}, health.Logs[0].Refused)
	_, err = w.Add(h.request(t, 5, 12))
	require.NoError(t, err)
}

// Many at once, of two histories: what is signed is one history.
func TestConcurrentRequests(t *testing.T) {
	one := (&history{world: newWorld(t)}).grow(t, 16, "one")
	w := witnessIn(t, one.world, t.TempDir())
	_, err := w.Add(one.request(t, 0, 3))
	require.NoError(t, err)
	var bodies []string
	for newer := int64(3); newer <= 16; newer++ {
		for older := int64(3); older <= newer; older++ {
			bodies = append(bodies, one.request(t, older, newer))
		}
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	largest := int64(3)
	for _, body := range bodies {
		group.Go(func() {
			_, err := w.Add(body)
			if err != nil {
				var refused *RefusedError
				if !errors.As(err, &refused) || refused.Fault != FaultConflict {
					t.Errorf("%v", err)
				}
				return
			}
			request, _ := ParseRequest(body)
			opened, _ := w.logs.Open(request.Checkpoint)
			mu.Lock()
			largest = max(largest, opened.Size)
			mu.Unlock()
		})
	}
	group.Wait()
	health, err := w.Health()
	require.NoError(t, err)
	require.Equal(t, largest, health.Logs[0].Size)
}

func TestTheKeyIsMadeOnceAndKept(t *testing.T) {
	world, folder := newWorld(t), t.TempDir()
	path := filepath.Join(folder, "key")
	w := witnessIn(t, world, folder)
	_, err := Open(Config{Folder: folder, Name: "w.example/1", Logs: []string{world.vkey}})
	require.Error(t, err, "one process at a time")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	key := w.Key()
	require.NoError(t, w.Close())
	w = witnessIn(t, world, folder)
	require.Equal(t, key, w.Key())
	require.NoError(t, w.Close())

	var unusable *KeyError
	_, err = Open(Config{Folder: folder, Name: "w.example/2", Logs: []string{world.vkey}})
	require.ErrorAs(t, err, &unusable, "another name")
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = Open(Config{Folder: folder, Name: "w.example/1", Logs: []string{world.vkey}})
	require.ErrorAs(t, err, &unusable, "others can read it")
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, os.Truncate(path, 40))
	_, err = Open(Config{Folder: folder, Name: "w.example/1", Logs: []string{world.vkey}})
	require.ErrorAs(t, err, &unusable, "half of it is lost")
}

func TestAStoreThatWasChangedIsNotUsed(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 4, "")
	folder := t.TempDir()
	w := witnessIn(t, h.world, folder)
	_, err := w.Add(h.request(t, 0, 4))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	db, err := openStore(folder)
	require.NoError(t, err)
	tx, err := db.Begin(true)
	require.NoError(t, err)
	require.NoError(t, records{tx}.keep(origin, strings.Replace(h.at(t, 4), "\n4\n", "\n3\n", 1)))
	require.NoError(t, tx.Commit())
	require.NoError(t, db.Close())
	_, err = Open(Config{Folder: folder, Name: "w.example/1", Logs: []string{h.vkey}})
	require.Error(t, err)
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
