// Package promcheck does with rules what promtool does: it checks their form, and runs their unit tests, with
// Prometheus's own parser and engine. It is a module of its own, because nothing that runs needs either.
package promcheck

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	rules      = "../../rules/ayni.yaml"
	dashboards = "../../dashboards/*.json"
)

func read(t *testing.T) *rulefmt.RuleGroups {
	t.Helper()
	groups, errs := rulefmt.ParseFile(rules)
	for _, err := range errs {
		t.Error(err)
	}
	return groups
}

func TestRulesHaveTheirForm(t *testing.T) {
	if groups := read(t); len(groups.Groups) == 0 {
		t.Fatal("no groups")
	}
}

func TestDashboardsAskInPromQL(t *testing.T) {
	files, err := filepath.Glob(dashboards)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Panels []struct{ Targets []struct{ Expr string } }
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(file, err)
		}
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				if _, err := parser.ParseExpr(strings.ReplaceAll(target.Expr, "$__rate_interval", "1m")); err != nil {
					t.Errorf("%s: %s: %v", file, target.Expr, err)
				}
			}
		}
	}
}

// every is how often rules are evaluated.
const every = time.Minute

// cases are series that bring an alert to fire, in the notation of Prometheus's tests, a sample a minute, and ones that
// leave it quiet.
var cases = map[string]struct{ loud, quiet []string }{
	"AyniNobodyLeads":          {[]string{`ayni_lease_age_seconds 1 16 76 136`}, []string{`ayni_lease_age_seconds 1 16 1 16 1`}},
	"AyniLeaseChangesHands":    {[]string{`ayni_lease_epoch 1+1x30`}, []string{`ayni_lease_epoch 1 1 2 2 2 2 2 2`}},
	"AyniLedgerAway":           {[]string{`ayni_source_up{source="ledger"} 1 0 0 0`}, []string{`ayni_source_up{source="broker"} 0x9`}},
	"AyniBrokerAway":           {[]string{`ayni_source_up{source="broker"} 1 0 0 0`}, []string{`ayni_source_up{source="ledger"} 0x9`}},
	"AyniOutboxStuck":          {[]string{`ayni_outbox_age_seconds 0+60x9`}, []string{`ayni_outbox_age_seconds 0 61 0 61 0`}},
	"AyniStreamLag":            {[]string{`ayni_stream_lag_messages{participant="a"} 1001x20`}, []string{`ayni_stream_lag_messages{participant="a"} 1000x20`}},
	"AyniParticipantDeaf":      {[]string{`ayni_stream_unread_messages{participant="a"} 1001x20`}, []string{`ayni_stream_unread_messages{participant="a"} 1001x9 0x11`}},
	"AyniNoBatches":            {[]string{`ayni_stream_lag_messages{participant="a"} 1x20`, `ayni_batch_age_seconds 0+60x20`}, []string{`ayni_stream_lag_messages{participant="a"} 0x20`, `ayni_batch_age_seconds 0+60x20`}},
	"AyniSlowBatches":          {observed("ayni_batch_duration_seconds_bucket", "", "2.048", "4.096"), observed("ayni_batch_duration_seconds_bucket", "", "0.001", "0.002")},
	"AyniQueueGrows":           {[]string{`ayni_queue_transfers 10000+100x90`}, []string{`ayni_queue_transfers 20000-10x90`}},
	"AyniClearingFarFromBound": {[]string{`ayni_clearing_reached_value_total{numeraire="USD"} 0+80x200`, `ayni_clearing_bound_value_total{numeraire="USD"} 0+100x200`}, []string{`ayni_clearing_reached_value_total{numeraire="USD"} 0+95x200`, `ayni_clearing_bound_value_total{numeraire="USD"} 0+100x200`}},
	"AyniNettingAlarm":         {[]string{`ayni_clearing_alarms_total 0 0 1 1 1`}, []string{`ayni_clearing_alarms_total 1x9`}},
	"AyniLiquidityLow":         {liquidity("95"), liquidity("89")},
	"AyniManyRefusals":         {refusals("6", "94"), refusals("4", "96")},
	"AyniDeadLetters":          {[]string{`ayni_dead_letters_total 0 0 1 1 1`}, []string{`ayni_dead_letters_total 7x9`}},
	"AyniException":            {[]string{`ayni_exceptions_total{kind="unheard"} 0 0 1 1 1`}, []string{`ayni_exceptions_total{kind="unheard"} 7x9`}},
	"AyniWindowFailed":         {[]string{`ayni_windows{group="default",state="failed"} 1x3`}, []string{`ayni_windows{group="default",state="open"} 1x3`}},
	"AyniWindowStuck":          {[]string{`ayni_window_age_seconds{group="default",state="settling"} 7000+60x20`}, []string{`ayni_window_age_seconds{group="default",state="open"} 90000x20`}},
	"AyniRequestsWait":         {[]string{`ayni_requests_waiting_age_seconds 14401x3`}, []string{`ayni_requests_waiting_age_seconds 60x3`}},
	"AyniWebhookFailing":       {[]string{`ayni_webhook_endpoints{state="failing"} 1x80`}, []string{`ayni_webhook_endpoints{state="failing"} 1x30 0x50`, `ayni_webhook_endpoints{state="paused"} 1x80`}},
	"AyniSplitView":            {[]string{`ayni_split_views 2 2 3 3 3`}, []string{`ayni_split_views 2x9`}},
	"AyniWitnessesMissing":     {[]string{`ayni_instructions_unwitnessed_age_seconds 1801x3`}, []string{`ayni_instructions_unwitnessed_age_seconds 60x3`}},
	"AyniRailDown":             {[]string{`ayni_rail_up{participant="a"} 1 0x20`}, []string{`ayni_rail_up{participant="a"} 1x20`}},
	"AyniBreakerOpen":          {[]string{`ayni_adapter_breaker_open{participant="a",endpoint="submit"} 1x20`}, []string{`ayni_adapter_breaker_open{participant="a",endpoint="submit"} 0.5x20`}},
	"AyniUnknownOld":           {[]string{`ayni_adapter_unknown_age_seconds{participant="a"} 3601x3`}, []string{`ayni_adapter_unknown_age_seconds{participant="a"} 60x3`}},
	"AyniOutcomesStuck":        {[]string{`ayni_adapter_outcomes_waiting{participant="a"} 1x20`}, []string{`ayni_adapter_outcomes_waiting{participant="a"} 1 0 1 0 1 0 1 0 1 0 1 0 1`}},
	"AyniAdapterException":     {[]string{`ayni_adapter_exceptions{participant="a",kind="x"} 1 1 2 2`}, []string{`ayni_adapter_exceptions{participant="a",kind="x"} 5x9`}},
	"AyniRailSlow":             {observed("ayni_adapter_call_duration_seconds_bucket", `participant="a",endpoint="submit",`, "10.24", "20.48"), observed("ayni_adapter_call_duration_seconds_bucket", `participant="a",endpoint="submit",`, "0.005", "0.01")},
	"AyniPoolHalted":           {[]string{`ayni_pool_halted{pool="v"} 1x3`}, []string{`ayni_pool_halted{pool="v"} 0x3`}},
	"AyniPoolStoreAway":        {[]string{`ayni_pool_store_up{pool="v"} 0x5`}, []string{`ayni_pool_store_up{pool="v"} 1 0 1 0 1`}},
	"AyniConnectionsShort":     {[]string{`ayni_database_connection_wait_seconds_total 0+90x20`}, []string{`ayni_database_connection_wait_seconds_total 0+30x20`}},
}

// observed is a histogram of which all observations lie between two bounds.
func observed(name, labels, below, upTo string) []string {
	return []string{
		name + "{" + labels + `le="` + below + `"} 0x40`, name + "{" + labels + `le="` + upTo + `"} 0+60x40`, name + "{" + labels + `le="+Inf"} 0+60x40`,
	}
}

func liquidity(used string) []string {
	of := `{participant="a",currency="KES"} `
	return []string{"ayni_liquidity_used_units" + of + used + "x20", "ayni_liquidity_prefunded_units" + of + "60x20", "ayni_liquidity_credit_units" + of + "40x20"}
}

func refusals(refused, accepted string) []string {
	return []string{`ayni_intents_total{result="refused"} 0+` + refused + "x60", `ayni_intents_total{result="accepted"} 0+` + accepted + "x60"}
}

func TestAlertsFireAndAreQuiet(t *testing.T) {
	recorded := map[string]string{}
	groups := read(t)
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if rule.Record.Value != "" {
				recorded[rule.Record.Value] = rule.Expr.Value
			}
		}
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if rule.Alert.Value == "" {
				continue
			}
			c, ok := cases[rule.Alert.Value]
			if !ok {
				t.Errorf("%s has no test", rule.Alert.Value)
				continue
			}
			delete(cases, rule.Alert.Value)
			expr := recordedName.ReplaceAllStringFunc(rule.Expr.Value, func(name string) string { return "(" + recorded[name] + ")" })
			t.Run(rule.Alert.Value, func(t *testing.T) {
				if !fires(t, c.loud, expr, time.Duration(rule.For)) {
					t.Error("it does not fire")
				}
				if fires(t, c.quiet, expr, time.Duration(rule.For)) {
					t.Error("it fires for nothing")
				}
			})
		}
	}
	for name := range cases {
		t.Errorf("%s is no alert", name)
	}
}

// recordedName finds recorded series, which are put in by their expressions.
var recordedName = regexp.MustCompile(`ayni:[a-z0-9_:]+`)

// fires tells whether an alert comes to fire: one of its series holds at every evaluation for so long.
func fires(t *testing.T, series []string, expr string, hold time.Duration) bool {
	t.Helper()
	stored, err := load(series, every.Milliseconds())
	if err != nil {
		t.Fatal(err)
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute})
	since := map[string]time.Time{}
	for at := time.Unix(0, 0); at.Before(time.Unix(0, 0).Add(3 * time.Hour)); at = at.Add(every) {
		query, err := engine.NewInstantQuery(context.Background(), stored, nil, expr, at)
		if err != nil {
			t.Fatal(err)
		}
		result := query.Exec(context.Background())
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		vector, err := result.Vector()
		if err != nil {
			t.Fatal(err)
		}
		holding := map[string]time.Time{}
		for _, sample := range vector {
			key := sample.Metric.String()
			began, ok := since[key]
			if !ok {
				began = at
			}
			if holding[key] = began; at.Sub(began) >= hold {
				return true
			}
		}
		since = holding
		query.Close()
	}
	return false
}
