package netfiles

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const someRates = "currency,minor_units,units_per_usd\nKES,2,100\nUGX,0,4000\nUSD,2,1\n"

func TestExchange(t *testing.T) {
	dir := t.TempDir()
	// 5 cents of KES are 2 shillings of UGX; 1 cent of KES is 0.4 shillings, and never nothing; 3 UGX are 7.5 cents.
	f := ExchangeFiles{
		Intents: file(t, dir, "intents", twoCurrencies+"1,a,KES,5,b,UGX,2\n2,a,KES,1,a,UGX,1\n3,b,UGX,3,a,KES,8\n4,a,KES,9,b,KES,9\n"),
		Rates:   file(t, dir, "rates", someRates),
		OutNet:  "-",
	}
	var stdout bytes.Buffer
	require.NoError(t, Exchange(&stdout, f))
	assert.Equal(t, "participant,currency,net\na,KES,-7\na,UGX,1\nb,KES,9\nb,UGX,-1\n", stdout.String())
	f.OutNet, f.OutPool = "", "-"
	stdout.Reset()
	require.NoError(t, Exchange(&stdout, f))
	assert.Equal(t, "currency,debited,credited,pool_net,rounding_residual_minor(exact-rounded)\nKES,6,8,-2,-0.500000\nUGX,3,3,0,-0.600000\n", stdout.String())
	f.OutPool = filepath.Join(dir, "pool")
	stdout.Reset()
	require.NoError(t, Exchange(&stdout, f))
	assert.Contains(t, stdout.String(), "4 intents of USD 0.002250, USD 0.001350 across currencies")
	f.OutNet = f.OutPool
	require.ErrorIs(t, Exchange(&stdout, f), errOneOutput)
}

func TestExchangeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		intents string
		file    string
		row     int
	}{
		"not the rates' credit": {twoCurrencies + "1,a,KES,5,b,UGX,2\n2,a,KES,5,b,UGX,3\n", "intents", 3},
		"half to odd":           {twoCurrencies + "1,b,UGX,3,a,KES,7\n", "intents", 2},
		"credit beyond int64":   {twoCurrencies + "1,a,UGX,9223372036854775807,b,KES,1\n", "intents", 2},
		"no rate":               {twoCurrencies + "1,a,KES,5,b,TZS,2\n", "rates", 0},
		"duplicate id":          {twoCurrencies + "1,a,KES,5,b,UGX,2\n1,a,KES,5,b,UGX,2\n", "intents", 3},
		"sum overflows":         {twoCurrencies + "1,a,KES,9223372036854775807,b,KES,9223372036854775807\n2,a,KES,1,b,KES,1\n", "intents", 3},
		"self-transfer":         {twoCurrencies + "1,a,KES,5,a,KES,5\n", "intents", 2},
	} {
		dir := t.TempDir()
		err := Exchange(&bytes.Buffer{}, ExchangeFiles{Intents: file(t, dir, "intents", c.intents), Rates: file(t, dir, "rates", someRates)})
		requireFileError(t, err, c.file, c.row, name)
	}
}
