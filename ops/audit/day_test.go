package audit_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	opsaudit "github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if dir := played.day.dir; dir != "" {
		_, _ = os.RemoveAll(dir), os.RemoveAll(dir+"-stages")
	}
	os.Exit(code)
}

// transfers of the day that everything here is done to.
const transfers = 60

// day is the export of a real day, played once for all tests, with the secrets of whoever ran it.
type day struct {
	name   string
	dir    string // the export; not to be written to
	key    string
	signer note.Signer
	keys   struct {
		Log          string            `json:"log"`
		LogPublic    string            `json:"log_public"`
		Participants map[string]string `json:"participants"`
	}
	whole  *history
	stages sync.Pool
}

var played struct {
	once sync.Once
	day  day
	err  error
}

func theDay(tb testing.TB) *day {
	tb.Helper()
	played.once.Do(func() { played.err = played.day.play(tb) })
	require.NoError(tb, played.err)
	return &played.day
}

// frozenDay is the log of a day that has what a played one lacks: schedules of fees, a key that turned, dead letters that were
// taken in again, people who were held. Whoever signed it is gone, so it is signed anew.
func frozenDay(tb testing.TB) *day {
	tb.Helper()
	const dir = "../../settlement/audit/verify/testdata/frozen-1"
	text, err := os.ReadFile(filepath.Join(dir, "keys", "log"))
	require.NoError(tb, err)
	d := &day{name: "frozen", dir: tb.TempDir(), key: strings.TrimSpace(string(text))}
	require.NoError(tb, os.Mkdir(d.dir+"-stages", 0o700))
	d.whole, err = d.read(dir)
	require.NoError(tb, err)
	secret, key, err := note.GenerateKey(crand.Reader, "ayni.test/log")
	require.NoError(tb, err)
	d.key = key
	d.signer, err = note.NewSigner(secret)
	require.NoError(tb, err)
	return d
}

// days are the days to be forged.
func days(tb testing.TB) []*day {
	tb.Helper()
	return []*day{theDay(tb), frozenDay(tb)}
}

// play makes the day and reads its export. The export outlives the test that asked first.
func (d *day) play(tb testing.TB) error {
	tb.Helper()
	d.name = "played"
	data := pgtest.Folder(tb)
	var err error
	if d.dir, err = os.MkdirTemp("", "ayni-tamper-"); err != nil { //nolint:usetesting // it outlives this test
		return err
	}
	if err := os.Mkdir(d.dir+"-stages", 0o700); err != nil {
		return err
	}
	cfg := demo.Config{Dir: data, Transfers: transfers, Seed: 7, Export: d.dir, Out: io.Discard, Log: slog.New(slog.DiscardHandler)}
	if err := demo.Run(context.Background(), cfg, false, func(*demo.Report) error { return nil }); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(data, "keys.json"))
	if err == nil {
		err = json.Unmarshal(text, &d.keys)
	}
	if err != nil {
		return err
	}
	d.key = d.keys.LogPublic
	if d.signer, err = note.NewSigner(d.keys.Log); err != nil {
		return err
	}
	d.whole, err = d.read(d.dir)
	return err
}

// history is a log that can be written as an export, whether it is true or not.
type history struct {
	of      *day
	entries [][]byte
	blobs   map[string][]byte // by name
}

func (d *day) read(dir string) (*history, error) {
	x, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Key: d.key})
	if err != nil {
		return nil, err
	}
	h := &history{of: d, blobs: map[string][]byte{}}
	_, err = x.Verify(context.Background(), func(e audit.Entry) error {
		h.entries = append(h.entries, bytes.Clone(e.Body))
		named, err := verify.Names(e.Body)
		for _, hash := range named {
			body, err := x.Blob(e.Index, hash)
			if err != nil {
				return err
			}
			h.blobs[hex.EncodeToString(hash[:])] = body
		}
		return err
	})
	return h, err
}

// signed is a checkpoint of the first size entries under the log's real key.
func (h *history) signed(size int) (string, error) {
	var tree audit.Tree
	for _, e := range h.entries[:size] {
		tree.Append(audit.Leaf(e))
	}
	return audit.Checkpoint{Origin: audit.Origin(h.of.signer.Name()), Size: int64(size), Root: tree.Root()}.Sign(h.of.signer)
}

// files are the history's export, signed with the log's real key: whatever it says, the files are whole.
func (h *history) files() (map[string][]byte, error) {
	signed, err := h.signed(len(h.entries))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"checkpoint": []byte(signed), "keys/log": []byte(h.of.key + "\n")}
	var hashes, bundle []byte
	for _, e := range h.entries {
		leaf := audit.Leaf(e)
		hashes = append(hashes, leaf[:]...)
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(e))), e...)
		named, _ := verify.Names(e)
		for _, hash := range named {
			name := hex.EncodeToString(hash[:])
			if body, ok := h.blobs[name]; ok {
				files["blobs/"+name[:2]+"/"+name] = body
			}
		}
	}
	if len(h.entries) >= tileWidth {
		return nil, fmt.Errorf("%d entries: a day of this suite fits one tile", len(h.entries))
	}
	files[fmt.Sprintf("tile/0/000.p/%d", len(h.entries))] = hashes
	files[fmt.Sprintf("tile/entries/000.p/%d", len(h.entries))] = bundle
	return files, nil
}

const tileWidth = 256

// stage is a folder that shows one export after another. From one to the next only what changed is written, and nothing
// is forced to the disk: there are thousands.
type stage struct {
	dir string
	has map[string][]byte
}

func (s *stage) show(files map[string][]byte) error {
	for name := range s.has {
		if _, ok := files[name]; !ok {
			at := filepath.Join(s.dir, filepath.FromSlash(name))
			if err := os.Remove(at); err != nil {
				return err
			}
			_ = os.Remove(filepath.Dir(at)) // which stays where there is more in it
		}
	}
	for name, body := range files {
		if had, ok := s.has[name]; ok && bytes.Equal(had, body) {
			continue
		}
		at := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(at, body, 0o600); err != nil {
			return err
		}
	}
	s.has = files
	return nil
}

// verified has the history verified as an auditor does who holds the log's key and maybe an older checkpoint.
func (h *history) verified(since string) (*opsaudit.Report, error) {
	files, err := h.files()
	if err != nil {
		return nil, err
	}
	s, _ := h.of.stages.Get().(*stage)
	if s == nil {
		s = &stage{}
		if s.dir, err = os.MkdirTemp(h.of.dir+"-stages", ""); err != nil {
			return nil, err
		}
	}
	defer h.of.stages.Put(s)
	if err := s.show(files); err != nil {
		return nil, err
	}
	return opsaudit.Verify(context.Background(), opsaudit.Config{Dir: s.dir, Key: h.of.key, Since: since})
}

// firstChange is the index of the first entry in which two histories differ.
func firstChange(a, b *history) int64 {
	for i := range a.entries {
		if i == len(b.entries) || !bytes.Equal(a.entries[i], b.entries[i]) {
			return int64(i)
		}
	}
	return int64(len(a.entries))
}

// rounds is how many of each are tried: few where many run it often, AYNI_TAMPER of them where somebody wants to know.
func rounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("AYNI_TAMPER")); err == nil {
		return n
	}
	return few
}

// every runs a trial n times, on all cores, each with its own dice; dice 0 to n-1 are the same in each run.
func every(t *testing.T, n int, trial func(dice *rand.Rand) error) {
	t.Helper()
	var next atomic.Int64
	var group errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for {
				i := next.Add(1) - 1
				if i >= int64(n) {
					return nil
				}
				if err := trial(rand.New(rand.NewPCG(42, uint64(i)))); err != nil {
					return fmt.Errorf("trial %d: %w", i, err)
				}
			}
		})
	}
	require.NoError(t, group.Wait())
}

// The day itself verifies, from the first entry to the last, and so does what this suite makes of it when it changes
// nothing: a forgery is found for what it says and not for how it was written.
func TestTheDayVerifies(t *testing.T) {
	d := theDay(t)
	report, err := opsaudit.Verify(t.Context(), opsaudit.Config{Dir: d.dir, Key: d.key})
	require.NoError(t, err)
	require.True(t, report.OK(), "%s", report)
	require.Greater(t, report.Transfers, int64(transfers))
	t.Logf("%s in %s", report, report.Took())
	report, err = d.whole.verified("")
	require.NoError(t, err)
	require.True(t, report.OK(), "%s", report)
}
