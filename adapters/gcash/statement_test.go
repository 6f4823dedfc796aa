package gcash

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

const walletHead = "customerId,transactionId,originalTransactionId,transactionRequestId,transactionType,paymentTime,transactionAmountValue,transactionCurrency\n"

var pesos = fx.MustCurrency("PHP")

func walletLines(text string) (lines []adapters.StatementLine, err error) {
	settings, err := adapters.ParseSettings([]byte("currency: PHP\nbank: {secret: env:NOBODY_HAS_SET_THIS}\n"))
	if err != nil {
		return nil, err
	}
	err = Plug().Statement(strings.NewReader(text), settings, func(l adapters.StatementLine) error {
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

func TestWalletStatement(t *testing.T) {
	lines, err := walletLines(walletHead +
		"P1,PYMT1,,ORDER1,PAYMENT,2026-04-13T09:00:00+08:00,120050,PHP\n" +
		"P1,RFND1,PYMT1,T7R,REFUND,2026-04-13T10:00:00+08:00,120050,PHP\n<END>\n")
	require.NoError(t, err)
	for i := range lines {
		lines[i].At = lines[i].At.UTC()
	}
	amount := fx.Money{Minor: 120050, Currency: pesos}
	assert.Equal(t, []adapters.StatementLine{
		{At: time.Date(2026, 4, 13, 1, 0, 0, 0, time.UTC), Ref: "PYMT1", Order: "ORDER1", Amount: amount, Direction: adapters.In, Code: "PAYMENT"},
		{At: time.Date(2026, 4, 13, 2, 0, 0, 0, time.UTC), Ref: "RFND1", Order: "T7R", Amount: amount, Direction: adapters.Out, Code: "REFUND"},
	}, lines)
}

func TestWalletStatementsRefused(t *testing.T) {
	const good = "P1,PYMT1,,ORDER1,PAYMENT,2026-04-13T09:00:00+08:00,120050,PHP\n"
	for name, c := range map[string]struct{ text, fault string }{
		"nothing":          {"", "no head"},
		"half a file":      {walletHead + good, "not whole"},
		"an unknown type":  {walletHead + strings.Replace(good, "PAYMENT", "TRANSFER", 1), `type "TRANSFER"`},
		"another currency": {walletHead + strings.Replace(good, "PHP", "KES", 1), "KES, not PHP"},
		"no amount":        {walletHead + strings.Replace(good, "120050", "", 1), ""},
		"a decimal amount": {walletHead + strings.Replace(good, "120050", "1200.50", 1), ""},
		"a minus":          {walletHead + strings.Replace(good, "120050", "-1", 1), ""},
		"no time":          {walletHead + strings.Replace(good, "2026-04-13T", "", 1), "paymentTime"},
		"no id":            {walletHead + strings.Replace(good, "PYMT1", "", 1), "transactionId"},
	} {
		_, err := walletLines(c.text + map[bool]string{true: "<END>\n"}[name != "half a file" && name != "nothing"])
		var fault *adapters.StatementError
		require.ErrorAs(t, err, &fault, name)
		assert.Contains(t, fault.Fault, c.fault, name)
	}
	stop := errors.New("stop")
	require.ErrorIs(t, readWallet(strings.NewReader(walletHead+good), pesos, func(adapters.StatementLine) error { return stop }), stop)
}

func FuzzStatement(f *testing.F) {
	f.Add(walletHead + "P1,PYMT1,,ORDER1,PAYMENT,2026-04-13T09:00:00+08:00,120050,PHP\n<END>\n")
	f.Add("\ufeff \n<Document/>")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := walletLines(text)
		if err != nil {
			var fault *adapters.StatementError
			require.ErrorAs(t, err, &fault)
		}
		for _, l := range lines {
			require.Positive(t, l.Amount.Minor)
			require.Equal(t, pesos, l.Amount.Currency)
			require.False(t, l.At.IsZero())
		}
	})
}
