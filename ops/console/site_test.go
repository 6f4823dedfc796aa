package console_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// A day as it is read, by whom, and what is asked for on it.
func TestADay(t *testing.T) {
	r := played(t)
	for name, see := range map[string]func(*testing.T, *rig){
		"every route as every role": walkEverything, "search": searchTransfers, "files": readFiles, "hostile filters": hostileFilters, "four eyes": fourEyes,
		"own things alone": ownAlone, "pools": seePools, "states of pools": seeStates, "papers of a window": papersOfAWindow, "settling is asked for": settlingIsAsked,
		"statements": statements, "forms": everyForm, "sorted": sortedTables, "credentials": credentials, "badges": badges, "moved since": movedSince,
		"webhooks": tryWebhooks,
	} {
		t.Run(name, func(t *testing.T) { see(t, r) })
	}
	t.Run("the ledger goes away", func(t *testing.T) { ledgerAway(t, r) })
}

func walkEverything(t *testing.T, r *rig) {
	t.Helper()
	theirs, others := transferOf(t, r, true), transferOf(t, r, false)
	hooks := map[string]string{}
	for _, owner := range []string{"mpesa-ke", "gcash-ph"} {
		hooks[owner] = inPath(r.hook(t, owner, "https://example.org/"+owner, "").ID)
	}
	authtest.Walk(t, r.mux, r.guard.Routes(), authtest.Fixture{
		Mine: "mpesa-ke", Theirs: "gcash-ph", Secrets: []string{others}, Endless: []string{"/console/flow/live"},
		Request: func(route auth.Route, owner string) *http.Request {
			id := map[bool]string{true: theirs, false: others}[owner == "mpesa-ke"]
			switch {
			case strings.Contains(route.Pattern, "webhooks"):
				id = hooks[owner]
			case !strings.Contains(route.Pattern, "transfers"):
				id = "1"
			}
			path := strings.NewReplacer("{id}", id, "{name}", owner, "{kind}", "suspend", "{operation}", "T1P", "{$}", "", "{pool}", "chama-nairobi").Replace(route.Pattern)
			if strings.Contains(route.Pattern, "assets") {
				path = "/console/assets/style.css"
			}
			return httptest.NewRequest(route.Method, path, http.NoBody)
		},
	})
}

func inPath(id int64) string { return strconv.FormatInt(id, 10) }

// transferOf is a transfer that mpesa-ke sent or received, or had nothing to do with.
func transferOf(t *testing.T, r *rig, theirs bool) string {
	t.Helper()
	page, err := r.books.FindTransfers(t.Context(), ledger.TransferFilter{Limit: ledger.MaxPage})
	require.NoError(t, err)
	for _, one := range page.Transfers {
		if (one.Debtor == "mpesa-ke" || one.Creditor == "mpesa-ke") == theirs {
			return one.ID.String()
		}
	}
	require.Fail(t, "no such transfer in the day")
	return ""
}

func searchTransfers(t *testing.T, r *rig) {
	t.Helper()
	id := transferOf(t, r, true)
	found := r.get(auth.Auditor, "", "/console/transfers?text="+id)
	require.Equal(t, http.StatusOK, found.Code)
	require.Equal(t, 1, strings.Count(found.Body.String(), "<td class=\"at3\">"))
	story := r.get(auth.Auditor, "", "/console/transfers/"+id).Body.String()
	for _, part := range []string{"What happened", "Received", "Posting", "Proof", "Cleared: final"} {
		require.Contains(t, story, part)
	}
	require.Equal(t, http.StatusNotFound, r.get(auth.Auditor, "", "/console/transfers/T0000000000000").Code)
	require.Contains(t, r.get(auth.Auditor, "", "/console/transfers?text=nothing").Body.String(), "Nothing matches")
}

func readFiles(t *testing.T, r *rig) {
	t.Helper()
	for path, column := range map[string]string{
		"/console/transfers?state=paid&format=csv": "transfer", "/console/participants?format=csv": "participant", "/console/batches?format=csv": "batch",
		"/console/windows?format=csv": "window", "/console/requests?format=csv": "request", "/console/reconciliation?all=yes&format=csv": "difference", "/console/fx?format=csv": "quote",
	} {
		w := r.get(auth.Auditor, "", path)
		require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
		rows, err := csv.NewReader(w.Body).ReadAll()
		require.NoError(t, err)
		require.Equal(t, column, rows[0][0])
		if column != "request" && column != "difference" && column != "quote" { // the day has none
			require.Greater(t, len(rows), 5, path)
		}
	}
}

func hostileFilters(t *testing.T, r *rig) {
	t.Helper()
	for _, query := range []string{"min=5", "currency=KES&min=1e9", "currency=nothing", "from=yesterday", "batch=-", "after=x", "text=" + strings.Repeat("a", 5000), "state=%3Cscript%3E", "debtor=%00"} {
		w := r.get(auth.Auditor, "", "/console/transfers?"+query)
		require.Equal(t, http.StatusOK, w.Code, query)
		require.NotContains(t, w.Body.String(), "<script>", query)
	}
	for _, path := range []string{"/console/batches/x", "/console/batches/99999999", "/console/windows/0", "/console/requests/77", "/console/nothing", "/console/participants/nobody"} {
		require.Equal(t, http.StatusNotFound, r.get(auth.Operator, "", path).Code, path)
	}
}

func ownAlone(t *testing.T, r *rig) {
	t.Helper()
	page := r.get(auth.Participant, "mpesa-ke", "/console/participants").Body.String()
	require.Contains(t, page, "mpesa-ke")
	require.NotContains(t, page, "gcash-ph")
	require.NotContains(t, page, "/console/flow", "the navigation shows what is theirs")
}

// What one person asks for is said before it is asked, and decided by another.
func fourEyes(t *testing.T, r *rig) {
	t.Helper()
	form := []string{"participant", "mpesa-ke", "currency", "KES", "amount", "5000.00", "reason", "the season"}
	wrong := r.post(auth.Operator, "/console/ask/credit_line", "participant", "mpesa-ke", "currency", "KES", "amount", "5.001", "reason", "x")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Code)
	require.Contains(t, wrong.Body.String(), "at most 2 decimals")

	sure := r.post(auth.Operator, "/console/ask/credit_line", form...)
	require.Equal(t, http.StatusOK, sure.Code)
	require.Contains(t, sure.Body.String(), "credit line to 5000.00 KES")
	require.Contains(t, r.get(auth.Operator, "", "/console/requests?state=open").Body.String(), "Nothing matches", "nothing was asked yet")

	asked := r.post(auth.Operator, "/console/ask/credit_line", append(form, "sure", "yes")...)
	require.Equal(t, http.StatusSeeOther, asked.Code)
	at := asked.Header().Get("Location")
	require.Regexp(t, `^/console/requests/\d+$`, at)
	require.Equal(t, http.StatusForbidden, r.post(auth.Operator, at, "answer", "approve", "reason", "mine").Code)
	require.Equal(t, http.StatusUnprocessableEntity, r.post(auth.Approver, at, "answer", "approve").Code, "a decision has a reason")
	require.Equal(t, http.StatusSeeOther, r.post(auth.Approver, at, "answer", "approve", "reason", "agreed by phone").Code)
	again := r.post(auth.Approver, at, "answer", "refuse", "reason", "no")
	require.Equal(t, http.StatusUnprocessableEntity, again.Code)
	require.Contains(t, again.Body.String(), "before you")
	require.Contains(t, r.get(auth.Auditor, "", at).Body.String(), "agreed by phone")
}
