package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// series are what a registry shows, by name and labels.
func series(t *testing.T, r prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue()
			if m.GetHistogram() != nil {
				value = float64(m.GetHistogram().GetSampleCount())
			}
			all[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = value
		}
	}
	return all
}

// What happened on real servers is what the metrics say.
func TestMetricsOfARealFlow(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	adapter, err := NewAdapter(registry, "bank-ke")
	require.NoError(t, err)
	s := newStage(t, nil, adapter.Called)
	adapter.Watch(s.runners["bank-ke"].Stats)
	batches, err := NewBatches(registry)
	require.NoError(t, err)
	_, err = NewLedger(registry, s.books, s.hub)
	require.NoError(t, err)
	for i := range 3 {
		account := "254700000002"
		if i == 2 {
			account = refusedAccount
		}
		s.order(fmt.Sprintf("t%d", i), messaging.Party{Name: "Wanjiku", Account: "254700000001"}, messaging.Party{Name: "Akinyi", Account: account})
	}
	s.await("t0", messaging.StatePaid)
	s.await("t1", messaging.StatePaid)
	s.await("t2", messaging.StateReturned)
	require.Eventually(t, func() bool {
		for len(s.notices) > 0 {
			batches.Notice(t.Context(), <-s.notices)
		}
		return testutil.ToFloat64(batches.transfers.WithLabelValues("returned")) == 1
	}, patience, time.Millisecond)

	got := series(t, registry)
	for name, want := range map[string]float64{
		"ayni_intents_total{result=accepted}":                                    3,
		"ayni_intents_total{result=refused}":                                     0,
		"ayni_transfers_total{state=paid}":                                       2,
		"ayni_transfers_total{state=returned}":                                   1,
		"ayni_transfer_age_seconds{state=paid}":                                  3,
		"ayni_queue_transfers{}":                                                 0,
		"ayni_source_up{source=ledger}":                                          1,
		"ayni_source_up{source=broker}":                                          1,
		"ayni_lease_epoch{}":                                                     1,
		"ayni_lease_info{holder=test}":                                           1,
		"ayni_windows{group=default,state=open}":                                 1,
		"ayni_liquidity_prefunded_units{currency=KES,participant=mpesa-ke}":      1_000_000,
		"ayni_liquidity_used_units{currency=KES,participant=mpesa-ke}":           200,
		"ayni_liquidity_used_units{currency=KES,participant=bank-ke}":            0,
		"ayni_requests_waiting{}":                                                0,
		"ayni_split_views{}":                                                     0,
		"ayni_adapter_operations{kind=payout,participant=bank-ke,state=settled}": 2,
		"ayni_adapter_operations{kind=payout,participant=bank-ke,state=failed}":  1,
		"ayni_adapter_unknown{participant=bank-ke}":                              0,
		"ayni_adapter_breaker_open{endpoint=submit,participant=bank-ke}":         0,
	} {
		value, ok := got[name]
		if assert.Truef(t, ok, "%s is missing", name) {
			assert.InDelta(t, want, value, 1e-9, name)
		}
	}
	require.Greater(t, got["ayni_batches_total{}"], 2.0)
	require.Positive(t, got["ayni_log_entries{}"])
	for name := range got {
		require.NotRegexp(t, `2547|Wanjiku|Akinyi`, name, "a label names a person")
	}
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// dark is a ledger that does not answer.
type dark struct{ asked int }

func (d *dark) Gauges(ctx context.Context) (ledger.Gauges, error) {
	d.asked++
	return ledger.Gauges{}, errors.New("no route")
}
func (*dark) Rails(context.Context) ([]ledger.RailStanding, error) { return nil, nil }
func (*dark) Connections() ledger.Connections                      { return ledger.Connections{Max: 4} }

func TestALedgerThatIsAwayHidesNothingElse(t *testing.T) {
	registry, books := prometheus.NewPedanticRegistry(), &dark{}
	_, err := NewLedger(registry, books, nil)
	require.NoError(t, err)
	for range 3 {
		got := series(t, registry)
		require.Zero(t, got["ayni_source_up{source=ledger}"])
		require.InDelta(t, 4, got["ayni_database_connections_max{}"], 0)
		require.NotContains(t, got, "ayni_log_entries{}")
	}
	require.Equal(t, 1, books.asked, "asked once, whoever scrapes")
}

func TestARailMaySayAnything(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	adapter, err := NewAdapter(registry, "bank-ke")
	require.NoError(t, err)
	for i := range 10 * mostCodes {
		adapter.Called(adapters.Call{Endpoint: "submit", State: adapters.Failed, Code: fmt.Sprintf("E%d", i)})
		adapter.Called(adapters.Call{Endpoint: "submit", Code: fmt.Sprintf("JANE DOE %d", i), Err: context.DeadlineExceeded})
	}
	adapter.Called(adapters.Call{Endpoint: "query", Code: "254700000001"})
	got := series(t, registry)
	count := 0
	for name := range got {
		if strings.HasPrefix(name, "ayni_adapter_calls_total") {
			count++
			require.NotContains(t, name, "JANE")
			require.NotContains(t, name, "2547")
		}
	}
	require.Equal(t, mostCodes+3, count)
	require.InDelta(t, 10*mostCodes, got["ayni_adapter_calls_total{code=other,endpoint=submit,participant=bank-ke,state=timeout}"], 0)
}

func TestCallbacksAreCountedAndNothingElse(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	adapter, err := NewAdapter(registry, "bank-ke")
	require.NoError(t, err)
	handler := adapter.Callbacks(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/rail/no" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	for _, path := range []string{"/rail/yes", "/rail/yes", "/rail/no", "/stats"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, http.NoBody))
	}
	got := series(t, registry)
	require.InDelta(t, 2, got["ayni_adapter_callbacks_total{class=2xx,participant=bank-ke}"], 0)
	require.InDelta(t, 1, got["ayni_adapter_callbacks_total{class=4xx,participant=bank-ke}"], 0)
}

func TestBoundAndReachedAreOfOneUnit(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	batches, err := NewBatches(registry)
	require.NoError(t, err)
	batches.Notice(t.Context(), engine.Summary{Clearing: ledger.Clearing{Bound: 4_000_000, Reached: 3_000_000, FIFO: 1_000_000, Numeraire: kes, Coarser: 1}})
	got := series(t, registry)
	require.InDelta(t, 8, got["ayni_clearing_bound_value_total{numeraire=KES}"], 1e-9)
	require.InDelta(t, 6, got["ayni_clearing_reached_value_total{numeraire=KES}"], 1e-9)
}

type node struct{ err error }

func (n node) Halted() error { return n.err }

func (node) Newest(context.Context) (int64, string, error) { return 7, "", nil }

func TestAPoolThatHaltsSaysSo(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	_, err := NewPool(registry, "village", node{errors.New("disk")}, node{})
	require.NoError(t, err)
	got := series(t, registry)
	require.InDelta(t, 1, got["ayni_pool_halted{pool=village}"], 0)
	require.InDelta(t, 7, got["ayni_pool_log_entries{pool=village}"], 0)
}
