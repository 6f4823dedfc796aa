package serve

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/ops/settings"
)

// The public half of a log's key is the one that was made with it; what is no key is refused, and not said again.
func TestThePublicHalfOfALogKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.key")
	s := &settings.Serve{LogKey: settings.Secret("file:" + file)}
	for range 20 {
		secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
		found, err := logPublic(s)
		require.NoError(t, err)
		require.Equal(t, public, found)
		for _, wrong := range []string{secret[:len(secret)-4], strings.ReplaceAll(secret, "+", "-"), public, "nothing"} {
			require.NoError(t, os.WriteFile(file, []byte(wrong), 0o600))
			_, err := logPublic(s)
			require.Error(t, err)
			require.NotContains(t, err.Error(), wrong)
		}
	}
}
