package backup_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/backup"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// A backup of a switch that runs, sealed, is whole, says so without a server, and comes back as it was; without who was
// erased since.
func TestBackupOfARunningSwitchComesBack(t *testing.T) {
	w := newTown(t)
	w.up()
	w.found()
	w.send(0, 20)
	w.settled(20)

	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	keyFile := filepath.Join(t.TempDir(), "identity")
	require.NoError(t, os.WriteFile(keyFile, []byte(identity.String()+"\n"), 0o600))
	recipients, err := backup.Recipients([]string{identity.Recipient().String()})
	require.NoError(t, err)
	folder := filepath.Join(t.TempDir(), "backup")
	quiet := slog.New(slog.DiscardHandler)
	m, err := backup.Take(t.Context(), backup.Config{Data: w.data, Recipients: recipients, Log: quiet}, folder)
	require.NoError(t, err)
	require.Positive(t, m.Ledger.Batch)
	last, err := w.books.LastBatch(t.Context())
	require.NoError(t, err)
	w.sound()
	w.stop()

	identities, err := backup.Identities(keyFile)
	require.NoError(t, err)
	whole, err := backup.Verify(t.Context(), folder, identities, w.logKey)
	require.NoError(t, err)
	require.True(t, whole.Signed)
	require.Greater(t, whole.Pages, 500)
	shut, err := backup.Verify(t.Context(), folder, nil, "")
	require.NoError(t, err)
	require.Zero(t, shut.Pages)
	for _, file := range m.Files {
		require.True(t, strings.HasSuffix(file.Name, ".age"), file.Name)
	}
	_, err = backup.Restore(t.Context(), backup.RestoreConfig{Backup: folder, Data: pgtest.Folder(t), Log: quiet})
	require.ErrorIs(t, err, backup.ErrSealed)

	kept := w.data
	w.data = pgtest.Folder(t)
	back, err := backup.Restore(t.Context(), backup.RestoreConfig{Backup: folder, Data: w.data, Identities: identities, Log: quiet})
	require.NoError(t, err)
	require.Equal(t, last, back.Batch)
	require.Empty(t, back.Kept)
	for _, name := range []string{"persons.keys", "nats/creds/alpha.creds"} {
		before, err := os.ReadFile(filepath.Join(kept, name))
		require.NoError(t, err)
		after, err := os.ReadFile(filepath.Join(w.data, name))
		require.NoError(t, err)
		require.Equal(t, before, after, name)
	}
	_, err = backup.Restore(t.Context(), backup.RestoreConfig{Backup: folder, Data: w.data, Identities: identities, Log: quiet})
	require.ErrorIs(t, err, fs.ErrExist, "nothing is written over")
}

// Whatever is changed, taken away or added is noticed, without a key.
func TestVerifyNoticesEveryChange(t *testing.T) {
	data, folder := pgtest.Folder(t), filepath.Join(t.TempDir(), "backup")
	w := newTown(t)
	w.data = data
	w.up()
	w.stop()
	quiet := slog.New(slog.DiscardHandler)
	m, err := backup.Take(t.Context(), backup.Config{Data: data, Log: quiet}, folder) // nobody runs it
	require.NoError(t, err)
	_, err = backup.Verify(t.Context(), folder, nil, w.logKey)
	require.NoError(t, err)
	for _, file := range m.Files {
		path := filepath.Join(folder, file.Name)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		require.NoError(t, err)
		var b [1]byte
		_, err = f.ReadAt(b[:], file.Bytes/2)
		require.NoError(t, err)
		for _, by := range []byte{1, 0} {
			_, err = f.WriteAt([]byte{b[0] ^ by}, file.Bytes/2)
			require.NoError(t, err)
			if by != 0 {
				_, err = backup.Verify(t.Context(), folder, nil, "")
				require.ErrorContains(t, err, file.Name)
			}
		}
		require.NoError(t, f.Close())
		require.NoError(t, os.Rename(path, path+".gone"))
		_, err = backup.Verify(t.Context(), folder, nil, "")
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.NoError(t, os.Rename(path+".gone", path))
	}
	extra := filepath.Join(folder, "files", "extra")
	require.NoError(t, os.WriteFile(extra, nil, 0o600))
	_, err = backup.Verify(t.Context(), folder, nil, "")
	require.ErrorContains(t, err, "extra")
	require.NoError(t, os.Remove(extra))
	require.NoError(t, os.Remove(filepath.Join(folder, "manifest.json")))
	_, err = backup.Verify(t.Context(), folder, nil, "")
	var none *backup.NoBackupError
	require.ErrorAs(t, err, &none)
}
