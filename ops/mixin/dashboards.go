package mixin

// Units, as Grafana calls them.
const (
	seconds    = "s"
	perSecond  = "ops"
	count      = "short"
	share      = "percentunit"
	yes        = "bool"
	perSeconds = "s/s"
)

// quantiles shows a histogram's median and 99th percentile.
func quantiles(histogram, by string) []Query {
	labels, legend := "le", ""
	if by != "" {
		labels, legend = "le, "+by, "{{"+by+"}} "
	}
	of := func(q, name string) Query {
		return Query{Expr: "histogram_quantile(" + q + ", sum by (" + labels + ") (rate(" + histogram + "_bucket[$__rate_interval])))", Legend: legend + name}
	}
	return []Query{of("0.5", "p50"), of("0.99", "p99")}
}

// Dashboards lists all of them: dashboards/UID.json is each one's file.
func Dashboards() []Dashboard {
	return []Dashboard{
		{UID: "ayni-flow", Title: "Ayni: flow", Panels: []Panel{
			{"Intents", perSecond, []Query{{"sum by (result) (rate(ayni_intents_total[$__rate_interval]))", "{{result}}"}}},
			{"Transfers", perSecond, []Query{{"ayni:transfers:rate5m", "{{state}}"}}},
			{"Queue", count, []Query{{"ayni_queue_transfers", "waiting"}}},
			{"From accepted to cleared and paid", seconds, quantiles("ayni_transfer_age_seconds", "state")},
			{"Batches: duration", seconds, quantiles("ayni_batch_duration_seconds", "")},
			{"Batches: intents", count, quantiles("ayni_batch_intents", "")},
			{"Reached of the bound", share, []Query{
				{"ayni:clearing_reached:ratio_rate1h", "{{numeraire}}"},
				{"sum by (numeraire) (rate(ayni_clearing_fifo_value_total[1h])) / sum by (numeraire) (rate(ayni_clearing_bound_value_total[1h]))", "{{numeraire}}, first in first out"},
			}},
			{"Refusals", perSecond, []Query{
				{"sum by (fault) (rate(ayni_intent_refusals_total[$__rate_interval]))", "{{fault}}"},
				{"rate(ayni_dead_letters_total[$__rate_interval])", "dead letters"},
			}},
		}},
		{UID: "ayni-switch", Title: "Ayni: switch", Panels: []Panel{
			{"Lease", seconds, []Query{{"ayni_lease_age_seconds", "age"}, {"ayni_batch_age_seconds", "since the newest batch"}}},
			{"Who leads", count, []Query{{"ayni_lease_epoch * on() group_left(holder) ayni_lease_info", "{{holder}}: epoch"}}},
			{"Outbox", count, []Query{{"ayni_outbox_messages", "messages"}, {"ayni_outbox_age_seconds", "age in seconds"}}},
			{"Messages not taken up", count, []Query{{"ayni_stream_lag_messages", "{{participant}}"}}},
			{"Messages not read by participants", count, []Query{{"ayni_stream_unread_messages", "{{participant}}"}}},
			{"Messages and commands", perSecond, []Query{
				{"rate(ayni_messages_total[$__rate_interval])", "messages"},
				{"rate(ayni_commands_total[$__rate_interval])", "commands"},
				{"rate(ayni_batches_total[$__rate_interval])", "batches"},
			}},
			{"Connections to the database", count, []Query{{"ayni_database_connections", "{{state}}"}, {"ayni_database_connections_max", "most"}}},
			{"Waiting for connections", perSeconds, []Query{
				{"rate(ayni_database_connection_wait_seconds_total[$__rate_interval])", "time"},
				{"rate(ayni_database_connection_waits_total[$__rate_interval])", "times"},
			}},
			{"What metrics are read from", yes, []Query{{"ayni_source_up", "{{source}}"}}},
			{"Processor and memory", count, []Query{
				{"rate(process_cpu_seconds_total[$__rate_interval])", "cores"},
				{"process_resident_memory_bytes / 1073741824", "GiB"},
				{"go_goroutines / 1000", "thousand goroutines"},
			}},
		}},
		{UID: "ayni-settlement", Title: "Ayni: settlement and log", Panels: []Panel{
			{"Liquidity used", share, []Query{{"ayni:liquidity_used:ratio", "{{participant}} {{currency}}"}}},
			{"Prefunding and credit, major units", count, []Query{
				{"ayni_liquidity_prefunded_units", "{{participant}} {{currency}} prefunded"},
				{"ayni_liquidity_credit_units", "{{participant}} {{currency}} credit"},
			}},
			{"Windows", count, []Query{{"ayni_windows", "{{group}} {{state}}"}}},
			{"Age of windows", seconds, []Query{{"ayni_window_age_seconds", "{{group}} {{state}}"}}},
			{"Requests for a second person", count, []Query{{"ayni_requests_waiting", "waiting"}, {"ayni_requests_waiting_age_seconds / 3600", "oldest, hours"}}},
			{"Webhooks", count, []Query{
				{"ayni_webhook_endpoints", "{{state}}"}, {"ayni_webhook_deliveries_waiting", "deliveries that wait"},
				{"ayni_webhook_deliveries_waiting_age_seconds / 60", "oldest, minutes"},
			}},
			{"Log", count, []Query{{"ayni_log_entries", "entries"}}},
			{"Witnesses", count, []Query{
				{"ayni_instructions_unwitnessed", "instructions that wait"},
				{"ayni_instructions_unwitnessed_age_seconds / 60", "oldest, minutes"},
				{"ayni_split_views", "split views"},
			}},
			{"For people", count, []Query{
				{"increase(ayni_exceptions_total[1h])", "{{kind}} an hour"},
				{"increase(ayni_holds_total[1h])", "{{event}} an hour"},
				{"increase(ayni_clearing_alarms_total[1h])", "alarms of netting an hour"},
			}},
		}},
		{UID: "ayni-rails", Title: "Ayni: rails and pools", Panels: []Panel{
			{"Rails up", yes, []Query{{"ayni_rail_up", "{{participant}}, as the switch knows"}, {"ayni_adapter_rail_up", "{{participant}}"}}},
			{"Breakers", share, []Query{{"ayni_adapter_breaker_open", "{{participant}} {{endpoint}}"}}},
			{"Calls", perSecond, []Query{{"sum by (participant, endpoint, state) (rate(ayni_adapter_calls_total[$__rate_interval]))", "{{participant}} {{endpoint}} {{state}}"}}},
			{"Calls: duration", seconds, quantiles("ayni_adapter_call_duration_seconds", "endpoint")},
			{"Calls by the rail's code", perSecond, []Query{{"sum by (participant, code) (rate(ayni_adapter_calls_total[$__rate_interval]))", "{{participant}} {{code}}"}}},
			{"Callbacks", perSecond, []Query{{"rate(ayni_adapter_callbacks_total[$__rate_interval])", "{{participant}} {{class}}"}}},
			{"Operations", count, []Query{{"ayni_adapter_operations", "{{participant}} {{kind}} {{state}}"}}},
			{"Unknown", count, []Query{
				{"ayni_adapter_unknown", "{{participant}}"}, {"ayni_adapter_unknown_age_seconds / 60", "{{participant}}: oldest, minutes"},
				{"ayni_adapter_unknown_resolved", "{{participant}}: resolved by {{by}}"},
			}},
			{"Waiting", count, []Query{{"ayni_adapter_waiting_tasks", "{{participant}} {{endpoint}}"}, {"ayni_adapter_outcomes_waiting", "{{participant}} outcomes"}}},
			{"Orders and intents", count, []Query{
				{"ayni_adapter_orders", "{{participant}} orders"}, {"ayni_adapter_collections", "{{participant}} paid for"},
				{"ayni_adapter_intents", "{{participant}} {{state}}"},
			}},
			{"Exceptions", count, []Query{{"ayni_adapter_exceptions", "{{participant}} {{kind}}"}}},
			{"Stores", perSecond, []Query{{"rate(ayni_adapter_store_commits_total[$__rate_interval])", "{{participant}}"}}},
			{"Pools", count, []Query{
				{"ayni_pool_halted", "{{pool}} halted"}, {"ayni_pool_store_up", "{{pool}} store up"}, {"ayni_pool_log_entries", "{{pool}} entries"},
			}},
		}},
	}
}
