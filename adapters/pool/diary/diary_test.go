package diary_test

import (
	"context"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

const pool = "chama-nairobi"

// sample is a log of made-up entries, kept in memory.
type sample struct {
	*diary.Log

	key    string
	signer note.Signer
	kept   []diary.Logged
	lines  map[diary.Commitment]diary.Line
}

func newSample(t require.TestingT) *sample {
	secret, public, err := diary.GenerateKey(pool)
	require.NoError(t, err)
	s := &sample{key: public, lines: map[diary.Commitment]diary.Line{}}
	s.signer, err = note.NewSigner(secret)
	require.NoError(t, err)
	s.Log, err = diary.NewLog(s.signer, s.verifier(t), diary.GenerateSaltKey())
	require.NoError(t, err)
	return s
}

func (s *sample) verifier(t require.TestingT) note.Verifier {
	key, err := audit.ParseKey(s.key)
	require.NoError(t, err)
	return key
}

// says is a line that says a word, which nothing else says.
func says(t require.TestingT, section, word string, about ...string) diary.Line {
	line, err := diary.NewLine(section, "said", map[string]string{"word": word}, about...)
	require.NoError(t, err)
	return line
}

// write puts an entry of these lines into the log.
func (s *sample) write(t require.TestingT, lines ...diary.Line) *diary.Draft {
	d, err := s.Draft(lines)
	require.NoError(t, err)
	require.NoError(t, s.Take(d))
	logged := diary.Logged{Index: d.Index, Entry: d.Entry}
	for _, l := range d.Lines {
		logged.Blobs = append(logged.Blobs, l.Blob)
		s.lines[l.Commitment] = l.Line
	}
	s.kept = append(s.kept, logged)
	return d
}

// grow writes entries of three lines: what everybody may see, what is a secret of the members, and what is one
// member's own.
func (s *sample) grow(t require.TestingT, more int) {
	for range more {
		n := strconv.FormatInt(s.Size(), 10)
		s.write(t, says(t, "decisions", "open"+n), says(t, "members", "closed"+n), says(t, "sanctions", "own"+n, "m"+n))
	}
}

func (s *sample) Newest(context.Context) (size int64, checkpoint string, err error) {
	return s.Size(), s.Checkpoint(), nil
}

func (s *sample) Entries(_ context.Context, size int64) iter.Seq2[diary.Logged, error] {
	return func(yield func(diary.Logged, error) bool) {
		for _, logged := range s.kept[:size] {
			if !yield(logged, nil) {
				return
			}
		}
	}
}

// public shows decisions to the public, and members everything but sanctions.
func public(section, audience string) bool {
	return section == "decisions" || audience == "members" && section != "sanctions"
}

func scratch(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "copy")
}

// verify reads a copy as somebody who knows the log's key.
func (s *sample) verify(t require.TestingT, files fs.FS, complete bool) *diary.Report {
	report, err := diary.Verify(context.Background(), files, diary.Trust{Key: s.key, Complete: complete}, func(diary.Page) error { return nil })
	require.NoError(t, err)
	return report
}

// files lists a folder's files with their contents.
func files(t require.TestingT, dir string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		body, err := os.ReadFile(path)
		all[filepath.ToSlash(name)] = string(body)
		return err
	}))
	return all
}

// memory is a copy without a disk.
func memory(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, body := range maps.All(files) {
		m[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return m
}

func file(c diary.Commitment) string { return "blobs/" + c.String()[:2] + "/" + c.String() }
