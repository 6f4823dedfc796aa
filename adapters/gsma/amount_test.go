package gsma

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// amountForm is the API's own (schema amount).
var amountForm = regexp.MustCompile(`^([0]|([1-9][0-9]{0,17}))([.][0-9]{0,3}[1-9])?$`)

// What is written is what the API takes, and is read back the same, with the zeros that operators add too.
func TestAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := fx.MustCurrency(rapid.SampledFrom([]string{"GHS", "UGX", "JOD"}).Draw(t, "currency"))
		m := fx.Money{Minor: rapid.Int64Range(1, 1_000_000_000_000_000_000).Draw(t, "minor"), Currency: c}
		text := writeAmount(m)
		if len(text) <= 18 {
			require.Regexp(t, amountForm, text)
		}
		for _, written := range []string{text, m.Text()} {
			if strings.Contains(written, ".") {
				written += strings.Repeat("0", rapid.IntRange(0, 10).Draw(t, "zeros"))
			}
			read, err := readAmount(written, c.String(), c)
			require.NoError(t, err)
			require.Equal(t, m, read)
		}
		_, err := readAmount("-"+text, c.String(), c)
		require.Error(t, err)
		_, err = readAmount(text, "XXX", c)
		require.Error(t, err)
	})
}
