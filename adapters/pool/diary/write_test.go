package diary_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

func (s *sample) export(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, diary.WriteExport(t.Context(), dir, s.key, s))
}

func (s *sample) view(t *testing.T, dir string, v diary.View) {
	t.Helper()
	require.NoError(t, diary.WriteView(t.Context(), dir, s.key, s, v.Shows(public)))
}

func TestAnExportShowsEveryLine(t *testing.T) {
	s := newSample(t)
	dir := scratch(t)
	for _, more := range []int{3, 1, 300} {
		s.grow(t, more)
		s.export(t, dir)
		var lines int
		report, err := diary.Verify(t.Context(), os.DirFS(dir), diary.Trust{Key: s.key, Complete: true}, func(p diary.Page) error {
			require.Zero(t, p.Hidden)
			require.Equal(t, s.kept[p.Index].Entry, p.Entry)
			for place, l := range p.Lines {
				require.True(t, l.Shown)
				require.Equal(t, s.lines[l.Commitment], l.Line)
				require.Equal(t, diary.Commit(s.kept[p.Index].Blobs[place]), l.Commitment)
				lines++
			}
			return nil
		})
		require.NoError(t, err)
		require.Empty(t, report.Findings)
		require.Equal(t, 3*len(s.kept), lines)
		require.EqualValues(t, lines, report.Shown)
		require.Equal(t, s.Size(), report.Checkpoint.Size)
		require.Equal(t, s.Checkpoint(), report.Signed)
	}
	s.export(t, dir)
	require.Empty(t, s.verify(t, os.DirFS(dir), true).Findings, "nothing new is no change")
}

// What a view may not see is in none of its files, and everything that it may verifies against the whole's checkpoint.
func TestAViewShowsItsLinesAndNoOther(t *testing.T) {
	s := newSample(t)
	s.grow(t, 20)
	for name, c := range map[string]struct {
		view   diary.View
		shown  func(word string) bool
		hidden int64
	}{
		"public":   {diary.View{Audience: "public"}, func(w string) bool { return strings.HasPrefix(w, "open") }, 40},
		"nobody":   {diary.View{}, func(string) bool { return false }, 60},
		"a member": {diary.View{Audience: "members", Member: "m7"}, func(w string) bool { return !strings.HasPrefix(w, "own") || w == "own7" }, 19},
		"self":     {diary.View{Member: "m7"}, func(w string) bool { return w == "own7" }, 59},
	} {
		t.Run(name, func(t *testing.T) {
			dir := scratch(t)
			s.view(t, dir, c.view)
			whole := scratch(t)
			s.export(t, whole)
			all, everything := files(t, dir), files(t, whole)
			for name, body := range all {
				require.Equal(t, everything[name], body, "a view is the export with less")
			}
			text := strings.Builder{}
			for _, body := range all {
				text.WriteString(body)
			}
			for commitment, line := range s.lines {
				var said struct {
					Word string `json:"word"`
				}
				require.NoError(t, line.Read(&said))
				require.Equal(t, c.shown(said.Word), strings.Contains(text.String(), `"`+said.Word+`"`), said.Word)
				require.Equal(t, c.shown(said.Word), all[file(commitment)] != "")
			}
			report := s.verify(t, os.DirFS(dir), false)
			require.Empty(t, report.Findings)
			require.Equal(t, c.hidden, report.Hidden)
			require.Equal(t, 60-c.hidden, report.Shown)
			require.Equal(t, s.Checkpoint(), report.Signed)
			findings := s.verify(t, os.DirFS(dir), true).Findings
			require.Len(t, findings, int(c.hidden), "which is not the whole")
			for _, f := range findings {
				require.Equal(t, audit.Missing, f.Fault)
				require.Equal(t, file(diary.Commit(s.kept[f.Index].Blobs[f.Place])), f.File)
			}
		})
	}
}

// However lines, views and moments of writing fall, a folder shows what its view may see by then.
func TestViewsGrow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSample(rt)
		dir := scratch(t)
		sections := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"decisions", "members", "sanctions"}), rapid.ID[string]).Draw(rt, "sections")
		visible := func(section, _ string) bool {
			return len(sections) > 0 && strings.Contains(strings.Join(sections, " "), section)
		}
		v := diary.View{Audience: "any", Member: rapid.SampledFrom([]string{"", "m0", "m3"}).Draw(rt, "member")}
		for range rapid.IntRange(1, 2).Draw(rt, "times") {
			s.grow(rt, rapid.IntRange(1, 3).Draw(rt, "more"))
			require.NoError(rt, diary.WriteView(t.Context(), dir, s.key, s, v.Shows(visible)))
			report := s.verify(rt, os.DirFS(dir), false)
			require.Empty(rt, report.Findings)
			shown := int64(0)
			for _, line := range s.lines {
				if v.Shows(visible)(line) {
					shown++
				}
			}
			require.Equal(rt, shown, report.Shown)
		}
		require.NoError(rt, os.RemoveAll(dir))
	})
}

// A folder that has more than a view may see is left alone.
func TestAViewIsNotWrittenWhereThereIsMore(t *testing.T) {
	s := newSample(t)
	s.grow(t, 3)
	narrow := diary.View{Audience: "public"}
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"an export":    func(t *testing.T, dir string) { t.Helper(); s.export(t, dir) },
		"a wider view": func(t *testing.T, dir string) { t.Helper(); s.view(t, dir, diary.View{Audience: "members"}) },
		"another's":    func(t *testing.T, dir string) { t.Helper(); s.view(t, dir, diary.View{Member: "m2"}) },
		"a blob of nothing": func(t *testing.T, dir string) {
			t.Helper()
			put(t, dir, file(diary.Commit([]byte("else"))), "else")
		},
		"a letter":  func(t *testing.T, dir string) { t.Helper(); put(t, dir, "letter.txt", "secret") },
		"a receipt": func(t *testing.T, dir string) { t.Helper(); put(t, dir, "receipts/1.json", "secret") },
		"a checkpoint's letter": func(t *testing.T, dir string) {
			t.Helper()
			put(t, dir, "checkpoints/letter", "secret")
		},
		"a tile's letter": func(t *testing.T, dir string) { t.Helper(); put(t, dir, "tile/entries/000.p/letter", "secret") },
		"secret key":      func(t *testing.T, dir string) { t.Helper(); put(t, dir, "keys/secret", "secret") },
		"a link": func(t *testing.T, dir string) {
			t.Helper()
			s.view(t, dir, narrow)
			require.NoError(t, os.Symlink("/", filepath.Join(dir, "tile", "more")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := scratch(t)
			prepare(t, dir)
			before := files(t, dir)
			s := *s
			s.kept = append([]diary.Logged(nil), s.kept...)
			err := diary.WriteView(t.Context(), dir, s.key, &s, narrow.Shows(public))
			var more *diary.FolderError
			require.ErrorAs(t, err, &more)
			require.Equal(t, before, files(t, dir))
		})
	}
	dir := scratch(t)
	s.view(t, dir, narrow)
	var view *diary.FolderError
	require.ErrorAs(t, diary.WriteExport(t.Context(), dir, s.key, s), &view, "an export is not made of what was given to others as a view")
	s.view(t, dir, diary.View{Audience: "members"})
	require.Empty(t, s.verify(t, os.DirFS(dir), false).Findings, "but a view may come to see more")
	require.EqualValues(t, 6, s.verify(t, os.DirFS(dir), false).Shown)
}

func put(t *testing.T, dir, name, body string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(body), 0o600))
}

// What the store gives is held against the entries before any of it is written.
func TestADamagedStoreIsNotExported(t *testing.T) {
	for name, damage := range map[string]func(s *sample){
		"a line changed":     func(s *sample) { s.kept[1].Blobs[1] = append([]byte(nil), s.kept[1].Blobs[0]...) },
		"a line missing":     func(s *sample) { s.kept[1].Blobs = s.kept[1].Blobs[:2] },
		"an entry exchanged": func(s *sample) { s.kept[1] = s.kept[0]; s.kept[1].Index = 1 },
		"an entry missing":   func(s *sample) { s.kept = append(s.kept[:1], s.kept[2:]...); s.kept = append(s.kept, s.kept[1]) },
		"no entry":           func(s *sample) { s.kept[2].Entry = []byte(`{"kind":"batch"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample(t)
			s.grow(t, 3)
			damage(s)
			dir := scratch(t)
			require.Error(t, diary.WriteExport(t.Context(), dir, s.key, s))
			_, err := os.Stat(filepath.Join(dir, "checkpoint"))
			require.ErrorIs(t, err, os.ErrNotExist)
		})
	}
}
