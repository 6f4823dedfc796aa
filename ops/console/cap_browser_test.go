package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// changeACap: two people change a cap, each in a browser of their own. The engine carries it out in a batch that names
// both, and from then on the cap is in force.
func changeACap(m *market) {
	t := m.t
	t.Helper()
	books, err := store.OpenReader(t.Context(), m.url)
	require.NoError(t, err)
	defer books.Close()
	line := func() ledger.Standing {
		all, err := books.Standings(t.Context(), "mpesa-ke")
		require.NoError(t, err)
		for _, s := range all {
			if s.Currency.String() == "KES" {
				return s
			}
		}
		require.Fail(t, "mpesa-ke stands nowhere")
		return ledger.Standing{}
	}
	const capped = 1_234_567_00
	before, batch := line(), lastBatch(t, books)
	require.NotEqual(t, int64(capped), before.CreditLineMinor)

	asha, baraka := m.enters("Asha"), m.enters("Baraka")
	origin := m.origin
	wanted := func(act, name, amount, shows string, more ...string) {
		t.Helper()
		asha.Open(origin + "/console/participants/mpesa-ke")
		asha.Click(".others summary")
		require.EqualValues(t, http.StatusOK, asha.Follow(`a[href^="/console/ask/`+act+`?"]`))
		asha.Type("#f-"+name, amount)
		for i := 0; i < len(more); i += 2 {
			asha.Type("#f-"+more[i], more[i+1])
		}
		asha.Type("#f-reason", "the season")
		require.EqualValues(t, http.StatusOK, asha.Follow("form.form .button"))
		require.Contains(t, asha.Text("document.querySelector('main').innerText"), shows)
		asha.Picture("cap-" + act)
		require.EqualValues(t, http.StatusOK, asha.Follow("form.form button.button"))
		at := asha.Text("location.pathname")
		require.Equal(t, before.CreditLineMinor, line().CreditLineMinor, "nothing happens before a second person wants it")
		baraka.Open(origin + at)
		baraka.Picture("cap-" + act + "-decided")
		require.Contains(t, baraka.Text("document.querySelector('main').innerText"), shows)
		baraka.Type("#f-reason", "agreed by phone")
		require.EqualValues(t, http.StatusOK, baraka.Follow("button[value=approve]"))
		require.Eventually(t, func() bool {
			baraka.Open(origin + at)
			return strings.Contains(baraka.Text("document.querySelector('.story').innerText"), "Done")
		}, marketPatience, 200*time.Millisecond)
	}
	wanted("credit_terms", "amount", "2000000.00", "by another request", "haircut", "10")
	wanted("credit_line", "amount", "1234567.00", "1,234,567.00 KES")

	require.Equal(t, int64(capped), line().CreditLineMinor)
	named := false
	for n := batch + 1; n <= lastBatch(t, books) && !named; n++ {
		story, err := books.BatchStory(t.Context(), n)
		require.NoError(t, err)
		for _, c := range story.Commands {
			if c.Kind == "credit_line" {
				require.Equal(t, []string{"demo asha", "demo baraka", ""}, []string{c.Maker, c.Checker, c.Fault})
				named = true
			}
		}
	}
	require.True(t, named, "a batch carried it out")
	asha.Open(origin + "/console/participants/mpesa-ke")
	require.Contains(t, asha.Text("document.querySelector('main').innerText"), "1,234,567.00")
}

func lastBatch(t *testing.T, books *store.Ledger) int64 {
	t.Helper()
	last, err := books.LastBatch(t.Context())
	require.NoError(t, err)
	return last
}
