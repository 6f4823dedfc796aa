// Package store keeps a pool in PostgreSQL: its log with every line, what was decided on, its postings and balances,
// and what is personal, sealed. Each pool has a schema of its own, pool_<name>, with an owner that nobody logs in as
// and a node that can read and add and nothing else (migrations/).
//
//	Open ─▶ Load, to decide again ─▶ Append, an entry at a time ─▶ pages read beside it
//
// One node writes: it holds a lock for as long as its session lives, and an entry's index is the fence behind it.
package store
