package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// sampleLog is a log of made-up entries, each of which names a blob, or several.
type sampleLog struct {
	key     string
	signer  note.Signer
	entries [][]byte
	blobs   map[[sha256.Size]byte][]byte
	tree    audit.Tree
	roots   []tlog.Hash // by size
}

type sampleEntry struct {
	Blobs []string `json:"blobs"`
	Index int64    `json:"index"`
	Text  string   `json:"text"`
}

const sampleName = "ayni.example/log"

func newLog(t require.TestingT, seed int64, size int) *sampleLog {
	random := rand.New(rand.NewSource(seed))
	secret, public, err := note.GenerateKey(random, sampleName)
	require.NoError(t, err)
	l := &sampleLog{key: public, blobs: map[[sha256.Size]byte][]byte{}}
	l.signer, err = note.NewSigner(secret)
	require.NoError(t, err)
	l.roots = append(l.roots, l.tree.Root())
	l.grow(t, random, size, 50) // blobs are files, and files are slow
	return l
}

// grow adds entries, of which one in so many names a blob.
func (l *sampleLog) grow(t require.TestingT, random *rand.Rand, more, each int) {
	for range more {
		entry := sampleEntry{Index: int64(len(l.entries)), Text: strings.Repeat("é<", random.Intn(20))}
		if random.Intn(each) == 0 {
			blob := make([]byte, random.Intn(40))
			random.Read(blob)
			hash := sha256.Sum256(blob)
			l.blobs[hash] = blob
			entry.Blobs = append(entry.Blobs, hex.EncodeToString(hash[:]))
		}
		body, err := audit.Canonical(entry)
		require.NoError(t, err)
		l.entries = append(l.entries, body)
		l.tree.Append(audit.Leaf(body))
		l.roots = append(l.roots, l.tree.Root())
	}
}

func (l *sampleLog) signed(t require.TestingT, size int) string {
	signed, err := audit.Checkpoint{Origin: sampleName, Size: int64(size), Root: l.roots[size]}.Sign(l.signer)
	require.NoError(t, err)
	return signed
}

// names is what an auditor knows of entries: which blobs they name.
func names(entry []byte) ([][sha256.Size]byte, error) {
	if bytes.Contains(entry, []byte(`"blobs":[]`)) {
		return nil, nil
	}
	var e sampleEntry
	if err := json.Unmarshal(bytes.ReplaceAll(entry, []byte(`"index":"`), []byte(`"ignored":"`)), &e); err != nil {
		return nil, err
	}
	hashes := make([][sha256.Size]byte, len(e.Blobs))
	for i, text := range e.Blobs {
		if n, err := hex.Decode(hashes[i][:], []byte(text)); err != nil || n != sha256.Size {
			return nil, fmt.Errorf("blob %q: %w", text, err)
		}
	}
	return hashes, nil
}

// export writes the log to the folder as of each of the sizes, which ascend.
func (l *sampleLog) export(t require.TestingT, dir string, sizes ...int) {
	f, err := audit.OpenFolder(dir, l.key)
	require.NoError(t, err)
	for _, size := range sizes {
		l.append(t, f, size)
		require.NoError(t, f.Commit(l.signed(t, size)))
	}
	require.NoError(t, f.Close())
}

func (l *sampleLog) append(t require.TestingT, f *audit.Folder, size int) {
	for i := f.Size(); i < int64(size); i++ {
		hashes, err := names(l.entries[i])
		require.NoError(t, err)
		for _, hash := range hashes {
			_, err := f.Blob(l.blobs[hash])
			require.NoError(t, err)
		}
		require.NoError(t, f.Append(i, l.entries[i]))
	}
}

// verify reads the whole export as an auditor who trusts a key, or none.
func verify(t require.TestingT, from fs.FS, key string) []*audit.Finding {
	x, err := audit.OpenExport(from, audit.Trust{Key: key})
	var finding *audit.Finding
	if err != nil {
		require.ErrorAs(t, err, &finding)
		return []*audit.Finding{finding}
	}
	next := int64(0)
	findings, err := x.Verify(context.Background(), func(e audit.Entry) error {
		require.Equal(t, next, e.Index)
		next++
		hashes, err := names(e.Body)
		require.NoError(t, err)
		for _, hash := range hashes {
			if _, err := x.Blob(e.Index, hash); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return findings
}

// files lists the export's files with their contents.
func files(t require.TestingT, dir string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
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

// memory is an export without a disk.
func memory(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, body := range files {
		m[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return m
}

func scratch(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "export")
}

func put(t require.TestingT, dir, name, body string) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(body), 0o600))
}
