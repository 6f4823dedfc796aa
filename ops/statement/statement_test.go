package statement

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/ops/statement/statementtest"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// schemas lie beside the checkout.
var schemas = filepath.Join("..", "..", "..", "shared", "xsd")

func config(format Format, participant string, currency fx.Currency, of fx.Date) Config {
	return Config{Participant: participant, Currency: currency, Day: of, Zone: time.UTC, Format: format, Now: later}
}

func written(t *testing.T, books *store.Ledger, c Config) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(t.Context(), books, c, &out))
	return out.String()
}

// The books are read by all of these, and written by none.
func TestStatements(t *testing.T) {
	books, _ := someBooks(t)
	for name, holds := range map[string]func(*testing.T, *store.Ledger){
		"follow on each other":     followOnEachOther,
		"say what entries are":     entriesSayWhatTheyAre,
		"add up as CSV":            csvAddsUp,
		"keep to days of the zone": dayIsTheZones,
		"agree with an accountant": accountantAgrees,
		"of everything in a day":   everythingOfADay,
	} {
		t.Run(name, func(t *testing.T) { holds(t, books) })
	}
}

// The statements of an account follow on each other, page by page and day by day, numbered without gaps.
func followOnEachOther(t *testing.T, books *store.Ledger) {
	t.Helper()
	const page = 7
	closing := map[string]fx.Money{}
	entries, pages := 0, 0
	for n, of := range days {
		c := config(EndOfDay, "", fx.Currency{}, of)
		c.pageEntries = page
		require.NoError(t, c.read(t.Context(), books, func(d *day) error {
			for _, a := range d.Accounts {
				if !isCurrency(a.Currency) {
					continue
				}
				left := a.Postings
				err := d.pages(t.Context(), a, EndOfDay, func(s iso20022.Statement) error {
					data, err := s.Marshal(iso20022.MessageStatement)
					require.NoError(t, err)
					got, err := iso20022.ParseStatement(data) // refuses a page that does not add up
					require.NoError(t, err)
					require.Equal(t, s, got)
					require.EqualValues(t, n+1, got.Number)
					opening, found := got.Balance(iso20022.BalanceOpening)
					require.True(t, found)
					if before, known := closing[got.Account.ID]; known {
						require.Equal(t, before, opening.Amount)
					} else {
						require.Zero(t, opening.Amount.Minor)
					}
					end, found := got.Balance(iso20022.BalanceClosing)
					require.True(t, found)
					closing[got.Account.ID] = end.Amount
					require.LessOrEqual(t, len(got.Entries), page)
					left -= int64(len(got.Entries))
					require.Equal(t, left == 0, got.LastPage)
					entries, pages = entries+len(got.Entries), pages+1
					return nil
				})
				require.NoError(t, err)
				require.Zero(t, left)
				require.Equal(t, a.ClosingMinor, closing[strconv.FormatInt(a.Account, 10)].Minor)
			}
			return nil
		}))
	}
	require.Greater(t, entries, 150)
	require.Greater(t, pages, 3*len(days)*2, "some days have several pages")
}

// An entry says whose it is, what it is and what it belongs to.
func entriesSayWhatTheyAre(t *testing.T, books *store.Ledger) {
	t.Helper()
	var all []iso20022.StatementEntry
	for _, of := range days {
		for _, account := range []ledger.AccountKind{ledger.Position, ledger.Settlement} {
			c := config(EndOfDay, "alpha-ke", kes, of)
			c.Account = account
			s, err := iso20022.ParseStatement([]byte(written(t, books, c)))
			require.NoError(t, err)
			all = append(all, s.Entries...)
		}
	}
	find := func(own string, credit bool) iso20022.StatementEntry {
		at := slices.IndexFunc(all, func(e iso20022.StatementEntry) bool { return e.Code.Own == own && (e.Amount.Minor > 0) == credit })
		require.GreaterOrEqual(t, at, 0, own)
		return all[at]
	}
	out := find("clear", false)
	require.Equal(t, iso20022.BankCode{Domain: "PMNT", Family: "ICDT", SubFamily: "OTHR", Own: "clear", Issuer: "ayni"}, out.Code)
	require.Equal(t, "beta-ke", out.Details[0].CreditorAgent.Other)
	require.NotEmpty(t, out.Details[0].ID.TxID)
	back := find("return", true)
	require.Equal(t, "RRTN", back.Code.SubFamily)
	require.Equal(t, "back", back.Details[0].ID.EndToEndID)
	require.Contains(t, back.Details[0].Remittance, "return of T")
	require.True(t, find("fee", true).Reversal, "a return takes the fee back")
	require.False(t, find("fee", false).Reversal)
	require.Equal(t, "DEP-1", find("fund", true).Details[0].Remittance)
	require.Equal(t, "window 1", find("settle", false).Details[0].Remittance)

	c := config(Advice, "gamma-kw", kwd, days[0])
	s, err := iso20022.ParseStatement([]byte(written(t, books, c)))
	require.NoError(t, err)
	require.NotEmpty(t, s.Entries)
	require.Equal(t, "XBCT", s.Entries[0].Code.SubFamily)
	require.Equal(t, iso20022.NotProvided, s.Entries[0].Details[0].ID.EndToEndID)
	require.Equal(t, "intent "+longIntent, s.Entries[0].Details[0].Information)
}

func csvAddsUp(t *testing.T, books *store.Ledger) {
	t.Helper()
	for _, of := range days {
		rows, err := csv.NewReader(strings.NewReader(written(t, books, config(CSV, "alpha-ke", kes, of)))).ReadAll()
		require.NoError(t, err)
		require.Equal(t, columns, rows[0])
		money := func(text string) int64 {
			m, err := fx.ParseMoney(text, kes)
			require.NoError(t, err)
			return m.Minor
		}
		balance, closed := int64(0), 0
		for _, row := range rows[1:] {
			switch row[3] {
			case "opening":
				balance = money(row[10])
			case "closing":
				closed++
			default:
				balance += money(row[9])
			}
			require.Equal(t, balance, money(row[10]), "%v", row)
		}
		require.Equal(t, 2, closed, "position and settlement")
	}
}

// A day is the calendar's where it is said to be, also where it has 23 hours; so far, it ends now.
func dayIsTheZones(t *testing.T, books *store.Ledger) {
	t.Helper()
	nairobi, err := time.LoadLocation("Africa/Nairobi")
	require.NoError(t, err)
	c := config(EndOfDay, "alpha-ke", kes, days[1])
	c.Account, c.Zone = ledger.Position, nairobi
	s, err := iso20022.ParseStatement([]byte(written(t, books, c)))
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 4, 13, 21, 0, 0, 0, time.UTC), s.From)
	for _, e := range s.Entries {
		require.False(t, e.BookedAt.Before(s.From) || !e.BookedAt.Before(s.To), "%s", e.BookedAt)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	from, until, err := span("2026-03-29", berlin)
	require.NoError(t, err)
	require.Equal(t, 23*time.Hour, until.Sub(from))

	c.Now = time.Date(2026, 4, 14, 6, 0, 0, 0, time.UTC)
	require.ErrorIs(t, Write(t.Context(), books, c, &bytes.Buffer{}), ErrOpenDay)
	c.Format = Intraday
	s, err = iso20022.ParseStatement([]byte(written(t, books, c)))
	require.NoError(t, err)
	require.Equal(t, c.Now, s.To)
	earlier := c
	earlier.Now = c.Now.Add(-5 * time.Hour)
	before, err := iso20022.ParseStatement([]byte(written(t, books, earlier)))
	require.NoError(t, err)
	require.Less(t, before.Number, s.Number)
	require.NotEqual(t, before.ID, s.ID)
	_, interim := s.Balance(iso20022.BalanceInterim)
	require.True(t, interim)
}

func TestStatementIsRefused(t *testing.T) {
	books, url := someBooks(t)
	c := config(EndOfDay, "alpha-ke", kes, days[0])
	var out bytes.Buffer
	for name, refused := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"another format":       {func(c *Config) { c.Format = "pdf" }, ErrFormat},
		"nobody":               {func(c *Config) { c.Participant = "nobody" }, ledger.ErrNoAccount},
		"no such account":      {func(c *Config) { c.Account = ledger.Collateral }, ledger.ErrNoAccount},
		"a currency of others": {func(c *Config) { c.Currency = kwd }, ledger.ErrNoAccount},
		"more than a message":  {func(c *Config) { c.pageEntries = 3 }, ErrPages},
	} {
		broken := c
		refused.change(&broken)
		require.ErrorIs(t, Write(t.Context(), books, broken, &out), refused.want, name)
	}
	work := config(EndOfDay, "umoja", hours, days[0])
	var fault *iso20022.FormatError
	require.ErrorAs(t, Write(t.Context(), books, work, &out), &fault)
	require.Equal(t, iso20022.FaultAmount, fault.Fault)
	require.Zero(t, out.Len())

	// Books whose postings were tampered with are told to nobody.
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // of a test
	_, err = owner.Exec(t.Context(), `SET ledger.change_the_past = 'on'; UPDATE ledger.posting SET amount = amount + 1 WHERE id = (SELECT min(id) FROM ledger.posting)`)
	require.NoError(t, err)
	for _, format := range []Format{EndOfDay, Intraday, Advice, CSV, Journal} {
		c.Format = format
		var drift *ledger.DriftError
		require.ErrorAs(t, Write(t.Context(), books, c, &out), &drift)
		require.Zero(t, out.Len(), "not a byte")
	}
}

// Another program, which knows nothing of ours, comes to the same balances; and a journal that was changed is refused by it.
func accountantAgrees(t *testing.T, books *store.Ledger) {
	t.Helper()
	for _, of := range days {
		c := config(Journal, "", fx.Currency{}, of)
		journal := written(t, books, c)
		balances := journaltest.Balances(t, journal)
		require.NoError(t, c.read(t.Context(), books, func(d *day) error {
			for _, a := range d.Accounts {
				require.Equal(t, a.ClosingMinor, balances[a.Owner+":"+string(a.Kind)+" "+a.Currency.String()], "%+v", a)
			}
			return nil
		}))
		own := journaltest.Balances(t, written(t, books, config(Journal, "alpha-ke", kes, of)))
		for _, account := range []string{"alpha-ke:position KES", "alpha-ke:settlement KES"} {
			require.Equal(t, balances[account], own[account])
		}
	}
	journal := written(t, books, config(Journal, "alpha-ke", kes, days[0]))
	last := strings.LastIndex(journal, " = ")
	file := filepath.Join(t.TempDir(), "changed.journal")
	require.NoError(t, os.WriteFile(file, []byte(journal[:last]+" = 1.00 KES\n"), 0o600))
	require.Error(t, exec.CommandContext(t.Context(), "hledger", "-f", file, "balance").Run())
}

// Everything of a day is written, validates, and names what each window left to be paid.
func everythingOfADay(t *testing.T, books *store.Ledger) {
	t.Helper()
	dir := t.TempDir()
	_, err := Emit(t.Context(), books, Emission{Dir: dir, Day: days[2], Now: firstDay.AddDate(0, 0, 2).Add(time.Hour)})
	require.ErrorIs(t, err, ErrOpenDay)
	for i, version := range []string{"", "pacs.009.001.09", "pacs.009.001.10"} {
		done, err := Emit(t.Context(), books, Emission{Dir: dir, Day: days[2], Now: later.Add(time.Duration(i)), Version: version})
		require.NoError(t, err)
		require.Equal(t, 2, done.Obligations, "alpha pays, beta is paid; gamma's comes to nothing, and hours have no message")
		require.GreaterOrEqual(t, done.Statements, done.Advices)
		data, err := os.ReadFile(filepath.Join(dir, string(days[2]), "pacs.009", "window-1.alpha-ke.KES.xml"))
		require.NoError(t, err)
		o, err := iso20022.ParseNetObligation(data)
		require.NoError(t, err)
		require.Equal(t, fx.Money{Minor: 7_00, Currency: kes}, o.Amount)
		require.Equal(t, "alpha-ke", o.Debtor.Other)
		require.Equal(t, "agent-kes", o.InstructedAgent.Other)
		statementtest.Validate(t, dir, schemas)
	}
	journal, err := os.ReadFile(filepath.Join(dir, string(days[2]), "books.journal"))
	require.NoError(t, err)
	require.Contains(t, string(journal), `"hour.umoja.2"`)
}
