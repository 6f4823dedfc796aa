// Package telemetry shows whoever runs Ayni what it does: traces (OpenTelemetry), metrics (Prometheus), logs without
// people or secrets in them, and health. It reads what the rooms tell of themselves and changes nothing.
//
// Nothing here is global: a registry, a tracer and a logger are made and handed over.
package telemetry
