package accountant

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// leg is a transfer's part in a bundle, and what its sender signed of it.
type leg struct {
	name  ledger.BundleName
	place int
	line  string
	since int64 // the batch that accepted it
}

// join takes an accepted transfer into the bundle that its intent names.
func (r *review) join(i *Intent, t *transfer) error {
	b := i.Intent.Bundle
	if b == nil {
		return nil
	}
	t.leg = &leg{name: ledger.BundleNamed(b), place: b.Place, since: r.b.ID, line: strings.Join([]string{
		b.ID, fmt.Sprint(b.Count), r.participants[t.debtor-1].name, i.Intent.ID, r.participants[t.creditor-1].name,
		side(t, t.source, i.Intent.Fixed == fx.FixedDestination), side(t, t.dest, i.Intent.Fixed == fx.FixedSource),
	}, " ") + "\n"}
	r.bundles[t.leg.name] = append(r.bundles[t.leg.name], t)
	r.waits[t.id] = t
	return expectRow(r, &r.at.leg, r.b.BundleLegs,
		ledger.BundleLeg{BundleName: t.leg.name, Transfer: t.id, Place: int32(b.Place)}, Bundles, ofTransfer(t.id)) //nolint:gosec // 64 at most
}

// side is an amount as a leg's line has it; where currencies differ, the one that is not fixed is its sender's own.
func side(t *transfer, m fx.Money, other bool) string {
	if other && t.source.Currency != t.dest.Currency {
		return "* " + m.Currency.String()
	}
	return m.Text() + " " + m.Currency.String()
}

// wholeBundles wants what was signed to clear together to have done so, or to end together: of no bundle has a part cleared
// in this batch, and none waits on of which a part has ended.
func (r *review) wholeBundles() error {
	var cleared, ended []ledger.BundleName
	for i := range r.b.Events {
		t := r.waits[r.b.Events[i].Transfer]
		if t == nil {
			continue
		}
		into := &cleared
		switch r.b.Events[i].State {
		case messaging.StateCleared:
		case messaging.StateExpired:
			into = &ended
		default:
			continue
		}
		if !slices.Contains(*into, t.leg.name) {
			*into = append(*into, t.leg.name)
		}
	}
	for _, name := range cleared {
		if err := r.clearedWhole(name); err != nil {
			return err
		}
	}
	for _, name := range ended {
		if err := r.endedWhole(name); err != nil {
			return err
		}
	}
	return r.bundleEnds(cleared, ended)
}

// clearedWhole wants all legs of a bundle that cleared in this batch, and that they are the ones that each sender signed.
func (r *review) clearedWhole(name ledger.BundleName) error {
	all := r.bundles[name]
	slices.SortFunc(all, func(a, b *transfer) int { return a.leg.place - b.leg.place })
	lines := make([]string, len(all))
	for n, t := range all {
		lines[n] = t.leg.line
		if !t.is(messaging.StateCleared) || t.moved != r.b.ID {
			return r.fault(Bundles, ofTransfer(t.id), "that it clears with bundle "+name.ID, t.state)
		}
		if t.leg.place != n+1 {
			return r.fault(Bundles, ofTransfer(t.id), fmt.Sprintf("the leg at place %d", n+1), t.leg.place)
		}
	}
	if len(all) != int(name.Count) {
		return r.fault(Bundles, ofTransfer(all[0].id), fmt.Sprintf("%d legs of bundle %s", name.Count, name.ID), len(all))
	}
	hash := rootOf(lines)
	if root := base64.RawURLEncoding.EncodeToString(hash[:]); root != name.Digest {
		return r.fault(Bundles, ofTransfer(all[0].id), "legs under the digest "+name.Digest, root)
	}
	r.forget(name, nil)
	return nil
}

// endedWhole wants no leg to wait on or to clear where another has ended; but one that came in this batch may have come
// after that, and waits for nothing.
func (r *review) endedWhole(name ledger.BundleName) error {
	var late []*transfer
	for _, t := range r.bundles[name] {
		switch {
		case t.is(messaging.StateExpired) && t.moved == r.b.ID:
		case t.is(messaging.StateQueued) && t.leg.since == r.b.ID:
			late = append(late, t)
		default:
			return r.fault(Bundles, ofTransfer(t.id), "that it ends with bundle "+name.ID, t.state)
		}
	}
	r.forget(name, late)
	return nil
}

// forget drops a bundle's legs, but for those that are left.
func (r *review) forget(name ledger.BundleName, left []*transfer) {
	for _, t := range r.bundles[name] {
		delete(r.waits, t.id)
	}
	delete(r.bundles, name)
	for _, t := range left {
		r.waits[t.id] = t
		r.bundles[name] = left
	}
}

// bundleEnds holds what the batch says of bundles against what became of their legs.
func (r *review) bundleEnds(cleared, ended []ledger.BundleName) error {
	said := map[ledger.BundleName]ledger.BundleState{}
	for i := range r.b.BundleEnds {
		e := &r.b.BundleEnds[i]
		isCleared := slices.Contains(cleared, e.BundleName)
		isEnded := slices.Contains(ended, e.BundleName) || len(e.Legs) == 0 // a leg was refused before others came
		if isCleared != (e.State == ledger.BundleCleared) || isCleared == isEnded || isCleared && said[e.BundleName] != "" {
			return r.fault(Bundles, about("bundle %s", e.ID), "one end, which its legs have come to", e.State)
		}
		said[e.BundleName] = e.State
	}
	for _, name := range slices.Concat(cleared, ended) {
		if said[name] == "" {
			return r.fault(Bundles, about("bundle %s", name.ID), "its end", "nothing")
		}
	}
	return nil
}

// rootOf is the Merkle tree hash of RFC 9162 over lines.
func rootOf(lines []string) [sha256.Size]byte {
	if len(lines) == 1 {
		return sha256.Sum256([]byte("\x00" + lines[0]))
	}
	half := 1 << (bits.Len(uint(len(lines)-1)) - 1)
	left, right := rootOf(lines[:half]), rootOf(lines[half:])
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// waiting are the legs of bundles that have not ended.
type waiting struct {
	bundles map[ledger.BundleName][]*transfer
	waits   map[settlement.TransferID]*transfer
}
