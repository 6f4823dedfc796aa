package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// prefund is what everybody brings: in the ledger's own measurement nobody runs short.
const prefund = 1_000_000_000_000

// book makes batches as the engine hands them to the ledger when the choice is made: each transfer with its one
// state and its postings, then the totals and the liquidity of every account that moved, the batch's entry in the
// log, and the signed checkpoint.
type book struct {
	traffic  *traffic
	signer   note.Signer
	accounts []total // by id - 1
	pools    []int64 // id of each currency's FX account
	tree     audit.Tree

	batch, transfer, posting int64
}

// total is an account with its running sums.
type total struct {
	ledger.Account
	debits, credits int64
	touched         bool
}

func newBook(t *traffic, signer note.Signer) *book { return &book{traffic: t, signer: signer} }

// opening is the first batch: who takes part, and the accounts. A member's position has the id of its place plus one.
func (b *book) opening(at time.Time) (*ledger.Batch, error) {
	first := b.next(at)
	for i, m := range b.traffic.members {
		id := int32(i + 1)
		first.Participants = append(first.Participants, settlement.Participant{
			ID: id, Name: m.name, Country: m.country, Currency: b.traffic.currencies[m.currency], Role: settlement.RoleOperator,
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: payoutMost,
		})
		b.open(id, ledger.Position, m.currency)
	}
	for c := range b.traffic.currencies {
		b.pools = append(b.pools, b.open(settlement.SchemeID, ledger.FX, c))
	}
	for _, a := range b.accounts {
		first.Accounts = append(first.Accounts, a.Account)
	}
	return first, b.seal(first)
}

func (b *book) open(participant int32, kind ledger.AccountKind, currency int) (id int64) {
	id = int64(len(b.accounts)) + 1
	b.accounts = append(b.accounts, total{Account: ledger.Account{
		ID: id, Participant: participant, Kind: kind, Currency: b.traffic.currencies[currency],
	}})
	return id
}

func (b *book) next(at time.Time) *ledger.Batch {
	b.batch++
	return &ledger.Batch{ID: b.batch, Window: 1, DecidedAt: at.UTC().Truncate(time.Microsecond), LogIndex: b.tree.Size()}
}

// clear makes a batch of so many transfers.
func (b *book) clear(transfers int, at time.Time) (*ledger.Batch, error) {
	made := b.next(at)
	made.Accepted, made.Cleared = transfers, transfers
	all := make([]settlement.Transfer, transfers)
	made.Transfers = make([]*settlement.Transfer, transfers)
	made.Events = make([]ledger.Event, transfers)
	made.Postings = make([]ledger.Posting, 0, 3*transfers/2)
	b.transfer = max(b.transfer, ledger.FirstID(at)-1)
	b.posting = max(b.posting, ledger.FirstID(at)-1)
	for n := range all {
		p, ok, err := b.traffic.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("bench: no payment is left after %d of %d", n, transfers)
		}
		b.transfer++
		all[n] = b.transferOf(p, int32(n), made.DecidedAt)
		made.Transfers[n], made.Events[n] = &all[n], ledger.Event{Transfer: all[n].ID, State: "cleared"}
		from, to := int64(p.from)+1, int64(p.to)+1
		if pool := b.pools[b.traffic.members[p.from].currency]; all[n].Quote != "" {
			b.post(made, from, pool, p.source)
			b.post(made, b.pools[b.traffic.members[p.to].currency], to, p.destination)
		} else {
			b.post(made, from, to, p.source)
		}
	}
	return made, b.seal(made)
}

func (b *book) transferOf(p payment, place int32, at time.Time) settlement.Transfer {
	from, to := b.traffic.members[p.from].currency, b.traffic.members[p.to].currency
	t := settlement.Transfer{
		ID: settlement.TransferID(b.transfer), Debtor: p.from + 1, Creditor: p.to + 1, Intent: intentID(at, b.transfer),
		Envelope: settlement.EnvelopePlace{Sequence: uint64(b.batch), Place: place}, Quote: b.traffic.quotes[from][to].ID,
		ReceivedAt: at, AcceptedAt: at, Deadline: at.Add(24 * time.Hour),
	}
	t.Source.Minor, t.Source.Currency = p.source, b.traffic.currencies[from]
	t.Destination.Minor, t.Destination.Currency = p.destination, b.traffic.currencies[to]
	t.ResidualCurrency = t.Destination.Currency
	return t
}

func (b *book) post(to *ledger.Batch, debit, credit, minor int64) {
	b.posting++
	from, into := &b.accounts[debit-1], &b.accounts[credit-1]
	from.debits, from.touched = from.debits+minor, true
	into.credits, into.touched = into.credits+minor, true
	to.Postings = append(to.Postings, ledger.Posting{
		ID: b.posting, Transfer: settlement.TransferID(b.transfer), Kind: ledger.PostClear, Debit: debit, Credit: credit,
		AmountMinor: minor, Currency: from.Currency,
	})
}

// seal adds what stands at the end of each batch.
func (b *book) seal(made *ledger.Batch) error {
	for i := range b.accounts {
		a := &b.accounts[i]
		if !a.touched {
			continue
		}
		a.touched = false
		made.Balances = append(made.Balances, ledger.Balance{
			Account: a.ID, Debits: a.debits, Credits: a.credits, GrossIn: a.credits, GrossOut: a.debits,
		})
		made.Liquidity = append(made.Liquidity, ledger.Liquidity{
			Account: a.ID, PrefundMinor: prefund, PositionMinor: a.credits - a.debits,
		})
	}
	hash := sha256.Sum256(fmt.Append(nil, made.ID))
	body, err := audit.Canonical(map[string]any{
		"kind": "batch", "batch": made.ID, "cleared": made.Cleared, "record": hex.EncodeToString(hash[:]),
	})
	if err != nil {
		return err
	}
	leaf := audit.Leaf(body)
	made.Log = []ledger.LogEntry{{Index: b.tree.Size(), Kind: "batch", Body: body, Leaf: leaf}}
	b.tree.Append(leaf)
	made.Checkpoint.Size = b.tree.Size()
	for _, hash := range b.tree.Edge() {
		made.Checkpoint.Edge = append(made.Checkpoint.Edge, hash[:]...)
	}
	checkpoint := audit.Checkpoint{Origin: audit.Origin(b.signer.Name()), Size: b.tree.Size(), Root: b.tree.Root()}
	made.Checkpoint.Note, err = checkpoint.Sign(b.signer)
	return err
}
