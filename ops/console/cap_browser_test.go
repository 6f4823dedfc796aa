package console_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// opening is how long a market may take to open.
const opening = 4 * time.Minute

// upAndRunning is a market that stays up after a small day, and the link that signs each of its people in, once.
func upAndRunning(t *testing.T) (url string, links map[string]string) {
	t.Helper()
	url, links = pgtest.New(t), map[string]string{}
	read, write := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	cfg := demo.Config{Dir: t.TempDir(), DatabaseURL: url, Transfers: 60, Seed: 7, HTTPAddr: "127.0.0.1:0", Out: write, Log: slog.New(slog.DiscardHandler)}
	go func() {
		err := demo.Run(ctx, cfg, true, func(*demo.Report) error { return nil })
		_ = write.Close() // never fails
		ended <- err
	}()
	up := make(chan map[string]string, 1)
	go func() {
		link, found := regexp.MustCompile(`^  (\w+) .*(http://\S+)$`), map[string]string{}
		for lines := bufio.NewScanner(read); lines.Scan(); {
			if parts := link.FindStringSubmatch(lines.Text()); parts != nil {
				found[parts[1]] = parts[2]
			}
			if strings.Contains(lines.Text(), "the switch stays up") {
				up <- found
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	select {
	case links = <-up:
	case err := <-ended:
		ended <- nil
		require.NoError(t, err, "the market ended")
	case <-time.After(opening):
		require.Fail(t, "the market did not open in time")
	}
	return url, links
}

// Two people change a cap in the console of a market that runs, each in a browser of their own: the engine carries it out
// in a batch that names both, and from then on the cap is in force.
func TestTwoPeopleChangeACapThatIsInForce(t *testing.T) {
	url, links := upAndRunning(t)
	books, err := store.OpenReader(t.Context(), url)
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

	enters := func(person string) *browsertest.Page {
		page := browsertest.Start(t).Page(t, looks()[0])
		page.Open(links[person])
		require.EqualValues(t, http.StatusOK, page.Follow("main button, form button"), person)
		return page
	}
	asha, baraka := enters("Asha"), enters("Baraka")
	origin := asha.Text("location.origin")
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
		}, opening, time.Second)
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
