// Package mixin holds what watches Ayni from outside: Prometheus rules, Grafana dashboards, and a page for every alert
// that says what it means and what to do. They are files for others' programs; what is Go here makes the dashboards and
// holds all of it together.
package mixin

import "embed"

// Files are the rules, the dashboards and the pages.
//
//go:embed rules/*.yaml dashboards/*.json runbooks/*.md
var Files embed.FS
