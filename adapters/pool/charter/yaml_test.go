package charter_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/charter/chartertest"
)

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := chartertest.Charters().Draw(t, "charter")
		require.NoError(t, c.Check())
		text, err := c.YAML()
		require.NoError(t, err)
		read, err := charter.Parse(text)
		require.NoError(t, err, "%s", text)
		require.Equal(t, c, read, "%s", text)

		canonical, err := c.Canonical()
		require.NoError(t, err)
		again, err := charter.Read(canonical)
		require.NoError(t, err)
		require.Equal(t, c, again)
		require.Equal(t, c.Hash(), read.Hash())
	})
}
