package pools_test

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/pools/poolstest"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// key is some pool's.
func key(t *testing.T, pool string) string {
	t.Helper()
	_, public, err := diary.GenerateKey(pool)
	require.NoError(t, err)
	return public
}

// forged is a log that somebody with the key writes anew.
type forged struct {
	*diary.Log
	entries []diary.Logged
	public  string
}

// forge writes a log of some entries, each a line that nobody is shown and one that everybody is.
func forge(t *testing.T, secret, public, says string, entries int) *forged {
	t.Helper()
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	verifier, err := audit.ParseKey(public)
	require.NoError(t, err)
	f := &forged{public: public}
	f.Log, err = diary.NewLog(signer, verifier, diary.GenerateSaltKey())
	require.NoError(t, err)
	for range entries {
		hidden, err := diary.NewLine("private", "said", nil)
		require.NoError(t, err)
		shown, err := diary.NewLine(string(charter.SectionPledges), "declaration", map[string]string{"declaration": says, "pool": nairobi, "emergency": says, "needed": says})
		require.NoError(t, err)
		draft, err := f.Draft([]diary.Line{hidden, shown})
		require.NoError(t, err)
		require.NoError(t, f.Take(draft))
		f.entries = append(f.entries, diary.Logged{Index: draft.Index, Entry: draft.Entry, Blobs: [][]byte{draft.Lines[0].Blob, draft.Lines[1].Blob}})
	}
	return f
}

// Newest implements diary.Kept.
func (f *forged) Newest(context.Context) (int64, string, error) { return f.Size(), f.Checkpoint(), nil }

// Entries implements diary.Kept.
func (f *forged) Entries(_ context.Context, size int64) iter.Seq2[diary.Logged, error] {
	return func(yield func(diary.Logged, error) bool) {
		for _, e := range f.entries[:size] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// node serves the log as a pool's node would.
func (f *forged) node(t *testing.T) http.HandlerFunc {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, diary.WriteView(t.Context(), dir, f.public, f, func(l diary.Line) bool { return l.Section != "private" }))
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/log/checkpoint":
			_, _ = io.WriteString(w, f.Checkpoint())
		case "/api/log":
			out := tar.NewWriter(w)
			_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, _ error) error {
				if d.Type().IsRegular() {
					text, _ := fs.ReadFile(os.DirFS(dir), name)
					_ = out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg})
					_, _ = out.Write(text)
				}
				return nil
			})
			_ = out.Close()
		case "/api/public":
			_, _ = io.WriteString(w, `{"title":"Forged \u202e\u0007","purpose":"","shown":["pledges","nonsense"],"hidden":[]}`)
		}
	}
}

// A key that signs two histories is found out, also by a directory that starts anew, and is not believed again.
func TestTwoHistories(t *testing.T) {
	secret, public, err := diary.GenerateKey(nairobi)
	require.NoError(t, err)
	remembers := memory(t)
	for name, second := range map[string]int{"as long": 4, "longer": 7} {
		t.Run(name, func(t *testing.T) {
			kept := remembers
			if name == "longer" {
				kept = memory(t)
			}
			answers := forge(t, secret, public, "flood", 4).node(t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers(w, r) }))
			defer server.Close()
			known := pools.Known{Participant: nairobi, Address: server.URL, LogKey: public}
			e := looked(t, poolstest.Directory(t, kept, known), nairobi)
			require.Equal(t, pools.Current, e.State, e.Why)
			assert.Equal(t, "Forged", e.Card.Title, "what nobody typed is not shown")
			assert.Equal(t, []string{"pledges"}, e.Card.Shown)
			require.Len(t, pools.Emergencies([]pools.Entry{e}, time.Now()), 1)

			answers = forge(t, secret, public, "fire", second).node(t)
			d := poolstest.Directory(t, kept, known) // after a restart
			e = looked(t, d, nairobi)
			require.Equal(t, pools.Split, e.State, e.Why)
			assert.Nil(t, e.Card)
			assert.Len(t, d.Seen(func(string) bool { return false }), 1, "everybody who was shown something is warned")
			seen, err := kept.Seen(t.Context(), nairobi, public)
			require.NoError(t, err)
			assert.EqualValues(t, 4, seen.Size, "both notes are kept: %s", seen.Split)
			assert.Contains(t, seen.Split, nairobi+"/log\n")

			answers = forge(t, secret, public, "flood", 4).node(t)
			assert.Equal(t, pools.Split, looked(t, poolstest.Directory(t, kept, known), nairobi).State, "for ever")
		})
	}
}

// Whatever a node answers, what was shown before stays, and the others are shown.
func TestHostileNodes(t *testing.T) {
	bad, good := found(t, nairobi, "KES", nil, charter.SectionPledges), found(t, manila, "PHP", nil, charter.SectionPledges)
	d := poolstest.Directory(t, memory(t), bad.known(), good.known())
	shown := looked(t, d, nairobi)
	require.Equal(t, pools.Current, shown.State, shown.Why)
	stranger, theirs, err := diary.GenerateKey(nairobi)
	require.NoError(t, err)
	checkpoint := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/log/checkpoint" {
			return false
		}
		http.NotFound(w, r)
		return true
	}
	foreign := forge(t, stranger, theirs, "flood", 3)
	for name, hostile := range map[string]struct {
		answers http.HandlerFunc
		state   pools.State
		why     string
	}{
		"huge checkpoint": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }, pools.Refused, "too large"},
		"no checkpoint":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "chama-nairobi/log\n") }, pools.Refused, "checkpoint"},
		"another's key":   {foreign.node(t), pools.Refused, "checkpoint"},
		"leads elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, good.url+r.URL.Path, http.StatusFound)
		}, pools.Silent, "302"},
		"is broken": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, pools.Silent, "502"},
		"endless log": {func(w http.ResponseWriter, r *http.Request) {
			for !checkpoint(w, r) {
				out := tar.NewWriter(w)
				for n := 0; ; n++ {
					if out.WriteHeader(&tar.Header{Name: fmt.Sprintf("blobs/%d", n), Mode: 0o600, Size: 1 << 20, Typeflag: tar.TypeReg}) != nil {
						return
					}
					if _, err := out.Write(make([]byte, 1<<20)); err != nil {
						return
					}
				}
			}
		}, pools.Refused, "too large"},
		"breaks off": {func(w http.ResponseWriter, r *http.Request) {
			if !checkpoint(w, r) {
				w.Header().Set("Content-Length", "4096")
				_, _ = w.Write(make([]byte, 100))
			}
		}, pools.Silent, "EOF"},
		"climbs out": {func(w http.ResponseWriter, r *http.Request) {
			if !checkpoint(w, r) {
				out := tar.NewWriter(w)
				_ = out.WriteHeader(&tar.Header{Name: "../../climbed", Mode: 0o600, Size: 1, Typeflag: tar.TypeReg})
				_, _ = io.WriteString(out, "x")
			}
		}, pools.Refused, "escapes"},
		"nothing": {func(w http.ResponseWriter, r *http.Request) {
			if !checkpoint(w, r) {
				_ = tar.NewWriter(w).Close()
			}
		}, pools.Refused, "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			bad.becomes(hostile.answers)
			e := looked(t, d, nairobi)
			assert.Equal(t, hostile.state, e.State, e.Why)
			assert.Contains(t, e.Why, hostile.why)
			assert.LessOrEqual(t, len(e.Why), 300)
			assert.Same(t, shown.Card, e.Card, "as of before")
			assert.Equal(t, shown.Heard, e.Heard)
		})
	}
	assert.Equal(t, pools.Current, looked(t, d, manila).State)
	bad.again()
	assert.Equal(t, pools.Current, looked(t, d, nairobi).State)
}

// A node that never answers holds nobody else up, and a log that went back is not believed.
func TestSlowNodes(t *testing.T) {
	slow, good := found(t, nairobi, "KES", nil, charter.SectionPledges), found(t, manila, "PHP", nil, charter.SectionPledges)
	asked, leave := make(chan struct{}, 1), make(chan struct{})
	defer close(leave)
	slow.becomes(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-leave:
		case <-r.Context().Done():
		}
	})
	d := poolstest.Directory(t, memory(t), slow.known(), good.known())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	<-asked
	require.Eventually(t, func() bool {
		e, err := d.Find(manila)
		return err == nil && e.State == pools.Current
	}, time.Minute, 10*time.Millisecond)
	e, err := d.Find(nairobi)
	require.NoError(t, err)
	assert.Equal(t, pools.Unheard, e.State)
	stop()
	require.NoError(t, <-ended, "Run ends when it is asked to, also while somebody is slow")

	slow.again()
	longer := looked(t, d, nairobi)
	require.Equal(t, pools.Current, longer.State, longer.Why)
	short := forge(t, slow.Config.Key, slow.Config.Public, "flood", 1)
	slow.becomes(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/log/") {
			http.NotFound(w, r)
			return
		}
		short.node(t)(w, r)
	})
	e = looked(t, d, nairobi)
	assert.Equal(t, pools.Refused, e.State)
	assert.Contains(t, e.Why, "shows a log of 1 entries, and had 3")
}
