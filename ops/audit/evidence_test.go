package audit_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/audit"
)

// What a running switch shows is what its export has: files, archive and replay.
func testEvidence(t *testing.T, cfg audit.Config, database string) {
	t.Helper()
	line, err := os.ReadFile(filepath.Join(cfg.Dir, "keys", "log"))
	require.NoError(t, err)
	key := strings.TrimSpace(string(line))
	evidence, err := audit.OpenEvidence(t.Context(), database, key)
	require.NoError(t, err)
	t.Cleanup(evidence.Close)

	shown := 0
	require.NoError(t, filepath.WalkDir(cfg.Dir, func(path string, d os.DirEntry, err error) error {
		name, _ := filepath.Rel(cfg.Dir, path)
		if err != nil || d.IsDir() || strings.HasPrefix(name, "blobs") {
			return err
		}
		want, err := os.ReadFile(path)
		w := httptest.NewRecorder()
		evidence.Files().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+filepath.ToSlash(name), http.NoBody))
		assert.Equal(t, http.StatusOK, w.Code, name)
		assert.Equal(t, string(want), w.Body.String(), name)
		shown++
		return err
	}))
	require.Greater(t, shown, 50)

	var archive bytes.Buffer
	slow := writerFunc(func(p []byte) (int, error) {
		assert.ErrorIs(t, evidence.Archive(t.Context(), io.Discard), audit.ErrBusy, "one at a time")
		return archive.Write(p)
	})
	require.NoError(t, evidence.Archive(t.Context(), slow))
	unpacked := unpack(t, &archive)
	r, err := audit.Verify(t.Context(), audit.Config{Dir: unpacked, Key: key})
	require.NoError(t, err)
	require.True(t, r.OK(), "%s", r)
	left := errors.New("the reader left")
	require.ErrorIs(t, evidence.Archive(t.Context(), writerFunc(func([]byte) (int, error) { return 0, left })), left)

	testReplay(t, evidence, database)
}

func testReplay(t *testing.T, evidence *audit.Evidence, database string) {
	t.Helper()
	failed := func(err error) { t.Errorf("the replay could not be done: %v", err) }
	run := func() audit.Replay {
		require.NoError(t, evidence.StartReplay(t.Context(), "chao", failed))
		require.ErrorIs(t, evidence.StartReplay(t.Context(), "asha", failed), audit.ErrBusy, "one at a time")
		evidence.WaitReplay()
		return evidence.Replayed()
	}
	require.Zero(t, evidence.Replayed())
	found := run()
	require.NotNil(t, found.Report)
	require.True(t, found.Report.OK(), "%s", found.Report)
	require.Equal(t, found.Report.Batches, found.Report.Ledger, "every batch stands in the ledger as it was decided")
	require.Equal(t, found.Report.Entries, found.Exported)
	require.Equal(t, "chao", found.By)

	require.NoError(t, evidence.StartReplay(t.Context(), "chao", failed))
	evidence.StopReplay()
	evidence.WaitReplay()
	require.True(t, evidence.Replayed().Stopped)
	require.Nil(t, evidence.Replayed().Report)

	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = conn.Exec(t.Context(), `SET session_replication_role = replica; CREATE TEMP TABLE kept AS SELECT * FROM ledger.posting WHERE id = (SELECT max(id) FROM ledger.posting);
		DELETE FROM ledger.posting WHERE id IN (SELECT id FROM kept)`)
	require.NoError(t, err)
	found = run()
	require.False(t, found.Report.OK())
	require.Contains(t, found.Report.Difference.Where, "the ledger")
	_, err = conn.Exec(t.Context(), `INSERT INTO ledger.posting SELECT * FROM kept`)
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "ayni-replay-*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing stays on the disk")
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// unpack takes an archive apart, and returns the export in it.
func unpack(t *testing.T, from io.Reader) string {
	t.Helper()
	zipped, err := gzip.NewReader(from)
	require.NoError(t, err)
	files, to := tar.NewReader(zipped), t.TempDir()
	for {
		head, err := files.Next()
		if err == io.EOF { //nolint:errorlint // the end, as tar says it
			return filepath.Join(to, audit.ArchiveFolder)
		}
		require.NoError(t, err)
		require.True(t, filepath.IsLocal(head.Name), head.Name)
		at := filepath.Join(to, filepath.FromSlash(head.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
		body, err := io.ReadAll(files)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(at, body, 0o600))
	}
}
