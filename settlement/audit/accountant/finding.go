package accountant

import (
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/settlement"
)

// Invariant names what does not hold.
type Invariant string

// The invariants, in the words of the design.
const (
	Order       Invariant = "order"        // batches, times and ids ascend, and are used once
	ZeroSum     Invariant = "zero_sum"     // a posting takes from one account what it gives another, of its currency, and has a cause
	Balances    Invariant = "balances"     // balances are what postings add up to, and nothing else
	ExactlyOnce Invariant = "exactly_once" // an id is used once, for one text, and becomes one transfer or one refusal
	Life        Invariant = "life"         // a transfer takes each step once, in the order of its life
	Amounts     Invariant = "amounts"      // what is posted is what was signed, quoted and charged
	Liquidity   Invariant = "liquidity"    // nobody past what was granted; no pool, and no money kept for somebody, below zero
	Bundles     Invariant = "bundles"      // all legs of a bundle clear in one batch or none does, and they are what each sender signed
	FinalWord   Invariant = "final_word"   // paid and returned by whoever was told to pay, and who said so
	Windows     Invariant = "windows"      // nets are the flows between two batches, settled in full and in the published order
	Commands    Invariant = "commands"     // money comes and goes by an entry of the agent, each used once
)

// Finding is the first thing of a batch that does not hold.
type Finding struct { //nolint:errname // a finding is what an auditor has, also where it is handed on as an error
	Batch, LogIndex int64
	Invariant       Invariant
	Account         int64                 // 0 where it is about none
	Transfer        settlement.TransferID // likewise
	About           string                // what else it is about, for people: "posting 17", "window 3"; "" for nothing
	Expected, Got   string
}

func (f *Finding) Error() string {
	about := []string{}
	if f.Transfer != 0 {
		about = append(about, "transfer "+f.Transfer.String())
	}
	if f.Account != 0 {
		about = append(about, fmt.Sprintf("account %d", f.Account))
	}
	if f.About != "" {
		about = append(about, f.About)
	}
	return fmt.Sprintf("accountant: batch %d, log index %d: %s: %s: want %s, got %s",
		f.Batch, f.LogIndex, f.Invariant, strings.Join(about, ", "), f.Expected, f.Got)
}

// subject is what a finding is about.
type subject struct {
	account  int64
	transfer settlement.TransferID
	text     string
}

func ofTransfer(id settlement.TransferID) subject { return subject{transfer: id} }

func ofAccount(id int64) subject { return subject{account: id} }

// about is a subject in words.
func about(format string, args ...any) subject { return subject{text: fmt.Sprintf(format, args...)} }

// fault makes the batch's finding, and the accountant's last word.
func (r *review) fault(invariant Invariant, of subject, expected, got any) error {
	r.found = &Finding{
		Batch: r.b.ID, LogIndex: r.b.LogIndex, Invariant: invariant, Account: of.account, Transfer: of.transfer, About: of.text,
		Expected: fmt.Sprint(expected), Got: fmt.Sprint(got),
	}
	return r.found
}

// expectRow wants the next row of a list to be the given one.
func expectRow[T comparable](r *review, next *int, rows []T, want T, invariant Invariant, of subject) error {
	if *next >= len(rows) {
		return r.fault(invariant, of, fmt.Sprintf("%+v", want), "nothing")
	}
	if rows[*next] != want {
		return r.fault(invariant, of, fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", rows[*next]))
	}
	*next++
	return nil
}
