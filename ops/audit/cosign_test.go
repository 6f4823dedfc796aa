package audit

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
)

// aWitness is a witness of a log, until the server is closed.
func aWitness(t *testing.T, name, logKey string) (line string, server *httptest.Server) {
	t.Helper()
	w, err := witness.Open(witness.Config{Folder: t.TempDir(), Name: name + ".example", Logs: []string{logKey}})
	require.NoError(t, err)
	server = httptest.NewServer(w.Handler())
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, w.Close())
	})
	return fmt.Sprintf("witness %s %s %s\n", name, w.Key(), server.URL), server
}

// Two of three witnesses make a checkpoint good, whenever they were asked; every cosignature on it must hold, and a
// receipt has them.
func TestCosignedExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "export")
	kes := fx.MustCurrency("KES")
	l := verifytest.New(t, dir)
	l.Join("nairobi", kes, 1000_00)
	l.Join("mombasa", kes, 1000_00)
	l.Batch()
	l.Send("nairobi", l.Intent("n-1", "mombasa", fx.Money{Minor: 700_00, Currency: kes}))
	last := l.Batch()
	l.Commit()
	key := l.Key
	first, server := aWitness(t, "first", key)
	second, _ := aWitness(t, "second", key)
	third, down := aWitness(t, "third", key)
	down.Close()
	policy := "log " + key + "\n" + first + second + third + "group two 2 first second third\nquorum two\n"
	verified := func() *Report {
		t.Helper()
		r, err := Verify(t.Context(), Config{Dir: dir, Key: key, Policy: policy})
		require.NoError(t, err)
		return r
	}
	require.Contains(t, verified().String(), "no quorum", "nobody was asked")
	require.True(t, mustVerify(t, Config{Dir: dir}).OK())

	alone := "log " + key + "\n" + first + "quorum first\n"
	done, err := Cosign(t.Context(), dir, alone)
	require.NoError(t, err)
	require.Len(t, done.Witnessed.By, 1)
	require.Contains(t, verified().String(), "no quorum")
	server.Close() // what it said stands
	done, err = Cosign(t.Context(), dir, policy)
	require.NoError(t, err)
	require.Len(t, done.Failed, 2)
	require.Equal(t, []string{"first", "second"}, verified().Witnesses)
	_, err = Cosign(t.Context(), dir, policy) // the second cosigns anew, in the place of its line
	require.NoError(t, err)
	require.True(t, verified().OK())

	receipt, err := Receipt(t.Context(), Config{Dir: dir}, last.Transfers[0].ID)
	require.NoError(t, err)
	text, err := receipt.Text()
	require.NoError(t, err)
	_, _, err = CheckReceipt(text, key, policy)
	require.NoError(t, err)
	_, _, err = CheckReceipt(text, key, strings.Replace(policy, "two 2", "two 3", 1))
	var unsatisfied *witness.UnsatisfiedError
	require.ErrorAs(t, err, &unsatisfied)
	_, _, err = CheckReceipt(text, key, "quorum\n")
	require.Error(t, err)

	signed := fileOf(t, dir, "checkpoint")
	lines := bytes.Split(signed, []byte("\n"))
	at := len(signed) - len(lines[len(lines)-2])/2 // within the last cosignature
	for _, bit := range []byte{1, 4} {
		forged := bytes.Clone(signed)
		forged[at] ^= bit
		require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint"), forged, 0o600))
		require.False(t, verified().OK())
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint"), signed, 0o600))
}

// A cosigned checkpoint goes among those of before with its lines when the log grows, and is asked about no more.
func TestCosignedExportGrows(t *testing.T) {
	p := publish(t)
	p.grow(t, 2)
	line, _ := aWitness(t, "first", p.key)
	policy := "log " + p.key + "\n" + line + "quorum first\n"
	_, err := Cosign(t.Context(), p.dir, policy)
	require.NoError(t, err)
	cosigned := fileOf(t, p.dir, "checkpoint")
	p.grow(t, 70)
	require.Equal(t, cosigned, fileOf(t, p.dir, "checkpoints/004"))
	_, err = Cosign(t.Context(), p.dir, policy)
	require.NoError(t, err, "the witness is led from where it stands")
	_, err = Cosign(t.Context(), p.dir, strings.Replace(policy, p.key, verifytest.New(t, t.TempDir()).Key, 1))
	var refused *witness.RefusedError
	require.ErrorAs(t, err, &refused)

	folder, err := audit.OpenFolder(p.dir, p.key)
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	require.ErrorContains(t, folder.Cosign(string(cosigned)), "for an export of")
	_, err = Cosign(t.Context(), p.dir, policy)
	require.ErrorIs(t, err, audit.ErrFolderInUse)
}

func TestGossip(t *testing.T) {
	p := publish(t)
	heard := func(name string, text []byte) string {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, text, 0o600))
		return file
	}
	p.grow(t, 3)
	older := heard("older", fileOf(t, p.dir, "checkpoint"))
	p.grow(t, 3)
	newer := heard("newer", fileOf(t, p.dir, "checkpoint"))
	history, err := Gossip(t.Context(), []string{p.key}, []string{older, newer}, "")
	require.NoError(t, err)
	require.Equal(t, []string{older}, history.Unproved)
	history, err = Gossip(t.Context(), []string{p.key}, []string{older, newer}, p.dir)
	require.NoError(t, err)
	require.Empty(t, history.Unproved)
	require.EqualValues(t, 12, history.Newest.Size)

	signed, err := audit.Checkpoint{Origin: "ayni.example/log", Size: 6, Root: tlog.RecordHash([]byte("another"))}.Sign(p.signer)
	require.NoError(t, err)
	forked := heard("forked", []byte(signed))
	var fork *witness.SplitViewError
	for _, places := range [][]string{{older, forked}, {forked}} {
		_, err = Gossip(t.Context(), []string{p.key}, places, p.dir)
		require.ErrorAs(t, err, &fork)
		logs, err := witness.ParseLogs(p.key)
		require.NoError(t, err)
		text, err := fork.Evidence()
		require.NoError(t, err)
		_, err = witness.ParseEvidence(text, logs)
		require.NoError(t, err)
	}
	var unheard *witness.HeardError
	_, err = Gossip(t.Context(), []string{p.key}, []string{filepath.Join(p.dir, "nothing")}, "")
	require.ErrorAs(t, err, &unheard)
}

func mustVerify(t *testing.T, cfg Config) *Report {
	t.Helper()
	r, err := Verify(t.Context(), cfg)
	require.NoError(t, err)
	return r
}

func fileOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	return text
}
