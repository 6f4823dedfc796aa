package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

func answer(t *testing.T, h http.HandlerFunc) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
	return w.Code, w.Body.String()
}

func TestARealSwitchIsReady(t *testing.T) {
	s := newStage(t, nil, nil)
	checks := append(CheckLedger(s.books, time.Now), CheckDatabase(s.books), CheckBroker(s.hub))
	h := NewHealth(checks...)
	code, body := answer(t, h.Ready)
	require.Equal(t, http.StatusOK, code, body)
	require.JSONEq(t, `{"status":"ready","checks":{"broker":{"ok":true},"clock":{"ok":true},"database":{"ok":true},"lease":{"ok":true},"outbox":{"ok":true}}}`, body)

	s.stop()
	s.hub.Close()
	s.books.Close()
	code, body = answer(t, NewHealth(checks...).Ready)
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, `"broker":{"ok":false,"reason":"the broker is not connected"}`)
	require.Contains(t, body, `"database":{"ok":false,"reason":"the database does not answer"}`)
	code, _ = answer(t, h.Alive)
	require.Equal(t, http.StatusOK, code)
}

// fixed is a ledger that stands in a certain way.
type fixed ledger.Gauges

func (f fixed) Gauges(context.Context) (ledger.Gauges, error) { return ledger.Gauges(f), nil }

func TestWhatIsNotReady(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	sound := ledger.Gauges{Now: now, Epoch: 3, LeaseAge: time.Second}
	for name, c := range map[string]struct {
		alter func(*ledger.Gauges)
		bad   string
	}{
		"all is well":  {func(*ledger.Gauges) {}, ""},
		"never led":    {func(g *ledger.Gauges) { g.Epoch = 0 }, "lease"},
		"old lease":    {func(g *ledger.Gauges) { g.LeaseAge = LeaseYoung + 1 }, "lease"},
		"old outbox":   {func(g *ledger.Gauges) { g.OutboxAge = OutboxYoung + 1 }, "outbox"},
		"clock ahead":  {func(g *ledger.Gauges) { g.Now = now.Add(-ClockWithin - 1) }, "clock"},
		"clock behind": {func(g *ledger.Gauges) { g.Now = now.Add(ClockWithin + 1) }, "clock"},
	} {
		g := sound
		c.alter(&g)
		for what, found := range NewHealth(CheckLedger(fixed(g), clock)...).Look(t.Context()).Checks {
			require.Equalf(t, what != c.bad, found.OK, "%s: %s %s", name, what, found.Reason)
		}
	}
	require.NoError(t, room(2*DiskLeast, 3*DiskLeast))
	require.Error(t, room(DiskLeast-1, DiskLeast))
	require.Error(t, room(2*DiskLeast, 100*DiskLeast))
	require.Error(t, CheckDisk(t.TempDir()+"/nowhere").Ask(t.Context()))
}

func TestReasonsShowNoSecrets(t *testing.T) {
	h := NewHealth(Check{"x", func(context.Context) error { return errors.New("dial postgres://ayni:hunter2@db") }})
	_, body := answer(t, h.Ready)
	require.NotContains(t, body, "hunter2")
}

func TestACheckThatHangsHoldsUpNobody(t *testing.T) {
	asked, release := make(chan struct{}, 10), make(chan struct{})
	h := NewHealth(Check{"x", func(context.Context) error {
		asked <- struct{}{}
		<-release
		return nil
	}})
	h.probes[0].within = time.Millisecond
	for range 5 {
		require.Equal(t, "no answer in time", h.Look(t.Context()).Checks["x"].Reason)
	}
	require.Len(t, asked, 1, "one that hangs is not asked again")
	close(release)
	require.Eventually(t, func() bool { return h.Look(t.Context()).Status == "ready" }, patience, time.Millisecond)
}

// schema is a database of a version, for a program that wants 20.
type schema struct {
	have int64
	err  error
}

func (s schema) Migrated(context.Context) (have, want int64, err error) { return s.have, 20, s.err }

func TestAnOldSchemaIsNotReady(t *testing.T) {
	require.NoError(t, CheckDatabase(schema{have: 20}).Ask(t.Context()))
	require.NoError(t, CheckDatabase(schema{have: 21}).Ask(t.Context()))
	require.ErrorContains(t, CheckDatabase(schema{have: 19}).Ask(t.Context()), "version 19, not 20")
	require.EqualError(t, CheckDatabase(schema{err: errors.New("dial db.internal")}).Ask(t.Context()), "the database does not answer")
}
