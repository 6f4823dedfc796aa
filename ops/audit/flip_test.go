package audit_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	opsaudit "github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
)

// sizes are the files of an export.
func sizes(t *testing.T, dir string) map[string]int {
	t.Helper()
	found := map[string]int{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		info, err := f.Info()
		found[name] = int(info.Size())
		return err
	}))
	return found
}

// owner is the entry that a byte of a file belongs to: the one of the bundle, or the first that names the blob; -1
// where there is none.
func (h *history) owner(file string, offset int) int64 {
	if strings.HasPrefix(file, "tile/entries/") {
		for i, e := range h.entries { // one bundle: a day is small
			if offset -= 2 + len(e); offset < 0 {
				return int64(i)
			}
		}
	}
	for i, e := range h.entries {
		named, _ := verify.Names(e)
		for _, hash := range named {
			if hex.EncodeToString(hash[:]) == path.Base(file) {
				return int64(i)
			}
		}
	}
	return -1
}

// names tells whether a difference names a file, or the entry.
func names(d *opsaudit.Difference, file string, entry int64) bool {
	return d != nil && (strings.Contains(d.Where, file) || strings.Contains(d.Found, file) || entry >= 0 && d.Index == entry)
}

// folders hands out copies of the export, one to each worker.
type folders struct {
	mu   sync.Mutex
	free []string
}

func (f *folders) take(t *testing.T, from string) (string, error) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.free); n > 0 {
		dir := f.free[n-1]
		f.free = f.free[:n-1]
		return dir, nil
	}
	dir := filepath.Join(t.TempDir(), "copy")
	return dir, os.CopyFS(dir, os.DirFS(from))
}

func (f *folders) give(dir string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free = append(f.free, dir)
}

// damaged verifies the day's export with one file changed.
func (f *folders) damaged(t *testing.T, d *day, file string, change func(body []byte) []byte) (*opsaudit.Report, error) {
	t.Helper()
	dir, err := f.take(t, d.dir)
	if err != nil {
		return nil, err
	}
	defer f.give(dir)
	at := filepath.Join(dir, filepath.FromSlash(file))
	body, err := os.ReadFile(at)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(at, change(slices.Clone(body)), 0o600); err != nil {
		return nil, err
	}
	report, err := opsaudit.Verify(t.Context(), opsaudit.Config{Dir: dir, Key: d.key})
	if err == nil {
		err = os.WriteFile(at, body, 0o600)
	}
	return report, err
}

// Any bit of any file, half of them drawn by file and half by byte: found, and named by its file or its entry.
func TestAnyFlippedBitIsNamed(t *testing.T) {
	d := theDay(t)
	files := sizes(t, d.dir)
	all := slices.Sorted(maps.Keys(files))
	total := 0
	for _, size := range files {
		total += size
	}
	var copies folders
	var mu sync.Mutex
	kinds, took := map[string]int{}, time.Duration(0)
	n := rounds(300)
	every(t, n, func(dice *rand.Rand) error {
		file := all[dice.IntN(len(all))]
		if dice.IntN(2) == 0 {
			at := dice.IntN(total)
			for _, file = range all {
				if at -= files[file]; at < 0 {
					break
				}
			}
		}
		if files[file] == 0 {
			return nil
		}
		bit := dice.IntN(8 * files[file])
		report, err := copies.damaged(t, d, file, func(body []byte) []byte {
			body[bit/8] ^= 1 << (bit % 8)
			return body
		})
		if err != nil {
			return fmt.Errorf("bit %d of %s: %w", bit, file, err)
		}
		if !names(report.Difference, file, d.whole.owner(file, bit/8)) {
			return fmt.Errorf("bit %d of %s: %s", bit, file, report)
		}
		mu.Lock()
		defer mu.Unlock()
		kind, _, _ := strings.Cut(file, "/")
		kinds[kind]++
		took += report.Took()
		return nil
	})
	t.Logf("%d flipped bits, every one found and named, %s each: %v", n, (took / time.Duration(n)).Round(time.Microsecond), kinds)
}

// Entries that are dropped, swapped, repeated or cut in the files as they are, with no word to the tree: the first that is not
// in its place is named.
func TestEntriesMovedInTheFilesAreNamed(t *testing.T) {
	d := theDay(t)
	var file string
	for name := range sizes(t, d.dir) {
		if strings.HasPrefix(name, "tile/entries/") {
			require.Empty(t, file, "one bundle")
			file = name
		}
	}
	var copies folders
	every(t, rounds(200), func(dice *rand.Rand) error {
		moved, what := shuffled(dice, d.whole)
		var bundle []byte
		for _, e := range moved.entries {
			bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(e))), e...)
		}
		if dice.IntN(5) == 0 {
			bundle, what = bundle[:dice.IntN(len(bundle))], what+", and cut"
		}
		report, err := copies.damaged(t, d, file, func([]byte) []byte { return bundle })
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if at := firstChange(d.whole, moved); !strings.HasSuffix(what, "cut") && !names(report.Difference, "no file", min(at, int64(len(d.whole.entries)-1))) {
			return fmt.Errorf("%s, at entry %d: %s", what, at, report)
		}
		if report.OK() {
			return fmt.Errorf("%s: nothing found", what)
		}
		return nil
	})
}

// shuffled is a history of which entries were dropped, swapped, repeated or cut off.
func shuffled(dice *rand.Rand, h *history) (moved *history, what string) {
	moved = &history{of: h.of, blobs: h.blobs, entries: slices.Clone(h.entries)}
	n := len(h.entries)
	a := dice.IntN(n)
	b := (a + 1 + dice.IntN(n-1)) % n
	switch dice.IntN(4) {
	case 0:
		what = fmt.Sprintf("entry %d dropped", a)
		moved.entries = slices.Delete(moved.entries, a, a+1)
	case 1:
		what = fmt.Sprintf("entries %d and %d swapped", a, b)
		moved.entries[a], moved.entries[b] = moved.entries[b], moved.entries[a]
	case 2:
		what = fmt.Sprintf("entry %d repeated as %d", a, b)
		moved.entries = slices.Insert(moved.entries, b, moved.entries[a])
	case 3:
		what = fmt.Sprintf("%d entries cut off", n-max(a, 1))
		moved.entries = moved.entries[:max(a, 1)]
	}
	return moved, what
}
