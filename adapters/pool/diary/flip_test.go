package diary_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// named verifies a copy of which one file was changed, and demands a finding that names it.
func (s *sample) named(t *testing.T, changed map[string]string, name string) *diary.Finding {
	t.Helper()
	findings := s.verify(t, memory(changed), false).Findings
	at := slices.IndexFunc(findings, func(f *diary.Finding) bool { return f.File == name })
	require.GreaterOrEqual(t, at, 0, "%s was changed; found: %v", name, findings)
	return findings[at]
}

// Every bit of a small export, and of a view.
func TestAnyFlippedBitIsFound(t *testing.T) {
	s := newSample(t)
	s.write(t, says(t, "decisions", "open"))
	dir, part := scratch(t), scratch(t)
	s.export(t, dir)
	s.view(t, part, diary.View{Member: "m1"})
	s.write(t, says(t, "members", "closed"), says(t, "sanctions", "own", "m1"))
	s.export(t, dir)
	s.view(t, part, diary.View{Member: "m1"})
	for _, dir := range []string{dir, part} {
		all, bits := files(t, dir), 0
		for name, body := range all {
			for bit := range 8 * len(body) {
				flipped := []byte(body)
				flipped[bit/8] ^= 1 << (bit % 8)
				changed := maps.Clone(all)
				changed[name] = string(flipped)
				f := s.named(t, changed, name)
				if strings.HasPrefix(name, "blobs/") {
					index, place := s.where(name)
					require.Equal(t, audit.Differs, f.Fault)
					require.Equal(t, index, f.Index)
					require.Equal(t, place, f.Place)
				}
				bits++
			}
		}
		t.Logf("%d bits in %d files", bits, len(all))
	}
}

// where is the place of a line's file in the log.
func (s *sample) where(name string) (index int64, place int) {
	for _, logged := range s.kept {
		for place, blob := range logged.Blobs {
			if file(diary.Commit(blob)) == name {
				return logged.Index, place
			}
		}
	}
	return -1, -1
}

// What can be done to lines as a whole.
func TestLinesStandWhereTheyWereSaid(t *testing.T) {
	s := newSample(t)
	s.grow(t, 3)
	dir := scratch(t)
	s.view(t, dir, diary.View{Audience: "public", Member: "m1"})
	all := files(t, dir)
	one, other := s.kept[0].Blobs[0], s.kept[1].Blobs[0]
	first, second := file(diary.Commit(one)), file(diary.Commit(other))
	hidden := s.kept[0].Blobs[1]
	salted := func(salt, line []byte) string { return string(salt[:33]) + string(line[33:]) }
	for name, c := range map[string]struct {
		change func(files map[string]string)
		fault  audit.Fault
		file   string
		index  int64
		place  int
	}{
		"two lines change places":     {func(f map[string]string) { f[first], f[second] = f[second], f[first] }, audit.Differs, first, 0, 0},
		"a line says another's words": {func(f map[string]string) { f[first] = f[second] }, audit.Differs, first, 0, 0},
		"two salts change places": {func(f map[string]string) {
			f[first], f[second] = salted(other, one), salted(one, other)
		}, audit.Differs, second, 1, 0},
		"the salt of its neighbour":     {func(f map[string]string) { f[first] = salted(hidden, one) }, audit.Differs, first, 0, 0},
		"a hidden line is made up":      {func(f map[string]string) { f[file(diary.Commit(hidden))] = salted(hidden, one) }, audit.Differs, file(diary.Commit(hidden)), 0, 1},
		"a line that nobody said":       {func(f map[string]string) { f[file(diary.Commit([]byte(salted(other, one))))] = salted(other, one) }, audit.Unknown, file(diary.Commit([]byte(salted(other, one)))), -1, -1},
		"a line in the wrong folder":    {func(f map[string]string) { f["blobs/zz/"+first[9:]] = f[first] }, audit.Unknown, "blobs/zz/" + first[9:], -1, -1},
		"a line that is too long":       {func(f map[string]string) { f[first] += strings.Repeat("x", 1<<20) }, audit.Oversize, first, 0, 0},
		"a line of the next entry here": {func(f map[string]string) { f[first] = string(s.kept[2].Blobs[0]) }, audit.Differs, first, 0, 0},
		"a file beside the lines":       {func(f map[string]string) { f["blobs/readme"] = "x" }, audit.Unknown, "blobs/readme", -1, -1},
		"an older checkpoint":           {func(f map[string]string) { f["checkpoint"] = s.at(t, 2) }, audit.Missing, "tile/0/000.p/2", 0, -1},
		"another log's entries": {func(f map[string]string) {
			o := newSample(t)
			o.grow(t, 3)
			dir := scratch(t)
			o.export(t, dir)
			f["tile/entries/000.p/3"] = files(t, dir)["tile/entries/000.p/3"]
		}, audit.Differs, "tile/entries/000.p/3", 0, -1},
	} {
		t.Run(name, func(t *testing.T) {
			changed := maps.Clone(all)
			c.change(changed)
			f := s.named(t, changed, c.file)
			require.Equal(t, c.fault, f.Fault)
			require.Equal(t, c.index, f.Index)
			require.Equal(t, c.place, f.Place)
		})
	}
	require.Empty(t, s.verify(t, memory(all), false).Findings)
}

// at is the checkpoint of the log when it had a size.
func (s *sample) at(t *testing.T, size int) string {
	t.Helper()
	var tree audit.Tree
	for _, logged := range s.kept[:size] {
		tree.Append(audit.Leaf(logged.Entry))
	}
	signed, err := audit.Checkpoint{Origin: audit.Origin(s.signer.Name()), Size: int64(size), Root: tree.Root()}.Sign(s.signer)
	require.NoError(t, err)
	return signed
}

// What the log did sign, and is no entry or names no line, is found where it stands; entries after it are not handed
// out, but looked through.
func TestWhatTheLogShouldNotHaveSigned(t *testing.T) {
	bad := diary.Blob(diary.Salt{1}, []byte(`{"about":[],"kind":"k","n":1,"section":"s"}`))
	badEntry, err := diary.Entry([]diary.Commitment{diary.Commit(bad)})
	require.NoError(t, err)
	good := diary.Blob(diary.Salt{2}, []byte(`{"about":[],"kind":"k","section":"s"}`))
	goodEntry, err := diary.Entry([]diary.Commitment{diary.Commit(good)})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		entry []byte
		file  string
		place int
	}{
		"a line with a number": {badEntry, file(diary.Commit(bad)), 0},
		"an entry of a batch":  {[]byte(`{"batch":"1","kind":"batch"}`), "tile/entries/000.p/3", -1},
		"no JSON of ours":      {[]byte(`["pool"]`), "tile/entries/000.p/3", -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSample(t)
			s.grow(t, 1)
			dir := scratch(t)
			s.export(t, dir)
			s.kept = append(s.kept, diary.Logged{Index: 1, Entry: c.entry}, diary.Logged{Index: 2, Entry: goodEntry})
			folder, err := audit.OpenFolder(dir, s.key)
			require.NoError(t, err)
			for _, blob := range [][]byte{bad, good} {
				if name == "a line with a number" || &blob[0] == &good[0] {
					_, err = folder.Blob(blob)
					require.NoError(t, err)
				}
			}
			require.NoError(t, folder.Append(1, c.entry))
			require.NoError(t, folder.Append(2, goodEntry))
			require.NoError(t, folder.Commit(s.at(t, 3)))
			require.NoError(t, folder.Close())
			visited := []int64{}
			report, err := diary.Verify(t.Context(), os.DirFS(dir), diary.Trust{Key: s.key, Complete: true}, func(p diary.Page) error {
				visited = append(visited, p.Index)
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, []int64{0}, visited)
			require.Len(t, report.Findings, 1, "%v", report.Findings)
			f := report.Findings[0]
			require.Equal(t, audit.Malformed, f.Fault)
			require.Equal(t, c.file, f.File)
			require.EqualValues(t, 1, f.Index)
			require.Equal(t, c.place, f.Place)
			require.Contains(t, f.Error(), "entry 1")
		})
	}
}
