package audit

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// village is a pool's log: each entry has a line that everybody may see, and one that is a secret of the members.
type village struct {
	*diary.Log

	key  string
	kept []diary.Logged
}

func newVillage(t *testing.T, entries int) *village {
	t.Helper()
	secret, public, err := diary.GenerateKey("chama-nairobi")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	verifier, err := audit.ParseKey(public)
	require.NoError(t, err)
	v := &village{key: public}
	v.Log, err = diary.NewLog(signer, verifier, diary.GenerateSaltKey())
	require.NoError(t, err)
	for n := range entries {
		said := map[string]string{"word": strconv.Itoa(n)}
		open, err := diary.NewLine("balance", "said", said)
		require.NoError(t, err)
		closed, err := diary.NewLine("members", "said", said)
		require.NoError(t, err)
		d, err := v.Draft([]diary.Line{open, closed})
		require.NoError(t, err)
		require.NoError(t, v.Take(d))
		v.kept = append(v.kept, diary.Logged{Index: d.Index, Entry: d.Entry, Blobs: [][]byte{d.Lines[0].Blob, d.Lines[1].Blob}})
	}
	return v
}

func (v *village) Newest(context.Context) (size int64, checkpoint string, err error) {
	return v.Size(), v.Checkpoint(), nil
}

func (v *village) Entries(_ context.Context, size int64) iter.Seq2[diary.Logged, error] {
	return func(yield func(diary.Logged, error) bool) {
		for _, logged := range v.kept[:size] {
			if !yield(logged, nil) {
				return
			}
		}
	}
}

// A mirror of a pool's log brings the lines that are shown, and takes it that others are not; what a switch's log names has
// to be there.
func TestMirrorOfAPoolBringsWhatIsShown(t *testing.T) {
	v := newVillage(t, 300)
	shown := filepath.Join(t.TempDir(), "view")
	require.NoError(t, diary.WriteView(t.Context(), shown, v.key, v, func(l diary.Line) bool { return l.Section == "balance" }))
	web := httptest.NewServer(audit.Handler(shown))
	defer web.Close()
	copied := filepath.Join(t.TempDir(), "copy")
	c, err := Mirror(t.Context(), web.URL, copied, v.key)
	require.NoError(t, err)
	require.Equal(t, v.Size(), c.Size)
	report, err := diary.Verify(t.Context(), os.DirFS(copied), diary.Trust{Key: v.key}, func(diary.Page) error { return nil })
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	require.Equal(t, []int64{v.Size(), v.Size()}, []int64{report.Shown, report.Hidden})

	whole := audit.Mirror{Base: web.URL, Key: v.key, Client: http.DefaultClient, Names: diary.Names}
	_, err = whole.Fetch(t.Context(), filepath.Join(t.TempDir(), "whole"))
	finding, found := errors.AsType[*audit.Finding](err)
	require.True(t, found, "%v", err)
	require.Equal(t, audit.Missing, finding.Fault)
}
