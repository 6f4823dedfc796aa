package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
)

// Append is all that one input adds.
type Append struct {
	Draft    *diary.Draft // of the log's next entry; to be taken once this is written
	Input    Input
	Act      string    // its id, as the pool tells acts apart; "" where nobody signed, or the same act may come again
	Postings []Posting // in the order of booking
	Balances []Balance // of every account that they touch, after them
	Sealed   []byte    // persons.Keys.SealAll of what is personal in the input; nil for nothing
}

// Input is what was decided on: what replay begins from.
type Input struct {
	Kind      string    // act, or the kind of the node's word
	At        time.Time // the input's clock, in whole microseconds, UTC
	Body      []byte    // exact bytes
	Key       string    // the signer's public key; "" of the node's own word
	Signature []byte    // none of the node's own word
}

// Posting moves an amount from the debited account to the credited.
type Posting struct {
	Debit, Credit string
	Amount        fx.Money // > 0
}

// Balance is what an account holds: what came less what left.
type Balance struct {
	Account string
	Amount  fx.Money
}

// After makes the Balances of postings: what every account that they touch holds, by a book that has booked them.
func After(postings []Posting, holds func(account string, unit fx.Currency) int64) []Balance {
	type touched struct {
		account string
		unit    fx.Currency
	}
	seen := map[touched]bool{}
	var after []Balance
	for _, p := range postings {
		for _, account := range []string{p.Debit, p.Credit} {
			at := touched{account, p.Amount.Currency}
			if !seen[at] {
				seen[at] = true
				after = append(after, Balance{Account: account, Amount: fx.Money{Minor: holds(account, at.unit), Currency: at.unit}})
			}
		}
	}
	return after
}

// Append writes the whole result of an input in one transaction; when it returns nil, it is on the disk. After an
// error nothing more can be appended (*StoppedError): whether it was committed may not be known, and the decider's
// state is ahead of the log. A *FencedError says that nothing was written because another node wrote.
func (s *Store) Append(ctx context.Context, a Append) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return fmt.Errorf("pool %s: opened to read", s.name)
	}
	if s.failed != nil {
		return &StoppedError{Why: s.failed}
	}
	if !a.Input.At.Equal(a.Input.At.Truncate(time.Microsecond)) {
		s.failed = fmt.Errorf("pool %s: entry %d: its clock is finer than microseconds", s.name, a.Draft.Index)
		return s.failed
	}
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return tx.SendBatch(ctx, a.rows()).Close() })
	if err != nil {
		s.failed = fmt.Errorf("pool %s: entry %d: %w", s.name, a.Draft.Index, typed(err, a.Draft.Index))
	}
	return s.failed
}

// rows puts everything into one message to the server.
func (a *Append) rows() *pgx.Batch {
	index, b := a.Draft.Index, &pgx.Batch{}
	b.Queue(`INSERT INTO entry (index, body) VALUES ($1, $2)`, index, a.Draft.Entry)
	b.Queue(`INSERT INTO input (index, kind, at, body, key, signature) VALUES ($1, $2, $3, $4, $5, $6)`,
		index, a.Input.Kind, a.Input.At, notNil(a.Input.Body), a.Input.Key, notNil(a.Input.Signature))
	for place, l := range a.Draft.Lines {
		b.Queue(`INSERT INTO line (index, place, section, kind, about, commitment, blob) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			index, place, l.Line.Section, l.Line.Kind, l.Line.About, l.Commitment[:], l.Blob)
	}
	b.Queue(`INSERT INTO checkpoint (index, note) VALUES ($1, $2)`, index, a.Draft.Checkpoint)
	if a.Act != "" {
		b.Queue(`INSERT INTO act (id, hash, index) VALUES ($1, sha256($2), $3)`, a.Act, notNil(a.Input.Body), index)
	}
	for place, p := range a.Postings {
		b.Queue(`INSERT INTO posting (index, place, debit, credit, unit, amount_minor) VALUES ($1, $2, $3, $4, $5, $6)`,
			index, place, p.Debit, p.Credit, p.Amount.Currency.String(), p.Amount.Minor)
	}
	for _, v := range a.Balances {
		b.Queue(`INSERT INTO balance (account, unit, index, minor) VALUES ($1, $2, $3, $4)`,
			v.Account, v.Amount.Currency.String(), index, v.Amount.Minor)
	}
	if a.Sealed != nil {
		b.Queue(`INSERT INTO sealed (index, message) VALUES ($1, $2)`, index, a.Sealed)
	}
	return b
}

// notNil makes no bytes a value and not NULL.
func notNil(bytes []byte) []byte {
	if bytes == nil {
		return []byte{}
	}
	return bytes
}

// What check_next raises, with the log's size as detail (migrations/00001_pool.sql), and what an index raises that was
// taken at the same moment.
const (
	stateNext  = "AP001"
	stateTaken = "23505"
)

// typed makes the caller's errors of the database's.
func typed(err error, index int64) error {
	raised, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && raised.Code == stateNext:
		if size, err := strconv.ParseInt(raised.Detail, 10, 64); err == nil {
			return &FencedError{Index: index, Size: size}
		}
	case ok && raised.Code == stateTaken && raised.TableName == "entry":
		return &FencedError{Index: index, Size: index + 1}
	}
	return err
}
