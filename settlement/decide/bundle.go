package decide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// A bundle is open until all its legs clear, in one batch, or the first of them is refused or ends, which ends the others.
// Until then none of its legs stands where clearing looks for single transfers.

// Limits on bundles of one participant: those that its leg opened, and the broken ones that are remembered for its leg.
// What is beyond the second waits for its deadline instead of being refused at once.
const (
	maxBundlesOpened = 1000
	maxBrokenBy      = 256
)

// bundling is what is known of bundles.
type bundling struct {
	bundles  map[ledger.BundleName]*bundle // open
	opened   map[int32]int                 // of these, by who sent the first leg
	broken   map[ledger.BundleName]bool    // of which legs may still come
	brokenBy map[int32]int                 // of these, by whose leg broke them
	breaks   []ledger.BundleEnd            // likewise, in order
	brought  bool                          // the newest batch cleared some: what they brought may let others clear
}

// bundle is an open bundle: all its legs are queued.
type bundle struct {
	name ledger.BundleName
	legs []*transfer // in the order in which they came
}

// age orders bundles: each is as old as its first leg.
func (b *bundle) age() settlement.TransferID { return b.legs[0].ID }

// ready tells whether all legs have come and nothing but liquidity keeps them. No two of them are of one place: a leg's
// line is proven at its place, and names an intent that is accepted once.
func (b *bundle) ready() bool {
	return len(b.legs) == int(b.name.Count) && !slices.ContainsFunc(b.legs, (*transfer).aside)
}

func newBundling(broken []ledger.BundleEnd, brought bool) bundling {
	s := bundling{
		brought: brought,
		bundles: map[ledger.BundleName]*bundle{}, opened: map[int32]int{},
		broken: map[ledger.BundleName]bool{}, brokenBy: map[int32]int{},
	}
	for _, e := range broken {
		s.remember(e)
	}
	return s
}

func (s *bundling) remember(e ledger.BundleEnd) {
	e.Legs = nil
	s.broken[e.BundleName] = true
	s.brokenBy[e.By]++
	s.breaks = append(s.breaks, e)
}

// forgetBroken drops bundles that broke so long ago that nobody need tell their legs. The snapshot is loaded by the same
// rule.
func (d *decision) forgetBroken() error {
	for len(d.breaks) > 0 && !d.breaks[0].At.After(d.Now.Add(-ledger.BrokenMemory)) {
		delete(d.broken, d.breaks[0].BundleName)
		d.brokenBy[d.breaks[0].By]--
		d.breaks = d.breaks[1:]
	}
	return nil
}

// bind makes a transfer the next leg of its bundle. The state machine and a new leader's restore both go through here.
func (s *bundling) bind(t *transfer, name ledger.BundleName) {
	b := s.bundles[name]
	if b == nil {
		b = &bundle{name: name}
		s.bundles[name] = b
		s.opened[t.Debtor]++
	}
	b.legs = append(b.legs, t)
	t.bundle = b
}

// unbind takes an open bundle apart: what becomes of its legs is another's to say.
func (s *bundling) unbind(b *bundle) {
	delete(s.bundles, b.name)
	s.opened[b.legs[0].Debtor]--
	for _, t := range b.legs {
		t.bundle = nil
	}
}

// mayJoin tells why an intent cannot be a leg of the bundle that it names; nil where it can.
func (d *decision) mayJoin(debtor *settlement.Participant, intent *messaging.Intent, p priced) *messaging.FaultError {
	if fault := intent.Bundle.Check(messaging.LegOf(debtor.Name, intent)); fault != nil {
		return fault
	}
	name := ledger.BundleNamed(intent.Bundle)
	switch {
	case d.broken[name]:
		return &messaging.FaultError{Fault: messaging.FaultBundleBroken, Detail: fmt.Sprintf("bundle %s is broken", name.ID)}
	case d.grossFor(p.source, p.destination.Currency):
		return &messaging.FaultError{Fault: messaging.FaultAmountLimit, Detail: fmt.Sprintf(
			"%s to %s is settled by itself, and cannot be a leg of a bundle", p.source, p.destination.Currency)}
	case d.bundles[name] == nil && d.opened[debtor.ID] >= maxBundlesOpened:
		return &messaging.FaultError{Fault: messaging.FaultQueueFull, Detail: fmt.Sprintf("%d bundles of %s are open", maxBundlesOpened, debtor.Name)}
	}
	return nil
}

// joinBundle has a new transfer wait in its bundle.
func (d *decision) joinBundle(t *transfer, b *messaging.Bundle) {
	name := ledger.BundleNamed(b)
	d.bind(t, name)
	d.batch.BundleLegs = append(d.batch.BundleLegs, ledger.BundleLeg{
		BundleName: name, Transfer: t.ID, Place: int32(b.Place), //nolint:gosec // at most messaging.MaxBundleLegs
	})
}

// legRefused breaks the bundle of an intent that was refused: its id is used up, so the leg never comes. What is no leg
// of the bundle that it names breaks nothing.
func (d *decision) legRefused(debtor *settlement.Participant, refused *messaging.DecodedIntent) {
	intent := &refused.Intent
	unread := refused.Fault != nil && !refused.Fault.Closed
	if unread || d.beforeNet4() || intent.Bundle.Check(messaging.LegOf(debtor.Name, intent)) != nil {
		return
	}
	name := ledger.BundleNamed(intent.Bundle)
	if b := d.bundles[name]; b != nil {
		d.breakUp(b, debtor.ID)
	} else if !d.broken[name] {
		d.endBundle(ledger.BundleEnd{BundleName: name, State: ledger.BundleBroken, By: debtor.ID}, nil)
	}
}

// breakUp ends a bundle of which somebody's leg was refused or has ended: those that are left end at once.
func (d *decision) breakUp(b *bundle, by int32) {
	d.unbind(b)
	d.endBundle(ledger.BundleEnd{BundleName: b.name, State: ledger.BundleBroken, By: by}, b.legs)
	for _, t := range b.legs {
		if t.state == messaging.StateQueued {
			d.lapse(t, messaging.FaultBundleBroken.Reason())
		}
	}
}

// breakGross breaks the bundles with legs that have to be settled by themselves, by the rules in force now.
func (d *decision) breakGross() {
	for _, b := range d.openBundles() {
		if slices.ContainsFunc(b.legs, d.isGross) {
			d.breakUp(b, 0)
		}
	}
}

// openBundles are all, oldest first.
func (s *bundling) openBundles() []*bundle {
	return slices.SortedFunc(maps.Values(s.bundles), func(a, b *bundle) int { return cmp.Compare(a.age(), b.age()) })
}

// endBundle records how a bundle ended, and remembers it where legs may still come.
func (d *decision) endBundle(e ledger.BundleEnd, legs []*transfer) {
	for _, t := range legs {
		e.Legs = append(e.Legs, t.ID)
	}
	e.At = d.Now
	if len(legs) < int(e.Count) && d.brokenBy[e.By] < maxBrokenBy {
		e.Remembered = true
		d.remember(e)
	}
	d.brought = d.brought || e.State == ledger.BundleCleared
	d.batch.BundleEnds = append(d.batch.BundleEnds, e)
}
