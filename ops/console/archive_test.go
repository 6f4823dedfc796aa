package console_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// unpack takes an archive apart into a folder.
func unpack(t *testing.T, dir string, from io.Reader) {
	t.Helper()
	zipped, err := gzip.NewReader(from)
	require.NoError(t, err)
	files := tar.NewReader(zipped)
	for {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		require.True(t, filepath.IsLocal(head.Name), head.Name)
		at := filepath.Join(dir, filepath.FromSlash(head.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
		body, err := io.ReadAll(files)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(at, body, 0o600))
	}
}
