package store

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// What people and their programs look at is read from here on: it may be a moment old, and never holds up a batch.

// coded scans a currency, none of "" and of nothing.
type coded struct{ to *fx.Currency }

// Scan implements sql.Scanner.
func (c coded) Scan(v any) error {
	*c.to = fx.Currency{}
	if text, _ := v.(string); text != "" {
		return c.to.UnmarshalText([]byte(text))
	}
	return nil
}

// inUTC scans a moment, zero where there is none.
type inUTC struct{ to *time.Time }

// Scan implements sql.Scanner.
func (m inUTC) Scan(v any) error {
	*m.to = time.Time{}
	if at, ok := v.(time.Time); ok {
		*m.to = at.UTC()
	}
	return nil
}

// search collects conditions and their arguments.
type search struct {
	where []byte
	args  []any
}

// arg adds an argument and returns its place holder.
func (s *search) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// and adds a condition.
func (s *search) and(condition string) { s.where = append(append(s.where, " AND "...), condition...) }

// accountSide is an account, for people.
type accountSide struct {
	ledger.Side
	currency fx.Currency
}

// everySide reads all accounts, a few for each participant; those that belong to none are called $1.
const everySide = `SELECT a.id, coalesce(p.name, $1), a.kind, a.currency FROM ledger.account a LEFT JOIN ledger.participant p ON p.id = a.participant`

// accountSides are accounts by number.
type accountSides map[int64]accountSide

func (all accountSides) row(row pgx.Rows) error {
	var a accountSide
	err := row.Scan(&a.Account, &a.Owner, &a.Kind, coded{&a.currency})
	all[a.Account] = a
	return err
}

func (a accountSide) money(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: a.currency} }

func sortedKeys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }
