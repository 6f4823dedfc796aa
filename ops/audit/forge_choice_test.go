package audit_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// rewrite has the batch of a step say what another batch would have done, as consistently as whoever holds the log's key can:
// what cleared, the postings' hash, balances, and the tree of steps with its root.
func (h *history) rewrite(s verify.Step, b *ledger.Batch) {
	i := int(s.Index)
	h.editRecord(i, func(record object) {
		cleared := []any{}
		for _, e := range b.Events {
			if e.State == messaging.StateCleared {
				id := strconv.FormatInt(int64(e.Transfer), 10)
				if n := len(cleared); n > 0 && cleared[n-1].([]any)[1] == strconv.FormatInt(int64(e.Transfer)-1, 10) {
					cleared[n-1].([]any)[1] = id
				} else {
					cleared = append(cleared, []any{id, id})
				}
			}
		}
		record["cleared"] = cleared
		hash := sha256.New()
		for _, p := range b.Postings {
			fmt.Fprintf(hash, "%d %d %s %d %d %d\n", p.ID, p.Transfer, p.Kind, p.Debit, p.Credit, p.AmountMinor) //nolint:errcheck // a hash takes everything
		}
		record["postings"] = object{"count": strconv.Itoa(len(b.Postings)), "hash": hex.EncodeToString(hash.Sum(nil))}
		balances := []any{}
		for _, a := range b.Balances {
			balances = append(balances, object{
				"account": strconv.FormatInt(a.Account, 10), "credits": strconv.FormatInt(a.Credits, 10), "debits": strconv.FormatInt(a.Debits, 10),
			})
		}
		record["balances"] = balances
	})
	var steps audit.Steps
	decide.Steps(&steps, b, s.State)
	root := steps.Root()
	e := h.entry(i)
	e["cleared"], e["queued"] = strconv.Itoa(b.Cleared), strconv.Itoa(b.Queued)
	e["steps"] = object{"count": strconv.FormatInt(steps.Count(), 10), "root": base64.StdEncoding.EncodeToString(root[:])}
	h.set(i, e)
}

// copied is a batch of which postings, balances and events can be changed.
func copied(b *ledger.Batch) *ledger.Batch {
	c := *b
	c.Postings, c.Balances, c.Events = slices.Clone(b.Postings), slices.Clone(b.Balances), slices.Clone(b.Events)
	return &c
}

// leave has a transfer wait that the batch cleared, and takes back what was posted for it.
func leave(b *ledger.Batch, id settlement.TransferID) *ledger.Batch {
	c := copied(b)
	first := c.Postings[0].ID
	c.Postings = slices.DeleteFunc(c.Postings, func(p ledger.Posting) bool {
		if p.Transfer == id {
			for i := range c.Balances {
				switch c.Balances[i].Account {
				case p.Debit:
					c.Balances[i].Debits -= p.AmountMinor
				case p.Credit:
					c.Balances[i].Credits -= p.AmountMinor
				}
			}
		}
		return p.Transfer == id
	})
	for i := range c.Postings {
		c.Postings[i].ID = first + int64(i)
	}
	c.Balances = slices.DeleteFunc(c.Balances, func(a ledger.Balance) bool {
		return !slices.ContainsFunc(c.Postings, func(p ledger.Posting) bool { return p.Debit == a.Account || p.Credit == a.Account })
	})
	for i := range c.Events {
		if c.Events[i].Transfer == id {
			c.Events[i].State = messaging.StateQueued
		}
	}
	c.Cleared, c.Queued = c.Cleared-1, c.Queued+1
	return c
}

// Another choice of what clears, a payout that failed told as paid, and an amount that was posted otherwise: everything that
// can be recomputed is.
func TestForgedChoicesAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			steps, err := d.whole.steps(t.Context())
			require.NoError(t, err)
			clearing := slices.DeleteFunc(slices.Clone(steps), func(s verify.Step) bool { return s.Batch.Cleared == 0 })
			ending := slices.DeleteFunc(slices.Clone(steps), func(s verify.Step) bool {
				return !slices.ContainsFunc(s.Batch.Events, func(e ledger.Event) bool { return e.State == messaging.StateReturnPending })
			})
			require.NotEmpty(t, clearing)
			require.NotEmpty(t, ending)
			for _, s := range clearing { // what is rewritten and not changed is what it was
				same := d.whole.clone()
				same.rewrite(s, s.Batch)
				require.Equal(t, d.whole.entries[s.Index], same.entries[s.Index])
			}
			every(t, rounds(100), func(dice *rand.Rand) error {
				forged := d.whole.clone()
				switch s := clearing[dice.IntN(len(clearing))]; dice.IntN(3) {
				case 0:
					var cleared []settlement.TransferID
					for _, e := range s.Batch.Events {
						if e.State == messaging.StateCleared {
							cleared = append(cleared, e.Transfer)
						}
					}
					id := cleared[dice.IntN(len(cleared))]
					forged.rewrite(s, leave(s.Batch, id))
					return namedAt(d, forged, fmt.Sprintf("transfer %s left to wait", id))
				case 1:
					c := copied(s.Batch)
					p := &c.Postings[dice.IntN(len(c.Postings))]
					p.AmountMinor++
					for i := range c.Balances {
						switch c.Balances[i].Account {
						case p.Debit:
							c.Balances[i].Debits++
						case p.Credit:
							c.Balances[i].Credits++
						}
					}
					forged.rewrite(s, c)
					return namedAt(d, forged, fmt.Sprintf("posting %d of one more", p.ID))
				default:
					s = ending[dice.IntN(len(ending))]
					c := copied(s.Batch)
					for i := range c.Events {
						if c.Events[i].State == messaging.StateReturnPending {
							c.Events[i].State, c.Events[i].Reason = messaging.StatePaid, ""
						}
					}
					forged.rewrite(s, c)
					return namedAt(d, forged, "a failed payout told as paid")
				}
			})
		})
	}
}
