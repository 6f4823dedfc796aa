package iso20022_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

var updateStatements = flag.Bool("update-statements", false, "rewrite the golden files of statements")

var kes = fx.MustCurrency("KES")

// day is a small statement: a payment in, one out that was returned, and a fee.
func day() iso20022.Statement {
	at := time.Date(2026, 4, 13, 9, 30, 15, 250_000_000, time.UTC)
	ken := func(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: kes} }
	payment := iso20022.EntryDetail{
		ID:     iso20022.PaymentID{EndToEndID: "oABC", TxID: "T0000000000001", UETR: iso20022.UETR("T0000000000001")},
		Amount: ken(1_250_00), DebtorAgent: iso20022.Agent{Other: "gcash-ph"}, CreditorAgent: iso20022.Agent{Other: "mpesa-ke"}, Remittance: "for <school> & home",
	}
	back := payment
	back.Amount, back.ReturnCode = ken(-300_00), "AC03"
	return iso20022.Statement{
		MsgID: "S7-20260413-1", Created: at.Add(12 * time.Hour), ID: "S7-20260413", Number: 103, Page: 1, LastPage: true,
		From: time.Date(2026, 4, 12, 21, 0, 0, 0, time.UTC), To: time.Date(2026, 4, 13, 21, 0, 0, 0, time.UTC),
		Account: iso20022.Account{ID: "7", Scheme: "ayni"}, Kind: "position", Name: "mpesa-ke position", Owner: "mpesa-ke", Servicer: iso20022.Agent{Other: "scheme"}, Currency: kes,
		Balances: []iso20022.StatementBalance{
			{Kind: iso20022.BalanceOpening, Amount: ken(-1_000_00), Date: "2026-04-12"}, {Kind: iso20022.BalanceClosing, Amount: ken(-52_50), Date: "2026-04-13"},
		},
		Entries: []iso20022.StatementEntry{
			{Ref: "1", Amount: ken(1_250_00), Status: iso20022.EntryBooked, BookedAt: at, ValueDate: "2026-04-13", ServicerRef: "P1", Code: iso20022.BankCode{Domain: "PMNT", Family: "RCDT", SubFamily: "XBCT", Own: "clear", Issuer: "ayni"}, Details: []iso20022.EntryDetail{payment}},
			{Ref: "2", Amount: ken(-300_00), Reversal: true, Status: iso20022.EntryBooked, BookedAt: at, ValueDate: "2026-04-13", ServicerRef: "P2", Code: iso20022.BankCode{Domain: "PMNT", Family: "ICDT", SubFamily: "RRTN", Own: "return", Issuer: "ayni"}, Details: []iso20022.EntryDetail{back}},
			{Ref: "3", Amount: ken(-2_50), Status: iso20022.EntryBooked, BookedAt: at, ValueDate: "2026-04-13", ServicerRef: "P3", Code: iso20022.BankCode{Own: "fee"}, Information: "the switch's"},
		},
	}
}

// validated holds a message against the official schema beside the checkout.
func validated(t *testing.T, message string, data []byte) {
	t.Helper()
	xsd := filepath.Join("..", "..", "..", "shared", "xsd", message+".xsd")
	if _, err := os.Stat(xsd); err != nil {
		t.Skipf("NOT VALIDATED: the ISO 20022 schema is not at %s", xsd)
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("NOT VALIDATED: xmllint (package libxml2-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "message.xml")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", xsd, file).CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, data)
}

func goldenStatement(t *testing.T, message string, data []byte) {
	t.Helper()
	path := filepath.Join("testdata", message[:len("camt.053")]+".xml")
	if *updateStatements {
		require.NoError(t, os.WriteFile(path, data, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(data))
	validated(t, message, data)
}

// The same statement goes out as each of its messages, and comes back as it was but for what an advice does not have.
func TestStatementIsWrittenAndReadBack(t *testing.T) {
	for _, message := range []string{iso20022.MessageStatement, iso20022.MessageAccountReport, iso20022.MessageAdvice} {
		t.Run(message, func(t *testing.T) {
			want := day()
			data, err := want.Marshal(message)
			require.NoError(t, err)
			got, err := iso20022.ParseStatement(data)
			require.NoError(t, err)
			if message == iso20022.MessageAdvice {
				want.Balances = nil
			}
			require.Equal(t, want, got)
			goldenStatement(t, message, data)
		})
	}
}

// text is what people write, in characters that XML carries as they are.
func text(limit int) *rapid.Generator[string] {
	return rapid.StringMatching(`[A-Za-z0-9éß道<>&"'][A-Za-z0-9éß道 <>&"']{0,` + strconv.Itoa(limit-2) + `}[A-Za-z0-9]`)
}

func maybe(g *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), g)
}

func anyEntry(c fx.Currency) *rapid.Generator[iso20022.StatementEntry] {
	return rapid.Custom(func(t *rapid.T) iso20022.StatementEntry {
		e := iso20022.StatementEntry{
			Ref: maybe(text(30)).Draw(t, "ref"), Amount: fx.Money{Minor: rapid.Int64Range(-1e12, 1e12).Draw(t, "minor"), Currency: c},
			Status: iso20022.EntryBooked, BookedAt: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at")).UTC(),
			ValueDate: "2026-04-13", ServicerRef: maybe(text(30)).Draw(t, "servicer"), Code: iso20022.BankCode{Own: "clear"}, Information: maybe(text(300)).Draw(t, "info"),
		}
		if rapid.Bool().Draw(t, "pending") {
			e.Status = iso20022.EntryPending
		}
		for range rapid.IntRange(0, 2).Draw(t, "details") {
			e.Details = append(e.Details, iso20022.EntryDetail{
				ID:     iso20022.PaymentID{EndToEndID: text(35).Draw(t, "e2e"), TxID: maybe(text(35)).Draw(t, "tx"), UETR: iso20022.UETR("a")},
				Amount: e.Amount, Debtor: maybe(text(100)).Draw(t, "debtor"), CreditorAgent: iso20022.Agent{Other: text(30).Draw(t, "agent")},
				CreditorAccount: iso20022.Account{ID: text(30).Draw(t, "account")}, Remittance: maybe(text(100)).Draw(t, "remittance"),
			})
		}
		return e
	})
}

// Any statement that adds up comes back as it went out; one that is a minor unit off is refused.
func TestAnyStatementRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := day()
		s.Currency = fx.MustCurrency(rapid.SampledFrom([]string{"KES", "UGX", "KWD"}).Draw(t, "currency"))
		s.Entries = rapid.SliceOfN(anyEntry(s.Currency), 0, 6).Draw(t, "entries")
		opening := fx.Money{Minor: rapid.Int64Range(-1e15, 1e15).Draw(t, "opening"), Currency: s.Currency}
		closing := opening
		for _, e := range s.Entries {
			if e.Status == iso20022.EntryBooked {
				closing.Minor += e.Amount.Minor
			}
		}
		s.Balances[0].Amount, s.Balances[1].Amount = opening, closing
		if len(s.Entries) == 0 {
			s.Entries = nil
		}
		data, err := s.Marshal(iso20022.MessageStatement)
		require.NoError(t, err)
		got, err := iso20022.ParseStatement(data)
		require.NoError(t, err, string(data))
		require.Equal(t, s, got)

		s.Balances[1].Amount.Minor++
		data, err = s.Marshal(iso20022.MessageStatement)
		require.NoError(t, err)
		_, err = iso20022.ParseStatement(data)
		requireStatementFault(t, err, iso20022.FaultMismatch)
	})
}

func requireStatementFault(t require.TestingT, err error, want iso20022.Fault) {
	var refused *iso20022.FormatError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, want, refused.Fault, "%v", refused)
}

func TestStatementOfPagesTiesPageByPage(t *testing.T) {
	s := day()
	s.Page, s.LastPage = 2, false
	s.Balances[0].Amount.Minor = 1
	data, err := s.Marshal(iso20022.MessageStatement)
	require.NoError(t, err)
	_, err = iso20022.ParseStatement(data)
	require.NoError(t, err, "a page in the middle need not say what lies between its own entries")
	s.Balances[0].Between, s.Balances[1].Between = true, true
	data, err = s.Marshal(iso20022.MessageStatement)
	require.NoError(t, err)
	_, err = iso20022.ParseStatement(data)
	requireStatementFault(t, err, iso20022.FaultMismatch)
}

func TestStatementIsRefused(t *testing.T) {
	data, err := day().Marshal(iso20022.MessageStatement)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		old, fresh string
		fault      iso20022.Fault
	}{
		"finer than the currency":    {">1250.00<", ">1250.001<", iso20022.FaultAmount},
		"currency that nobody knows": {`<Ccy>KES</Ccy>`, `<Ccy>KSH</Ccy>`, iso20022.FaultAmount},
		"entry in another currency":  {`<Ntry><NtryRef>1</NtryRef><Amt Ccy="KES">`, `<Ntry><NtryRef>1</NtryRef><Amt Ccy="USD">`, iso20022.FaultMismatch},
		"an entry is missing":        {">2.50<", ">2.00<", iso20022.FaultMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, string(data), c.old)
			_, err := iso20022.ParseStatement([]byte(strings.ReplaceAll(string(data), c.old, c.fresh)))
			requireStatementFault(t, err, c.fault)
		})
	}
	zeros := strings.ReplaceAll(string(data), ">1250.00<", ">1250.00000<")
	got, err := iso20022.ParseStatement([]byte(zeros))
	require.NoError(t, err, "zeros beyond the currency's decimals say nothing")
	require.Equal(t, day(), got)

	hours := day()
	hours.Currency, hours.Entries = fx.MustCurrency("hour.umoja.2"), nil
	hours.Balances[0].Amount.Currency = hours.Currency
	_, err = hours.Marshal(iso20022.MessageStatement)
	requireStatementFault(t, err, iso20022.FaultAmount)
	_, err = day().Marshal("pacs.008.001.08")
	requireStatementFault(t, err, iso20022.FaultNamespace)
}

// Statements as banks and other programs write them: read, or refused for a reason that is theirs.
func TestPublicStatements(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "iso20022", "camt.05[234]*.xml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("NOT READ: no public samples beside the checkout")
	}
	read := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		all, err := iso20022.ParseStatements(data)
		if broken, ok := errors.AsType[*schema.Error](err); ok {
			require.NotEmpty(t, broken.Reason, "%s: %v", file, err)
			continue
		}
		if err != nil { // made up by people who did not add
			requireStatementFault(t, err, iso20022.FaultMismatch)
			continue
		}
		read++
		for _, s := range all {
			require.NotEmpty(t, s.ID, file)
			require.False(t, s.Created.IsZero(), file)
		}
	}
	require.GreaterOrEqual(t, read, 28, "of %d", len(files))
}

func FuzzParseStatement(f *testing.F) {
	for _, message := range []string{iso20022.MessageStatement, iso20022.MessageAccountReport, iso20022.MessageAdvice} {
		data, err := day().Marshal(message)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := iso20022.ParseStatements(data)
		if err != nil {
			return
		}
		for _, s := range all {
			for _, e := range s.Entries {
				require.Equal(t, s.Currency, e.Amount.Currency)
			}
		}
	})
}
