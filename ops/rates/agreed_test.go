package rates

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

func FuzzReadAgreed(f *testing.F) {
	f.Add([]byte("currency,per_base,source,on\nhours.chama.2,0.4,assembly,2024-12-30\nKES,129/2,\"CBK, daily\",2024-12-30\n"))
	f.Add([]byte("currency,per_base,source,on\n"))
	f.Add([]byte("\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := readAgreed(bytes.NewReader(text), fx.MustCurrency("USD"), "9999-12-31")
		if err != nil {
			require.Less(t, len(err.Error()), 2000)
			return
		}
		for _, r := range table.References() {
			require.False(t, r.PerBase.IsZero())
			require.NotEmpty(t, r.On)
		}
	})
}
