package board

import (
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
)

// Kind is which side a posting is on.
type Kind string

// The kinds.
const (
	Need  Kind = "need"
	Offer Kind = "offer"
)

// The limits of a posting.
const (
	MaxID       = 64                   // bytes of an id
	MaxQuantity = 1_000_000_000_000    // in its unit
	MaxTerm     = 366 * 24 * time.Hour // from At to Until
	MaxUrgency  = 4
	commitment  = 64 // digits
)

// Posting is what a member needs or offers. What else is to be said is closed: only its commitment is here.
type Posting struct {
	ID       string    `json:"id"`
	Pool     string    `json:"pool,omitzero"` // whose member it is; "" for this pool. Only postings of one pool meet, so far
	Member   string    `json:"member"`
	Kind     Kind      `json:"kind"`
	Category Category  `json:"category"`
	Urgency  int       `json:"urgency"` // 1 can wait, 4 cannot; of an offer: how soon it spoils
	Place    Place     `json:"place,omitzero"`
	Quantity int64     `json:"quantity"` // in Unit; of a currency in minor units
	Unit     Unit      `json:"unit"`
	At       time.Time `json:"at"`            // when it was posted
	Until    time.Time `json:"until"`         // from then on it is over
	Text     string    `json:"text,omitzero"` // commitment to a closed text: SHA-256 in hex
}

// Check tells whether a posting is well formed. Errors are *RefusalError.
func (p Posting) Check() error {
	fault := Fault("")
	switch {
	case !isID(p.ID) || p.Pool != "" && !isID(p.Pool) || !isID(p.Member):
		fault = FaultID
	case p.Kind != Need && p.Kind != Offer:
		fault = FaultKind
	case !p.Category.Known():
		fault = FaultCategory
	case p.Urgency < 1 || p.Urgency > MaxUrgency:
		fault = FaultUrgency
	case !p.Place.sound():
		fault = FaultPlace
	case p.Quantity < 1 || p.Quantity > MaxQuantity:
		fault = FaultQuantity
	case !p.Unit.Known():
		fault = FaultUnit
	case !p.Until.After(p.At) || p.Until.Sub(p.At) > MaxTerm:
		fault = FaultUntil
	case p.Text != "" && !isCommitment(p.Text):
		fault = FaultText
	}
	if fault != "" {
		return refuse(fault, p.ID)
	}
	return nil
}

// Seen is the posting as an audience may see it: without its place where that is not shown to it.
func (p Posting) Seen(by Shown) Posting {
	if !p.Place.shownTo(by) {
		p.Place = Place{}
	}
	return p
}

// Unit is what a quantity is counted in: one of Units, or the code of a currency.
type Unit string

// The units that are not currencies.
const (
	Piece    Unit = "piece"
	Hour     Unit = "hour"
	Day      Unit = "day"
	Night    Unit = "night"
	Meal     Unit = "meal"
	Kilogram Unit = "kilogram"
	Litre    Unit = "litre"
	Trip     Unit = "trip"
	Person   Unit = "person"
)

// Units lists the units that are not currencies.
func Units() []Unit {
	return []Unit{Piece, Hour, Day, Night, Meal, Kilogram, Litre, Trip, Person}
}

// Known tells whether there is such a unit.
func (u Unit) Known() bool {
	switch u {
	case Piece, Hour, Day, Night, Meal, Kilogram, Litre, Trip, Person:
		return true
	}
	_, err := fx.ParseCurrency(string(u))
	return err == nil
}

// isID tells whether s is an id: letters, digits and "-._/:", at most MaxID.
func isID(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '.', c == '_', c == '/', c == ':':
		default:
			return false
		}
	}
	return s != "" && len(s) <= MaxID
}

func isCommitment(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == commitment
}

// isName tells whether s is short text that prints on one line.
func isName(s string, most int) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most
}
