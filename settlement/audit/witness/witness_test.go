package witness

import (
	"errors"
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
