package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/atomicfile"
)

func TestWriteIsWholeOrNotAtAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.csv")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := fmt.Fprint(w, s); return err }
	}
	require.NoError(t, atomicfile.Write(file, text("one")))
	require.NoError(t, os.Chmod(file, 0o600))
	require.NoError(t, atomicfile.Write(file, text("two")))

	broken := errors.New("broken")
	require.ErrorIs(t, atomicfile.Write(file, func(w io.Writer) error { return errors.Join(text("three")(w), broken) }), broken)
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "two", string(got))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm(), "a private file stays private")
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1)

	require.Error(t, atomicfile.Write(filepath.Join(file, "below"), text("x")))
}
