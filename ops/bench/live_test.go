package bench

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/auth"
)

var (
	liveRate    = flag.Int("live", 0, "transfers a second while a browser watches, such as 5000; figures are then held against their targets")
	liveSeconds = flag.Int("live-seconds", 60, "for how long, with -live")
	liveReaders = flag.Int("live-readers", 50, "who else reads the page's stream, with -live")
)

// watchPage notes in the page when it shows a newer batch, how long its longest tasks were, and what its heap holds.
const watchPage = `(() => {
	const w = window.watched = {shown: [], tasks: []};
	new PerformanceObserver((list) => { for (const e of list.getEntries()) w.tasks.push(e.duration); }).observe({type: 'longtask', buffered: false});
	const newest = () => {
		const tile = [...document.querySelectorAll('#flow-now .tile')].find((t) => t.textContent.includes('Newest batch'));
		return Number(tile.querySelector('dd').firstChild.textContent.replace(/\D/g, ''));
	};
	new MutationObserver(() => w.shown.push([performance.timeOrigin + performance.now(), newest()])).observe(document.getElementById('flow-now'), {childList: true});
	return String(newest());
})()`

// seen is what watchPage noted: moments in milliseconds since 1970 and the batch that was shown, and tasks in milliseconds.
type seen struct {
	Shown [][2]float64
	Tasks []float64
}

// A page that is live keeps up with a switch that clears: what it shows is as new as the pace of looks has it, however
// much is cleared, and the browser idles between. With -live it does so at that rate, for a minute, beside many other readers.
func TestALivePageKeepsUp(t *testing.T) {
	rate, lasts, others, strict := *liveRate, time.Duration(*liveSeconds)*time.Second, *liveReaders, *liveRate > 0
	if !strict {
		rate, lasts, others = 200, 4*time.Second, 5
	}
	browser := browsertest.Start(t)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	m, err := newMarket(10, 2000, 1, time.Now())
	require.NoError(t, err)
	s, err := openStage(t.Context(), "", m, log)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close(context.WithoutCancel(t.Context()))) }()
	_, err = s.play(t.Context(), 2000, false, false, s.atOnce(m.traffic(2000, 1), unpaid))
	require.NoError(t, err)
	served, origin, err := s.openSite(t.Context(), log)
	require.NoError(t, err)
	link, err := served.Link(t.Context(), auth.Principal{Subject: "bench asha", Name: "Asha", Roles: []auth.Role{auth.Operator}})
	require.NoError(t, err)
	auditor, err := token(t.Context(), served, origin, "bench-auditor", auth.Auditor, "")
	require.NoError(t, err)

	page := browser.Page(t, browsertest.Look{Width: 1440, Height: 900})
	page.Open(link)
	require.EqualValues(t, http.StatusOK, page.Follow("button"))
	require.EqualValues(t, http.StatusOK, page.Open(origin+"/console/flow"))
	page.Wait("document.querySelector('[data-live]').dataset.state === 'live'")
	page.Complaints() // about the pages before
	page.Text(watchPage)
	heapBefore := page.Heap()

	var got *seen
	var heapAfter int64
	var told []int
	traffic := m.traffic(int(float64(rate)*lasts.Seconds())&^1, 2)
	var r run
	samples, err := profileOf(func() error {
		reading, stop := context.WithCancel(t.Context())
		defer stop()
		var group errgroup.Group
		var mu sync.Mutex
		for range others {
			group.Go(func() error {
				n, err := listen(reading, origin, auditor)
				mu.Lock()
				defer mu.Unlock()
				told = append(told, n)
				return err
			})
		}
		if r, err = s.play(t.Context(), traffic.left, false, false, s.steadily(traffic, float64(rate))); err != nil {
			return err
		}
		// Everything has been written: the page shows it with the next look.
		_, now := s.meter.sums()
		page.Wait(fmt.Sprintf("window.watched.shown.some(([, batch]) => batch >= %d)", now.batch))
		stop()
		return group.Wait()
	})
	require.NoError(t, err)
	page.JSON("window.watched", &got)
	heapAfter = page.Heap()
	page.Picture("live")
	require.Empty(t, page.Complaints())

	lags := got.lags(t, r.stretch)
	took := r.marks[len(r.marks)-1].at.Sub(r.began)
	updates := float64(len(got.Shown)) / took.Seconds()
	slices.Sort(got.Tasks)
	longest := 0.0
	for _, task := range got.Tasks {
		longest = max(longest, task)
	}
	events := 0
	for _, n := range told {
		events = max(events, n)
	}
	t.Logf("%d transfers in %.1f s: %.0f cleared/s, %.0f paid/s, in %d batches", r.transfers, took.Seconds(), r.rate(countCleared), r.rate(countPaid), len(r.marks))
	t.Logf("the page changed %.2f times a second; a batch was on it after p50 %.0f, p99 %.0f, max %.0f ms; the first half at most %.0f, the second %.0f",
		updates, quantile(sorted(lags), .5), quantile(sorted(lags), .99), quantile(sorted(lags), 1),
		quantile(sorted(lags[:len(lags)/2]), 1), quantile(sorted(lags[len(lags)/2:]), 1))
	t.Logf("%d tasks of more than 50 ms, the longest %.0f ms; heap %d kB before, %d kB after", len(got.Tasks), longest, heapBefore>>10, heapAfter>>10)
	t.Logf("%d more readers had %d events each at most, %.2f a second; cores used by part: %s", others, events, float64(events)/took.Seconds(), coresOf(samples, took))

	assert.LessOrEqual(t, updates, 4.5, "looks are four a second")
	assert.NotEmpty(t, got.Shown)
	assert.Less(t, heapAfter, heapBefore+8<<20, "what was shown before is gone")
	if !strict {
		return
	}
	assert.GreaterOrEqual(t, r.rate(countCleared), .97*float64(rate), "the switch kept up")
	assert.LessOrEqual(t, quantile(sorted(lags), 1), 1000.0, "no batch waits longer for the page")
	assert.LessOrEqual(t, longest, 200.0, "the browser is never busy for long")
}

// lags are how long the oldest batch that an update brought had waited for it, from its commit on, in the order of updates.
func (s *seen) lags(t *testing.T, r stretch) (lags []time.Duration) {
	t.Helper()
	commits, shown := r.commits(), int64(0)
	for _, update := range s.Shown {
		at, batch := time.UnixMicro(int64(1000*update[0])), int64(update[1])
		require.GreaterOrEqual(t, batch, shown, "the page goes back")
		for next := max(shown+1, r.from.batch+1); next <= batch; next++ {
			if committed, ok := commits[next]; ok {
				lags = append(lags, max(at.Sub(committed), 0))
				break
			}
		}
		shown = batch
	}
	require.NotEmpty(t, lags)
	return lags
}

func sorted(all []time.Duration) []time.Duration { return slices.Sorted(slices.Values(all)) }

// listen reads the page's stream until ctx ends, and counts events.
func listen(ctx context.Context, origin, token string) (events int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/console/flow/live", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", answer.StatusCode)
	}
	lines := bufio.NewReader(answer.Body)
	for {
		line, err := lines.ReadString('\n')
		if strings.HasPrefix(line, "id: ") {
			events++
		}
		if err != nil && (ctx.Err() != nil || err == io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
	}
}

// coresOf says how many cores each part of this process used.
func coresOf(samples []profileSample, took time.Duration) string {
	var parts []string
	by := byPart(samples, took)
	for _, name := range sortedNames(by) {
		parts = append(parts, fmt.Sprintf("%s %.2f", name, by[name]))
	}
	return strings.Join(parts, ", ")
}
