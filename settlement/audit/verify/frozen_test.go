package verify_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
)

// What was frozen, by its root, and what deciding it again gives: every entry of every batch, and what they name.
// settlement/engine freezes another with -freeze; none is ever made anew.
var frozen = map[string]struct {
	root, decided string
	done          verify.Progress
}{
	"frozen-1": {
		root:    "yVYUxOB+24vs7YwNC2O0+AjIQKD6/rbbOepRj8qty1o=",
		decided: "cbd9e2feb6b7bd6da46eeada2a83acdb4fdd349761ea316e8c29ae5e188340f4",
		done:    verify.Progress{Index: 66, Batches: 37, Commands: 29, Messages: 17, Unread: 3, Transfers: 11, Cleared: 11, Postings: 48},
	},
}

// Logs that were exported by the rules of before verify to the byte, on however many cores, each time.
func TestFrozenExportsVerify(t *testing.T) { //nolint:paralleltest // it changes how many cores there are
	found, err := filepath.Glob("testdata/frozen-*")
	require.NoError(t, err)
	require.Len(t, found, len(frozen))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, dir := range found {
		want := frozen[filepath.Base(dir)]
		for _, cores := range []int{1, 2, 8, 8} { // twice on the last
			t.Run(fmt.Sprintf("%s on %d", filepath.Base(dir), cores), func(t *testing.T) {
				runtime.GOMAXPROCS(cores)
				root, decided, done := decideAgain(t, dir)
				require.Equal(t, want.root, root)
				require.Equal(t, want.decided, decided)
				done.At = want.done.At
				require.Equal(t, want.done, done)
			})
		}
	}
}

// decideAgain replays an export and hashes all that comes out.
func decideAgain(t *testing.T, dir string) (root, decided string, done verify.Progress) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(dir, "keys", "log"))
	require.NoError(t, err)
	log, err := audit.ParseKey(string(key[:len(key)-1]))
	require.NoError(t, err)
	receipts := 0
	export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Key: string(key[:len(key)-1]), Receipts: func(_ int64, text []byte) error {
		receipts++
		r, err := audit.ReadReceipt(text)
		if err == nil {
			_, err = r.Check(log)
		}
		return err
	}})
	require.NoError(t, err)
	all := sha256.New()
	x := &frozenLog{export: export}
	done, err = verify.Replay(t.Context(), x, nil, verify.SecondOpinion(), func(s verify.Step) error {
		for _, e := range s.Batch.Log {
			add(all, e.Body)
		}
		for _, b := range s.Batch.Blobs {
			add(all, b.Body)
		}
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, x.findings)
	require.Equal(t, 1, receipts)
	return export.Checkpoint().Root.String(), fmt.Sprintf("%x", all.Sum(nil)), done
}

func add(to hash.Hash, body []byte) { _, _ = fmt.Fprintf(to, "%d\n%s", len(body), body) }

type frozenLog struct {
	export   *audit.Export
	findings []*audit.Finding
}

func (x *frozenLog) Visit(ctx context.Context, visit func(entry []byte) error) (err error) {
	x.findings, err = x.export.Verify(ctx, func(e audit.Entry) error {
		named, err := verify.Names(e.Body)
		for _, hash := range named {
			x.export.Expect(hash)
		}
		return errors.Join(err, visit(e.Body))
	})
	return err
}

func (x *frozenLog) Blob(index int64, hash [sha256.Size]byte) ([]byte, error) {
	return x.export.Blob(index, hash)
}
