package console_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Pages of each account of everybody, however they are cut, say what the ledger's own statement says, and add up.
func statements(t *testing.T, r *rig) {
	t.Helper()
	everybody, err := r.books.Participants(t.Context())
	require.NoError(t, err)
	last, err := r.books.LastBatch(t.Context())
	require.NoError(t, err)
	newest, err := r.books.BatchStory(t.Context(), last)
	require.NoError(t, err)
	compared := 0
	for _, p := range everybody {
		whole := map[int64][]ledger.StatementLine{}
		accounts, err := r.books.Statement(t.Context(), p.Name, p.Currency, ledger.Span{First: 1, Last: last}, func(l ledger.StatementLine) error {
			whole[l.Account] = append(whole[l.Account], l)
			return nil
		})
		require.NoError(t, err)
		for n, account := range accounts {
			f := ledger.AccountFilter{
				Participant: p.Name, Currency: p.Currency, Kind: account.Kind, Limit: 1 + n*3, Until: newest.DecidedAt.Add(time.Second),
			}
			var lines []ledger.StatementLine
			balance := int64(0)
			for more := true; more; more = f.Cursor != "" {
				page, err := r.books.AccountPage(t.Context(), f)
				require.NoError(t, err)
				require.Equal(t, account.ClosingMinor, page.ClosingMinor)
				require.Equal(t, balance, page.BeforeMinor)
				for _, l := range page.Lines {
					require.NotEmpty(t, l.Other)
					lines, balance = append(lines, l.StatementLine), l.BalanceMinor
				}
				f.Cursor = page.Next
			}
			require.Equal(t, whole[account.Account], lines, "%s %s", p.Name, account.Kind)
			require.Equal(t, account.ClosingMinor, balance)
			compared += len(lines)
		}
	}
	require.Greater(t, compared, 100)
	statementPages(t, r, newest.DecidedAt)
}

func statementPages(t *testing.T, r *rig, day time.Time) {
	t.Helper()
	const path = "/console/participants/mpesa-ke/statement"
	days := "&from=" + day.AddDate(0, 0, -2).Format(time.DateOnly) + "&to=" + day.AddDate(0, 0, 1).Format(time.DateOnly)
	page := r.get(auth.Participant, "mpesa-ke", path+"?currency=KES"+days)
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "Opening balance")
	require.Equal(t, http.StatusNotFound, r.get(auth.Participant, "gcash-ph", path+"?currency=KES"+days).Code, "another's")
	require.Equal(t, http.StatusNotFound, r.get(auth.Auditor, "", path+"?currency=PHP"+days).Code, "no account in it")
	for _, hostile := range []string{"&from=x", "&to=2026-13-77", "&from=2030-01-01&to=2020-01-01", "&after=x", "&after=" + ledger.ListPostings.Cursor(7)} {
		w := r.get(auth.Auditor, "", path+"?currency=KES"+hostile)
		require.Equal(t, http.StatusOK, w.Code, hostile)
		require.Contains(t, w.Body.String(), `role="alert"`, hostile)
	}

	file := r.get(auth.Auditor, "", path+"?currency=KES&format=csv"+days)
	rows, err := csv.NewReader(file.Body).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "opening", rows[1][4])
	require.Equal(t, "closing", rows[len(rows)-1][4])
	require.Equal(t, rows[len(rows)-2][9], rows[len(rows)-1][9], "the last balance is the closing one")
	negative := 0
	for _, row := range rows {
		require.False(t, strings.HasPrefix(row[8], "'"), "an amount below zero stays a number")
		if strings.HasPrefix(row[8], "-") {
			negative++
		}
	}
	require.Positive(t, negative)

	today := "&day=" + day.Format(time.DateOnly)
	camt := r.get(auth.Participant, "mpesa-ke", path+"/file?currency=KES&as=camt.052"+today)
	require.Equal(t, http.StatusOK, camt.Code)
	require.Equal(t, "application/xml", camt.Header().Get("Content-Type"))
	require.Contains(t, camt.Body.String(), "camt.052")
	require.Equal(t, http.StatusNotFound, r.get(auth.Participant, "gcash-ph", path+"/file?currency=KES&as=camt.052"+today).Code)
	require.Equal(t, http.StatusNotFound, r.get(auth.Auditor, "", path+"/file?currency=KES&as=doc"+today).Code)
	open := r.get(auth.Auditor, "", path+"/file?currency=KES&as=camt.053&day="+time.Now().Format(time.DateOnly))
	require.Equal(t, http.StatusUnprocessableEntity, open.Code)
	require.Contains(t, open.Body.String(), "not over")
	over := r.get(auth.Auditor, "", path+"/file?currency=KES&as=camt.053&day="+time.Now().AddDate(0, 0, -3).Format(time.DateOnly))
	require.Equal(t, http.StatusOK, over.Code)
	require.Contains(t, over.Body.String(), "camt.053")
}
