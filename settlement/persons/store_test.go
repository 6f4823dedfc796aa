package persons_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/persons"
)

func create(t *testing.T) (*persons.Store, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "persons.keys")
	store, err := persons.Create(file)
	require.NoError(t, err)
	return store, file
}

func open(t *testing.T, file string) *persons.Store {
	t.Helper()
	store, err := persons.Open(file)
	require.NoError(t, err)
	return store
}

func keysOf(t *testing.T, store *persons.Store) *persons.Keys {
	t.Helper()
	keys, err := store.Keys()
	require.NoError(t, err)
	return keys
}

func customer(i int) persons.Person {
	return persons.Person{Participant: "mpesa-ke", Account: strconv.Itoa(i)}
}

func erased(t require.TestingT, keys *persons.Keys, p persons.Person) bool {
	_, err := keys.Key(p)
	if err != nil {
		require.ErrorAs(t, err, new(*persons.ErasedError))
	}
	return err != nil
}

// alone demands that nothing but the file and its lock is in its folder.
func alone(t *testing.T, file string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	for _, e := range entries {
		require.Contains(t, []string{filepath.Base(file), filepath.Base(file) + ".lock"}, e.Name())
	}
}

func TestAStoreKeepsKeys(t *testing.T) {
	store, file := create(t)
	sealed, err := keysOf(t, store).SealAll([]persons.Line{{Person: wanjiku, Text: []byte("hers")}, {Person: maria, Text: []byte("maria's")}})
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode())

	before, err := os.ReadFile(file)
	require.NoError(t, err)
	old, err := os.Open(file) // what was there, whatever name it gets
	require.NoError(t, err)
	defer func() { require.NoError(t, old.Close()) }()
	require.NoError(t, store.Destroy(wanjiku))
	overwritten := make([]byte, len(before))
	_, err = old.ReadAt(overwritten, 0)
	require.NoError(t, err)
	require.Equal(t, make([]byte, len(before)), overwritten)
	alone(t, file)

	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, store.Destroy(wanjiku), "again is the same as once")
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, bytes.Equal(after, again))

	for _, s := range []*persons.Store{store, open(t, file)} {
		lines, err := keysOf(t, s).UnsealAll(sealed)
		require.NoError(t, err)
		require.ErrorAs(t, lines[0].Err, new(*persons.ErasedError))
		require.Equal(t, "maria's", string(lines[1].Text))
	}
	require.ErrorAs(t, store.Destroy(maria, persons.Person{}), new(*persons.PersonError))
	require.False(t, erased(t, keysOf(t, store), maria), "all or none")
}

func TestKeysAreNeverQuietlyReplaced(t *testing.T) {
	store, file := create(t)
	_, err := persons.Create(file)
	require.ErrorIs(t, err, fs.ErrExist)
	require.NoError(t, os.Remove(file))
	_, err = store.Keys()
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, store.Destroy(wanjiku), fs.ErrNotExist)
	_, err = persons.Open(file)
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = persons.Create(file) // others, in the same place
	require.NoError(t, err)
	_, err = store.Keys()
	require.ErrorAs(t, err, new(*persons.OtherKeysError))
	require.ErrorAs(t, store.Destroy(wanjiku), new(*persons.OtherKeysError))
}

func TestAStoreRefusesFiles(t *testing.T) {
	_, file := create(t)
	refused := func(as any) {
		t.Helper()
		_, err := persons.Open(file)
		require.ErrorAs(t, err, as)
	}
	require.NoError(t, os.Chmod(file, 0o640))
	refused(new(*persons.AccessError))
	require.NoError(t, os.Chmod(file, 0o600))
	require.NoError(t, os.Rename(file, file+".real"))
	require.NoError(t, os.Symlink(file+".real", file))
	refused(new(*persons.AccessError))
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.WriteFile(file, []byte("keys"), 0o600))
	refused(new(*persons.FormError))
	require.NoError(t, os.Truncate(file, int64(persons.MaxSnapshotBytes)+1))
	refused(new(*persons.LimitError))
}

// Two that destroy at once lose nothing, and each knows of the other's.
func TestTwoStoresOfOneFile(t *testing.T) {
	one, file := create(t)
	two := open(t, file)
	const each = 30
	var both sync.WaitGroup
	for n, store := range []*persons.Store{one, two} {
		both.Go(func() {
			for i := range each {
				assert.NoError(t, store.Destroy(customer(2*i+n)))
			}
		})
	}
	both.Wait()
	alone(t, file)
	for _, store := range []*persons.Store{one, two, open(t, file)} {
		keys := keysOf(t, store)
		require.Len(t, keys.Destroyed(), 2*each)
		for i := range 2 * each {
			require.True(t, erased(t, keys, customer(i)))
		}
		require.False(t, erased(t, keys, customer(2*each)))
	}
}

// A file from a backup loses again what a running process knows to be destroyed; and one that was restored while
// nothing ran is brought up by the paths that another copy has.
func TestAFileFromABackup(t *testing.T) {
	store, file := create(t)
	backup, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, store.Destroy(wanjiku))
	paths := keysOf(t, store).Destroyed()

	restore := func() {
		require.NoError(t, os.Remove(file))
		require.NoError(t, os.WriteFile(file, backup, 0o600))
	}
	restore()
	require.True(t, erased(t, keysOf(t, store), wanjiku))
	require.True(t, erased(t, keysOf(t, open(t, file)), wanjiku), "asking was enough")

	restore()
	other := open(t, file)
	require.False(t, erased(t, keysOf(t, other), wanjiku), "nobody can know")
	require.NoError(t, other.DestroyPaths(paths...))
	require.True(t, erased(t, keysOf(t, open(t, file)), wanjiku))
}

// Whatever a process that died left beside the file, the next one finishes it, and the file stays what it was.
func TestWhatWasLeftHalfDone(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, file string){
		"half written": func(t *testing.T, file string) {
			t.Helper()
			require.NoError(t, os.WriteFile(file+".next", []byte("ayni.pers"), 0o600))
		},
		"not moved yet": func(t *testing.T, file string) {
			t.Helper()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file+".next", text, 0o600))
			require.NoError(t, os.Link(file, file+".previous"))
		},
		"moved, and not overwritten": func(t *testing.T, file string) {
			t.Helper()
			require.NoError(t, os.WriteFile(file+".previous", []byte("what was there"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, file := create(t)
			require.NoError(t, store.Destroy(wanjiku))
			before, err := os.ReadFile(file)
			require.NoError(t, err)
			leave(t, file)
			var opened []*os.File
			for _, beside := range []string{".next", ".previous"} {
				if f, err := os.Open(file + beside); err == nil && !sameFile(t, file, file+beside) {
					opened = append(opened, f)
				}
			}
			keys := keysOf(t, open(t, file))
			require.True(t, erased(t, keys, wanjiku))
			require.False(t, erased(t, keys, maria))
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			require.True(t, bytes.Equal(before, after))
			alone(t, file)
			for _, f := range opened {
				rest, err := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
				if err == nil { // where the system shows what has no name any more
					require.Equal(t, make([]byte, len(rest)), rest)
				}
				require.NoError(t, f.Close())
			}
		})
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	one, err := os.Lstat(a)
	require.NoError(t, err)
	two, err := os.Lstat(b)
	require.NoError(t, err)
	return os.SameFile(one, two)
}

// The one case where what stands beside is not overwritten.
func TestAFileTakenAwayKeepsWhatWasThere(t *testing.T) {
	_, file := create(t)
	require.NoError(t, os.Rename(file, file+".previous"))
	_, err := persons.Create(file)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.Rename(file+".previous", file))
	open(t, file)
}
