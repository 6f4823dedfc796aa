package journal

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/ayni-switch/ayni/fx"
)

// Writer writes plain-text accounting as both hledger and ledger read it. An amount above zero is a credit: money that
// the account's owner may dispose of. The first error is kept, for Err and Flush.
type Writer struct {
	out  *bufio.Writer
	room []byte
}

// NewWriter makes a writer. Flush hands on what it holds.
func NewWriter(out io.Writer) *Writer { return &Writer{out: bufio.NewWriterSize(out, 1<<16)} }

// Comment writes a line that is for people.
func (w *Writer) Comment(text string) { w.line("; ", text) }

// Commodity declares a currency and its decimals. One without decimals is declared without a format: hledger asks for a
// point in it and ledger refuses one.
func (w *Writer) Commodity(c fx.Currency) {
	w.line("\ncommodity ", symbol(c))
	if n := c.MinorUnits(); n > 0 {
		w.line("    format 1000.", strings.Repeat("0", n), " ", symbol(c))
	}
}

// Account declares an account. ledger would take a comment on the same line for a part of the name.
func (w *Writer) Account(name, comment string) {
	w.line("\naccount ", name)
	w.line("    ; ", comment)
}

// Begin begins a transaction. Tags is "name:value, name:value", where values have no comma; "" for none.
func (w *Writer) Begin(day fx.Date, code, description, tags string) {
	w.room = append(w.room[:0], '\n')
	w.room = append(append(w.room, day...), " * "...)
	if code != "" {
		w.room = append(append(append(w.room, '('), code...), ") "...)
	}
	w.end(append(w.room, description...), tags)
}

// Move is a line of a transaction: what it does to an account.
func (w *Writer) Move(account string, amount fx.Money, tags string) {
	w.end(w.side(account, amount), tags)
}

// MoveTo is Move, and asserts what the account has of the currency afterwards.
func (w *Writer) MoveTo(account string, amount, balance fx.Money) {
	w.end(appendAmount(append(w.side(account, amount), " = "...), balance), "")
}

// Err is the first error.
func (w *Writer) Err() error {
	_, err := w.out.Write(nil)
	return err
}

// Flush hands on what the writer holds.
func (w *Writer) Flush() error { return w.out.Flush() }

func (w *Writer) side(account string, amount fx.Money) []byte {
	w.room = append(append(append(w.room[:0], "    "...), account...), "  "...)
	return appendAmount(w.room, amount)
}

func (w *Writer) end(line []byte, tags string) {
	w.room = line
	if tags != "" {
		w.room = append(append(w.room, "  ; "...), tags...)
	}
	w.room = append(w.room, '\n')
	w.out.Write(w.room) //nolint:errcheck // kept until Flush
}

func (w *Writer) line(parts ...string) {
	for _, p := range parts {
		w.out.WriteString(p) //nolint:errcheck // kept until Flush
	}
	w.out.WriteByte('\n') //nolint:errcheck // likewise
}

func appendAmount(dst []byte, m fx.Money) []byte {
	return append(append(m.AppendText(dst), ' '), symbol(m.Currency)...)
}

// symbol is a currency as journals have it. The codes of community units have points and digits, and are quoted.
func symbol(c fx.Currency) string {
	code := c.String()
	if len(code) != 3 {
		return `"` + code + `"`
	}
	return code
}

// openingAccount is where the balances come from that a journal begins with.
const openingAccount = "opening"

// Opening is what an account has when a journal begins.
type Opening struct {
	Account string
	Balance fx.Money
}

// Open brings accounts to their opening balances. All accounts together need nothing from outside for that. Errors are
// *fx.AmountError.
func (w *Writer) Open(day fx.Date, accounts []Opening) error {
	w.Begin(day, "", "opening balances", "")
	outside := map[fx.Currency]fx.Money{}
	for _, a := range accounts {
		c := a.Balance.Currency
		left, err := fx.Money{Minor: outside[c].Minor, Currency: c}.Sub(a.Balance)
		if err != nil {
			return fmt.Errorf("journal: opening balances: %w", err)
		}
		outside[c] = left
		w.MoveTo(a.Account, a.Balance, a.Balance)
	}
	for _, a := range accounts {
		if left := outside[a.Balance.Currency]; left.Minor != 0 {
			w.Move(openingAccount, left, "")
			delete(outside, a.Balance.Currency)
		}
	}
	return w.Err()
}
