package decide

import (
	"slices"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func bundleLegs(b *ledger.Batch) *[]ledger.BundleLeg { return &b.BundleLegs }

func bundleEnds(b *ledger.Batch) *[]ledger.BundleEnd { return &b.BundleEnds }

var ofBundles = []mutation{
	without("bundle: a leg not said", bundleLegs, nil, func(ledger.BundleLeg) says { return invariants(accountant.Bundles) }),
	of("bundle: a leg of another", bundleLegs, nil, func(_ *change, l *ledger.BundleLeg) says {
		l.ID += "x"
		return invariants(accountant.Bundles)
	}),
	without("bundle: an end not said", bundleEnds, func(e *ledger.BundleEnd) bool { return len(e.Legs) > 0 },
		func(ledger.BundleEnd) says { return invariants(accountant.Bundles) }),
	of("bundle: another end", bundleEnds, func(e *ledger.BundleEnd) bool { return len(e.Legs) > 0 }, func(_ *change, e *ledger.BundleEnd) says {
		if e.State == ledger.BundleCleared {
			e.State = ledger.BundleBroken
		} else {
			e.State = ledger.BundleCleared
		}
		return invariants(accountant.Bundles)
	}),
	{"bundle: a leg left waiting", func(c *change) (says, bool) {
		for _, e := range c.b.BundleEnds {
			if len(e.Legs) < 2 {
				continue
			}
			left := e.Legs[c.chance.IntN(len(e.Legs))]
			if states := c.statesUntil(left, c.b.ID); len(states) == 0 {
				continue // it came in this batch
			}
			c.b.Events = slices.DeleteFunc(slices.Clone(c.b.Events), func(s ledger.Event) bool { return s.Transfer == left })
			return invariants(accountant.Bundles), true
		}
		return says{}, false
	}},
	{"bundle: another leg was signed, and stands", func(c *change) (says, bool) {
		i := one(c, &c.in.Intents, func(i *accountant.Intent) bool { // of a bundle that clears in this batch
			return i.Intent.Bundle != nil && slices.ContainsFunc(c.b.BundleEnds, func(e ledger.BundleEnd) bool {
				return e.State == ledger.BundleCleared && e.BundleName == ledger.BundleNamed(i.Intent.Bundle)
			}) && slices.ContainsFunc(c.b.Intents, func(row ledger.Intent) bool {
				return row.Fault == "" && row.ID == i.Intent.ID && row.Participant == i.Participant && row.Sequence == i.Sequence
			})
		})
		if i == nil {
			return says{}, false
		}
		other := *i.Intent.Bundle
		other.Digest = "A" + other.Digest[1:]
		if other.Digest == i.Intent.Bundle.Digest {
			return says{}, false
		}
		i.Intent.Bundle = &other
		return invariants(accountant.Bundles), true
	}},
}

// orBundles is what a change to a step may be called, too, where the transfer is a leg: its bundle no longer holds together.
func (c *change) orBundles(s says, of settlement.TransferID) says {
	for _, b := range c.batches {
		if slices.ContainsFunc(b.BundleLegs, func(l ledger.BundleLeg) bool { return l.Transfer == of }) {
			s.invariants, s.transfer = append(s.invariants, accountant.Bundles), 0
		}
	}
	return s
}
