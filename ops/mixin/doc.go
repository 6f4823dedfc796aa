// Package mixin holds what watches Ayni from outside: Prometheus rules, Grafana dashboards, and a page for every alert
// that says what it means and what to do. They are files for others' programs; what is Go here makes the dashboards and
// holds all of it together.
//
// In the pages, SWITCH, ADAPTER, WITNESS, PARTICIPANT, FILE, URL and DIR stand for yours. DATABASE_URL is the ledger's,
// LOG_KEY the public key of the log, and TOKEN a token of a machine with the role auditor (`ayni access machine add`).
package mixin

import "embed"

// Files are the rules, the dashboards and the pages.
//
//go:embed rules/*.yaml dashboards/*.json runbooks/*.md
var Files embed.FS
