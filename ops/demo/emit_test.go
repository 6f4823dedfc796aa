package demo_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/ops/statement/statementtest"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// account is one as the database has it at the end.
type account struct {
	ID             int64
	Name           string // "mpesa-ke:position KES"
	Balance, Moved int64
}

// tells holds what the switch told of a day that is over against its database: statements add up and end where the
// accounts stand, what windows left to be paid comes to nothing but for rounding, another program reads the same
// balances, and the official schemas know every message.
func tells(t *testing.T, dir, url string) {
	t.Helper()
	books, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer books.Close(t.Context()) //nolint:errcheck // only read
	rows, err := books.Query(t.Context(), `SELECT account, participant || ':' || kind || ' ' || currency, balance_minor, debits_minor + credits_minor FROM ledger.balance_now`)
	require.NoError(t, err)
	accounts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[account])
	require.NoError(t, err)
	days, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, days)
	last := days[len(days)-1] // there are two where midnight came between

	t.Run("statements", func(t *testing.T) { requireStatements(t, last, accounts) })
	t.Run("obligations", func(t *testing.T) { requireObligations(t, days, accounts) })
	t.Run("journal", func(t *testing.T) {
		journal, err := os.ReadFile(filepath.Join(last, "books.journal"))
		require.NoError(t, err)
		balances := journaltest.Balances(t, string(journal))
		for _, a := range accounts {
			require.Equal(t, a.Balance, balances[a.Name], "%+v", a)
		}
	})
	t.Run("schemas", func(t *testing.T) { statementtest.Validate(t, dir, filepath.Join("..", "..", "..", "shared", "xsd")) })
}

func requireStatements(t *testing.T, day string, accounts []account) {
	t.Helper()
	closing := map[string]int64{}
	for _, file := range files(t, day, "camt.053") {
		s, err := iso20022.ParseStatement(file) // refuses one that does not add up
		require.NoError(t, err)
		if end, found := s.Balance(iso20022.BalanceClosing); found && s.LastPage {
			closing[s.Account.ID] = end.Amount.Minor
		}
	}
	for _, a := range accounts {
		end, told := closing[strconv.FormatInt(a.ID, 10)]
		require.Equal(t, a.Moved != 0, told, "%+v", a)
		require.Equal(t, a.Balance, end, "%+v", a)
	}
}

func requireObligations(t *testing.T, days []string, accounts []account) {
	t.Helper()
	owed := map[string]int64{}
	for _, day := range days {
		for _, file := range files(t, day, "pacs.009") {
			o, err := iso20022.ParseNetObligation(file)
			require.NoError(t, err)
			if o.Creditor.Other == ledger.SchemeName {
				o.Amount.Minor = -o.Amount.Minor
			}
			owed["scheme:residual "+o.Amount.Currency.String()] += o.Amount.Minor
		}
	}
	require.GreaterOrEqual(t, len(owed), 12)
	for _, a := range accounts {
		if sum, settles := owed[a.Name]; settles {
			require.Zero(t, sum+a.Balance, "%s: what was rounded away stays with the scheme", a.Name)
			delete(owed, a.Name)
		}
	}
	for name, sum := range owed {
		require.Zero(t, sum, name)
	}
}

// files are the texts of a day's messages of a kind.
func files(t *testing.T, day, kind string) (texts [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(day, kind, "*.xml"))
	require.NoError(t, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		texts = append(texts, text)
	}
	return texts
}
