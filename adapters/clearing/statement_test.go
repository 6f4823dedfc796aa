package clearing

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

var (
	pesos  = fx.MustCurrency("PHP")
	manila = time.FixedZone("PHT", 8*60*60)
)

func php(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: pesos} }

// statement is a camt.053 with these entries.
func statement(tb testing.TB, entries ...iso20022.StatementEntry) []byte {
	tb.Helper()
	at := time.Date(2026, 4, 13, 0, 0, 0, 0, manila)
	sum := php(0)
	for i := range entries {
		if entries[i].Status == "" {
			entries[i].Status = iso20022.EntryBooked
		}
		if entries[i].Status == iso20022.EntryBooked {
			sum.Minor += entries[i].Amount.Minor
		}
	}
	message, err := iso20022.Statement{
		MsgID: "M1", Created: at, ID: "S1", Number: 1, From: at, To: at.AddDate(0, 0, 1), Account: iso20022.Account{ID: "AYNI"},
		Servicer: iso20022.Agent{BIC: "AYNIPHM1XXX"}, Currency: pesos, Entries: entries,
		Balances: []iso20022.StatementBalance{
			{Kind: iso20022.BalanceOpening, Amount: php(100), Date: "2026-04-13"}, {Kind: iso20022.BalanceClosing, Amount: php(100 + sum.Minor), Date: "2026-04-13"},
		},
	}.Marshal(iso20022.MessageStatement)
	require.NoError(tb, err)
	return message
}

func lines(message []byte, c fx.Currency) (got []adapters.StatementLine, err error) {
	err = ReadStatement(bytes.NewReader(message), c, manila, func(id iso20022.PaymentID) string { return "by " + id.TxID }, func(l adapters.StatementLine) error {
		l.At = l.At.UTC()
		got = append(got, l)
		return nil
	})
	return got, err
}

func TestStatement(t *testing.T) {
	at := time.Date(2026, 4, 13, 9, 15, 30, 0, manila)
	payment := func(id string, minor int64) iso20022.EntryDetail {
		return iso20022.EntryDetail{
			ID: iso20022.PaymentID{EndToEndID: id, TxID: "TX" + id}, Amount: php(minor),
			DebtorAccount: iso20022.Account{ID: "639170000001"}, CreditorAccount: iso20022.Account{ID: "639170000002"},
		}
	}
	code := iso20022.BankCode{Domain: "PMNT", Family: "ICDT", SubFamily: "ESCT"}
	message := statement(t,
		iso20022.StatementEntry{Ref: "1", Amount: php(-500), BookedAt: at, ServicerRef: "B1", Code: code, Details: []iso20022.EntryDetail{payment("T1P", -500)}},
		iso20022.StatementEntry{Ref: "2", Amount: php(700), BookedAt: time.Date(2026, 4, 13, 0, 0, 0, 0, time.UTC), ServicerRef: "B2", Code: code, Details: []iso20022.EntryDetail{
			payment("ORDER1", 300), payment("NOTPROVIDED", 400),
		}},
		iso20022.StatementEntry{Ref: "3", Amount: php(-15), BookedAt: at, Code: iso20022.BankCode{Domain: "PMNT", Family: "MDOP", SubFamily: "CHRG"}},
		iso20022.StatementEntry{Ref: "4", Amount: php(9), BookedAt: at, Status: iso20022.EntryPending, Code: code},
	)
	got, err := lines(message, pesos)
	require.NoError(t, err)
	day := time.Date(2026, 4, 12, 16, 0, 0, 0, time.UTC) // begins in Manila
	assert.Equal(t, []adapters.StatementLine{
		{At: at.UTC(), Ref: "B1", Order: "T1P", Alias: "TXT1P", Amount: php(500), Direction: adapters.Out, Party: "639170000002", Code: "ESCT"},
		{At: day, Ref: "B2", Order: "ORDER1", Alias: "by TXORDER1", Amount: php(300), Direction: adapters.In, Party: "639170000001", Code: "ESCT"},
		{At: day, Ref: "B2", Order: "TXNOTPROVIDED", Alias: "by TXNOTPROVIDED", Amount: php(400), Direction: adapters.In, Party: "639170000001", Code: "ESCT"},
		{At: at.UTC(), Ref: "3", Amount: php(15), Direction: adapters.Out, Fee: true, Code: "CHRG"},
	}, got)

	stop := errors.New("stop")
	require.ErrorIs(t, ReadStatement(bytes.NewReader(message), pesos, manila, nil, func(adapters.StatementLine) error { return stop }), stop)
	var fault *adapters.StatementError
	_, err = lines(message, fx.MustCurrency("KES"))
	require.ErrorAs(t, err, &fault)
	assert.Contains(t, fault.Fault, "PHP, not KES")
	for _, amounts := range [][2]int64{{300, 401}, {300, 399}, {700, 0}} {
		_, err = lines(statement(t, iso20022.StatementEntry{Ref: "1", Amount: php(700), BookedAt: at, Code: code, Details: []iso20022.EntryDetail{
			payment("A", amounts[0]), payment("B", amounts[1]),
		}}), pesos)
		require.ErrorAs(t, err, &fault, amounts)
	}
	_, err = lines([]byte(strings.Replace(string(message), "<Amt", "<Amd", 1)), pesos)
	require.ErrorAs(t, err, &fault)
}

// What banks wrote reads, or it is said why not.
func TestBanksStatements(t *testing.T) {
	files, err := filepath.Glob("../../../shared/samples/iso20022/camt.053.001.*.xml")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("SKIPPED: the public samples are not beside this checkout")
	}
	read := 0
	for _, file := range files {
		message, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, c := range []string{"EUR", "CHF", "GBP", "USD", "SEK", "CAD"} {
			got, err := lines(message, fx.MustCurrency(c))
			if err != nil {
				var fault *adapters.StatementError
				require.ErrorAs(t, err, &fault, file)
				continue
			}
			for _, l := range got {
				require.Positive(t, l.Amount.Minor, file)
			}
			if len(got) > 0 {
				read++
				t.Logf("%s: %d lines in %s", filepath.Base(file), len(got), c)
			}
		}
	}
	require.Positive(t, read)
}

func FuzzStatement(f *testing.F) {
	f.Add(statement(f, iso20022.StatementEntry{
		Ref: "1", Amount: php(-500), BookedAt: time.Date(2026, 4, 13, 9, 15, 30, 0, manila), ServicerRef: "B1",
		Code:    iso20022.BankCode{Domain: "PMNT", Family: "ICDT", SubFamily: "ESCT"},
		Details: []iso20022.EntryDetail{{ID: iso20022.PaymentID{EndToEndID: "T1P", TxID: "T1P"}}},
	}))
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := lines(message, pesos)
		if err != nil {
			var fault *adapters.StatementError
			require.ErrorAs(t, err, &fault)
		}
		for _, l := range got {
			require.Positive(t, l.Amount.Minor)
			require.Equal(t, pesos, l.Amount.Currency)
		}
	})
}
