package audit_test

import (
	"encoding/base64"
	"errors"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// What lies in a folder and is no file, or too large to be one, is told and never opened.
func TestWhatIsNoFileIsFound(t *testing.T) {
	log := newLog(t, 15, 300)
	large := strings.Repeat("x", 17<<20)
	for name, c := range map[string]struct {
		fault  audit.Fault
		file   string
		damage func(path string) error
	}{
		"a link in place of a tile": {audit.Irregular, "tile/0/000", func(path string) error {
			return errors.Join(os.Rename(path, path+"0"), os.Symlink(path+"0", path))
		}},
		"a link beside the files": {audit.Irregular, "tile/0/007", func(path string) error { return os.Symlink("000", path) }},
		"a link to a folder":      {audit.Irregular, "receipts", func(path string) error { return os.Symlink("tile", path) }},
		"a pipe":                  {audit.Irregular, "tile/entries/000", func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) }},
		"a pipe as checkpoint":    {audit.Irregular, "checkpoint", func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) }},
		"a folder as key":         {audit.Irregular, "keys/log", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }},
		"an empty folder":         {audit.Unknown, "tile/3", func(path string) error { return os.Mkdir(path, 0o700) }},
		"a large bundle":          {audit.Oversize, "tile/entries/000", func(path string) error { return os.WriteFile(path, []byte(large), 0o600) }},
		"a large checkpoint":      {audit.Oversize, "checkpoint", func(path string) error { return os.WriteFile(path, []byte(large), 0o600) }},
		"a large tile":            {audit.Oversize, "tile/0/000", func(path string) error { return os.WriteFile(path, []byte(large), 0o600) }},
		"a partial tile too many": {audit.Unknown, "tile/0/001.p/43", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
		"a receipt": {audit.Unknown, "receipts/7.json", func(path string) error {
			return errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600))
		}},
		"what died while it wrote": {audit.Unknown, ".new-3", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := scratch(t)
			log.export(t, dir, 20, 300)
			require.NoError(t, c.damage(filepath.Join(dir, filepath.FromSlash(c.file))))
			findings := verify(t, os.DirFS(dir), log.key)
			require.NotEmpty(t, findings)
			faults := map[string]audit.Fault{}
			for _, f := range findings {
				faults[f.File] = f.Fault
			}
			require.Equal(t, c.fault, faults[c.file], "%v", findings)
		})
	}
}

// An entry that the log did sign, and that is not canonical JSON, is a finding at its index.
func TestEntriesAreCanonical(t *testing.T) {
	for _, entry := range []string{
		`{"b":"1","a":"2"}`, `{"a":"1","a":"2"}`, `{"a": "1"}`, `{"a":"\u0061"}`, `{"a":1.0}`, `{"a":"1"}` + "\n", `{"a":"1"`, ``, `{"a":"` + "\xff" + `"}`,
	} {
		log := newLog(t, 16, 3)
		leaves := []string{string(log.entries[0]), string(log.entries[1]), entry}
		var tree audit.Tree
		tile, bundle := "", ""
		for _, leaf := range leaves {
			hash := audit.Leaf([]byte(leaf))
			tree.Append(hash)
			tile += string(hash[:])
			bundle += string([]byte{byte(len(leaf) >> 8), byte(len(leaf))}) + leaf
		}
		log.roots[3] = tree.Root()
		findings := verify(t, memory(map[string]string{
			"checkpoint": log.signed(t, 3), "keys/log": log.key + "\n", "tile/0/000.p/3": tile, "tile/entries/000.p/3": bundle,
		}), log.key)
		require.Len(t, findings, 1, entry)
		require.Equal(t, audit.NotCanonical, findings[0].Fault)
		require.EqualValues(t, 2, findings[0].Index)
	}
}

func TestCheckpointAndKeyHaveOneForm(t *testing.T) {
	log := newLog(t, 17, 5)
	dir := scratch(t)
	log.export(t, dir, 5)
	all := files(t, dir)
	signed, line := all["checkpoint"], strings.SplitAfter(all["checkpoint"], "\n\n")[1]
	secret, public, err := note.GenerateKey(rand.New(rand.NewSource(1)), "witness.example")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	opened, err := note.Open([]byte(signed), note.VerifierList(must(audit.ParseKey(log.key))))
	require.NoError(t, err)
	cosigned, err := note.Sign(opened, signer)
	require.NoError(t, err)
	trust := func(checkpoint string, others ...note.Verifier) error {
		all["checkpoint"] = checkpoint
		_, err := audit.OpenExport(memory(all), audit.Trust{Key: log.key, Others: others})
		return err
	}
	witness, err := audit.ParseKey(public)
	require.NoError(t, err)
	require.NoError(t, trust(string(cosigned)), "lines of keys that nobody knows are left alone")
	require.NoError(t, trust(string(cosigned), witness))
	forged := slices.Clone(cosigned)
	forged[len(forged)-5] ^= 1
	require.Error(t, trust(string(forged), witness), "but one that is known must hold")

	id := make([]byte, 5)
	for name, text := range map[string]string{
		"twice signed":         signed + line,
		"without its log":      string(must(note.Sign(&note.Note{Text: opened.Text}, signer))),
		"loose base64":         signed + "— x.example " + strings.TrimRight(base64.StdEncoding.EncodeToString(id), "=")[:6] + "B=\n",
		"more after it":        signed + "\n",
		"carriage return":      strings.Replace(signed, "\n", "\r\n", 1),
		"size with a zero":     resign(t, log, strings.Replace(opened.Text, "\n5\n", "\n05\n", 1)),
		"negative size":        resign(t, log, strings.Replace(opened.Text, "\n5\n", "\n-5\n", 1)),
		"of another name":      resign(t, log, "x"+opened.Text),
		"a huge size":          resign(t, log, strings.Replace(opened.Text, "\n5\n", "\n9223372036854775807\n", 1)),
		"of nothing":           "",
		"a root that is short": resign(t, log, strings.Replace(opened.Text, "=", "", 1)),
	} {
		require.Error(t, trust(text), name)
	}
	all["checkpoint"] = signed
	plus := strings.LastIndex(log.key[:len(sampleName)+10], "+")
	for name, key := range map[string]string{
		"no line":    log.key,
		"two lines":  log.key + "\n\n",
		"upper case": strings.ToUpper(log.key[:plus]) + log.key[plus:] + "\n",
		"upper id":   log.key[:len(sampleName)+1] + strings.ToUpper(log.key[len(sampleName)+1:len(sampleName)+9]) + log.key[len(sampleName)+9:] + "\n",
		"line feed":  log.key[:len(log.key)-4] + "\n" + log.key[len(log.key)-4:] + "\n",
		"another":    public + "\n",
	} {
		all["keys/log"] = key
		_, err := audit.OpenExport(memory(all), audit.Trust{})
		var finding *audit.Finding
		require.ErrorAs(t, err, &finding, name)
	}
}

func resign(t *testing.T, log *sampleLog, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, log.signer)
	require.NoError(t, err)
	return string(signed)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An export is checked as of the checkpoint that it had when it was opened; where it moved on, it is read again.
func TestExportThatMovesIsReadAgain(t *testing.T) {
	log := newLog(t, 18, 400)
	dir := scratch(t)
	log.export(t, dir, 300)
	x := open(t, dir, log.key)
	log.export(t, dir, 400)
	_, err := x.Verify(t.Context(), func(audit.Entry) error { return nil })
	require.ErrorIs(t, err, audit.ErrMoved)
	require.Empty(t, verify(t, os.DirFS(dir), log.key))
}

func TestReceiptsAreCheckedByWhoCan(t *testing.T) {
	log := newLog(t, 19, 10)
	dir := scratch(t)
	f, err := audit.OpenFolder(dir, log.key)
	require.NoError(t, err)
	log.append(t, f, 10)
	require.NoError(t, f.Receipt(12345, []byte(`{}`)))
	require.NoError(t, f.Commit(log.signed(t, 10)))
	require.NoError(t, f.Close())
	for _, wrong := range []error{nil, errors.New("not of this log")} {
		x, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Receipts: func(transfer int64, receipt []byte) error {
			require.EqualValues(t, 12345, transfer)
			require.Equal(t, `{}`, string(receipt))
			return wrong
		}})
		require.NoError(t, err)
		findings, err := x.Verify(t.Context(), func(audit.Entry) error { return nil })
		require.NoError(t, err)
		named := 0
		for _, f := range findings {
			if strings.HasPrefix(f.File, "receipts/") {
				named++
			}
		}
		require.Equal(t, wrong != nil, named == 1)
	}
}

// Reading stops where its reader does, or its context.
func TestEntriesStop(t *testing.T) {
	log := newLog(t, 20, 1000)
	dir := scratch(t)
	log.export(t, dir, 1000)
	x := open(t, dir, log.key)
	next := int64(300)
	for e, err := range x.Entries(t.Context(), 300) {
		require.NoError(t, err)
		require.Equal(t, next, e.Index)
		require.Equal(t, string(log.entries[next]), string(e.Body))
		if next++; next == 600 {
			break
		}
	}
	require.EqualValues(t, 600, next)
	stopped := errors.New("stopped")
	_, err := x.Verify(t.Context(), func(audit.Entry) error { return stopped })
	require.ErrorIs(t, err, stopped)
}
