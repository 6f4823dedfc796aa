package messaging

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/fx"
)

// A bundle is several intents, of whatever participants and in whatever currencies, that clear together or not at all.
// Each is a leg, and each is signed by its own sender alone. What makes them one is the digest that all of them name: the
// root of a Merkle tree over a line for each leg. So whoever signs one leg has signed which others there are, to whom and
// over how much; and since each leg proves its own line under the digest, nobody can slip in another.

// Limits on bundles.
const (
	MinBundleLegs = 2
	MaxBundleLegs = 64

	maxBundleProof = 6 // hashes, which is enough for so many legs
)

// Bundle says of an intent which bundle it is a leg of. ID, Count and Digest name the bundle.
type Bundle struct {
	ID     string   `json:"id"`
	Count  int      `json:"count"`  // of its legs
	Place  int      `json:"place"`  // of this one among their lines, in order, from 1
	Digest string   `json:"digest"` // of the lines: the root, base64url without padding
	Proof  []string `json:"proof"`  // of this line under the digest, as RFC 9162 writes an audit path, likewise
}

// Leg is what all legs of a bundle say of one of them. Where the currencies differ, the amount on the side that Fixed does
// not name is its sender's own, and need not be known to the others: its quote makes it, maybe after they have signed.
type Leg struct {
	Participant, Intent string // who signs the intent, and its id
	CreditorParticipant string
	Source, Destination Amount
	Fixed               fx.Fixed
}

// LegOf is what a bundle says of an intent.
func LegOf(participant string, i *Intent) Leg {
	return Leg{
		Participant: participant, Intent: i.ID, CreditorParticipant: i.CreditorParticipant,
		Source: i.Source, Destination: i.Destination, Fixed: i.Fixed,
	}
}

// NewBundle binds legs together, and returns for each what its intent has to say. Whoever has the same id and legs, in
// any order, gets the same. Errors are *FaultError.
func NewBundle(id string, legs []Leg) ([]Bundle, error) {
	if !ValidID(id) || len(legs) < MinBundleLegs || len(legs) > MaxBundleLegs {
		return nil, &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf(
			"bundle %.40q of %d legs; it needs an id, and %d to %d of them", id, len(legs), MinBundleLegs, MaxBundleLegs)}
	}
	lines, intents := make([]string, len(legs)), map[[2]string]bool{}
	for n := range legs {
		var fault *FaultError
		if lines[n], fault = legs[n].line(id, len(legs)); fault != nil {
			return nil, fault
		}
		name := [2]string{legs[n].Participant, legs[n].Intent}
		if !ValidParticipant(name[0]) || !ValidID(name[1]) || !ValidParticipant(legs[n].CreditorParticipant) || intents[name] {
			return nil, &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("leg %d of bundle %s is malformed, or there twice", n+1, id)}
		}
		intents[name] = true
	}
	return bundles(id, lines)
}

// bundles proves each line under the root over all.
func bundles(id string, lines []string) ([]Bundle, error) {
	sorted := slices.Sorted(slices.Values(lines))
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for n, index := range indexes {
			hashes[n] = stored[index]
		}
		return hashes, nil
	})
	for n, line := range sorted {
		more, err := tlog.StoredHashes(int64(n), []byte(line), read)
		if err != nil {
			return nil, fmt.Errorf("messaging: bundle %s: %w", id, err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(sorted)), read)
	if err != nil {
		return nil, fmt.Errorf("messaging: bundle %s: %w", id, err)
	}
	all := make([]Bundle, len(lines))
	for n, line := range lines {
		place, _ := slices.BinarySearch(sorted, line)
		proof, err := tlog.ProveRecord(int64(len(sorted)), int64(place), read)
		if err != nil {
			return nil, fmt.Errorf("messaging: bundle %s: %w", id, err)
		}
		all[n] = Bundle{ID: id, Count: len(lines), Place: place + 1, Digest: strictBase64.EncodeToString(root[:])}
		for _, hash := range proof {
			all[n].Proof = append(all[n].Proof, strictBase64.EncodeToString(hash[:]))
		}
	}
	return all, nil
}

// Check tells why a leg is none of the bundle, nil where it is one.
func (b *Bundle) Check(leg Leg) *FaultError {
	line, fault := leg.line(b.ID, b.Count)
	if fault != nil {
		return fault
	}
	var r rules
	if r.bundle(b); r.fault != nil {
		return r.fault
	}
	var root [sha256.Size]byte
	r.commitment("digest", b.Digest, &root)
	proof := make(tlog.RecordProof, len(b.Proof))
	for n, text := range b.Proof {
		r.commitment("proof", text, (*[sha256.Size]byte)(&proof[n]))
	}
	if b.Place > b.Count || tlog.CheckRecord(proof, int64(b.Count), tlog.Hash(root), int64(b.Place-1), tlog.RecordHash([]byte(line))) != nil {
		return &FaultError{Fault: FaultNotInBundle, Detail: fmt.Sprintf("intent %s is no leg of bundle %s", leg.Intent, b.ID)}
	}
	return nil
}

// line is a leg as the digest is made of it: the bundle's id and count, participant, intent, the creditor's participant,
// source and destination, each as amount and currency, with a space between and a line feed after. "*" stands for the
// amount that is not fixed.
func (l *Leg) line(id string, count int) (string, *FaultError) {
	converts := l.Source.Currency != l.Destination.Currency
	if converts && l.Fixed != fx.FixedSource && l.Fixed != fx.FixedDestination {
		return "", &FaultError{Fault: FaultQuoteMismatch, Detail: "neither side is fixed"}
	}
	source, fault := sideOf("source", l.Source, converts && l.Fixed == fx.FixedDestination)
	if fault != nil {
		return "", fault
	}
	destination, fault := sideOf("destination", l.Destination, converts && l.Fixed == fx.FixedSource)
	if fault != nil {
		return "", fault
	}
	return fmt.Sprintf("%s %d %s %s %s %s %s\n", id, count, l.Participant, l.Intent, l.CreditorParticipant, source, destination), nil
}

// sideOf is an amount and its currency in a leg's line.
func sideOf(where string, a Amount, free bool) (string, *FaultError) {
	if free {
		currency, err := fx.ParseCurrency(a.Currency)
		if err != nil {
			return "", &FaultError{Fault: AmountFault(err), Detail: fmt.Sprintf("%s: %v", where, err)}
		}
		return anyAmount + " " + currency.String(), nil
	}
	m, fault := positive(where, a)
	if fault != nil {
		return "", fault
	}
	return m.Text() + " " + m.Currency.String(), nil
}

// anyAmount stands for an amount that is its sender's own.
const anyAmount = "*"

// bundle checks how an intent says which bundle it is a leg of. Whether it is, Check tells.
func (r *rules) bundle(b *Bundle) {
	r.form("bundle.id", b.ID, idForm)
	r.count("bundle.count", b.Count, MinBundleLegs, MaxBundleLegs)
	r.count("bundle.place", b.Place, 1, MaxBundleLegs)
	var hash [sha256.Size]byte
	r.commitment("bundle.digest", b.Digest, &hash)
	r.count("bundle.proof", len(b.Proof), 1, maxBundleProof)
	for _, text := range b.Proof {
		r.commitment("bundle.proof", text, &hash)
	}
}
