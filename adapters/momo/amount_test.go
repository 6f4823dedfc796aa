package momo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// An amount is read back as it was written, with the zeros that operators add too.
func TestAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := fx.MustCurrency(rapid.SampledFrom([]string{"EUR", "UGX", "JOD"}).Draw(t, "currency"))
		m := fx.Money{Minor: rapid.Int64Range(1, 1_000_000_000_000_000_000).Draw(t, "minor"), Currency: c}
		written := m.Text()
		if !strings.Contains(written, ".") {
			written += "."
		}
		written += strings.Repeat("0", rapid.IntRange(1, 10).Draw(t, "zeros"))
		read, err := readAmount(written, c.String(), c)
		require.NoError(t, err)
		require.Equal(t, m, read)
		_, err = readAmount("-"+written, c.String(), c)
		require.Error(t, err)
		_, err = readAmount(written, "XXX", c)
		require.Error(t, err)
	})
}

// A note is what the rail takes, whatever was meant: plain, not empty, and not too long.
func TestNotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		require.Regexp(t, `^[A-Za-z0-9.-][A-Za-z0-9 .-]{0,159}$`, note(rapid.String().Draw(t, "text")))
	})
}
