package screen

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Limits on what a List is made of.
const (
	maxFileBytes = 64 << 20
	maxEntries   = 500_000
	maxListed    = 100 // names, accounts or countries of one entry
	maxVelocity  = 100
)

// Lists is the file that a List is made of, in JSON.
type Lists struct {
	Name     string     `json:"name"` // kept with each decision
	Entries  []Entry    `json:"entries"`
	Velocity []Velocity `json:"velocity"`
}

// Entry is somebody or some place, and what becomes of intents from or to there. One that allows makes an
// exception of whoever it names by account: no other entry counts for that party.
type Entry struct {
	Decision  Decision `json:"decision"`
	Names     []string `json:"names,omitempty"`     // each fits where all of its words are among a party's, in any order
	Accounts  []string `json:"accounts,omitempty"`  // as intents write them
	Countries []string `json:"countries,omitempty"` // ISO 3166-1 alpha-2
}

// Velocity bounds what one account sends in one currency on one day of UTC. What goes beyond is held, or denied.
type Velocity struct {
	Currency    fx.Currency `json:"currency"`
	Count       int         `json:"count"`        // 0 for any
	AmountMinor int64       `json:"amount_minor"` // 0 for any
	Decision    Decision    `json:"decision"`
}

// FileError says what is wrong with a file of lists. A retry with the same file fails again.
type FileError struct {
	Entry int // from 1; 0 of the file
	Fault string
}

func (e *FileError) Error() string {
	if e.Entry == 0 {
		return "screen: lists: " + e.Fault
	}
	return fmt.Sprintf("screen: lists: entry %d: %s", e.Entry, e.Fault)
}

// ReadLists reads a file of lists. Unknown and repeated names are refused. Errors are *FileError and those of r.
func ReadLists(r io.Reader) (Lists, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return Lists{}, fmt.Errorf("screen: lists: %w", err)
	}
	if len(text) > maxFileBytes {
		return Lists{}, &FileError{Fault: fmt.Sprintf("over %d bytes", maxFileBytes)}
	}
	var l Lists
	if err := json.Unmarshal(text, &l, json.RejectUnknownMembers(true)); err != nil {
		return Lists{}, &FileError{Fault: err.Error()}
	}
	return l, l.check()
}

func (l Lists) check() error {
	switch {
	case !messaging.ValidID(l.Name):
		return &FileError{Fault: "the list has no name that an id could be"}
	case len(l.Entries) > maxEntries:
		return &FileError{Fault: fmt.Sprintf("%d entries; the limit is %d", len(l.Entries), maxEntries)}
	case len(l.Velocity) > maxVelocity:
		return &FileError{Fault: fmt.Sprintf("%d rules of velocity; the limit is %d", len(l.Velocity), maxVelocity)}
	}
	for i, e := range l.Entries {
		if err := e.check(); err != nil {
			return &FileError{Entry: i + 1, Fault: err.Error()}
		}
	}
	seen := map[fx.Currency]bool{}
	for _, v := range l.Velocity {
		switch {
		case v.Currency.IsZero() || seen[v.Currency]:
			return &FileError{Fault: "velocity: a currency is missing or named twice"}
		case v.Count < 0 || v.AmountMinor < 0 || v.Count == 0 && v.AmountMinor == 0:
			return &FileError{Fault: fmt.Sprintf("velocity of %s: no bound", v.Currency)}
		case v.Decision != Hold && v.Decision != Deny:
			return &FileError{Fault: fmt.Sprintf("velocity of %s: neither hold nor deny", v.Currency)}
		}
		seen[v.Currency] = true
	}
	return nil
}

func (e Entry) check() error {
	switch {
	case e.Decision != Allow && e.Decision != Hold && e.Decision != Deny:
		return fmt.Errorf("no decision %.20q", string(e.Decision))
	case len(e.Names)+len(e.Accounts)+len(e.Countries) == 0:
		return errors.New("it names nobody")
	case len(e.Names)+len(e.Accounts)+len(e.Countries) > maxListed:
		return fmt.Errorf("more than %d names, accounts and countries", maxListed)
	case e.Decision == Allow && len(e.Names)+len(e.Countries) > 0:
		return errors.New("an exception names accounts only: many people share a name")
	case slices.ContainsFunc(e.Names, func(name string) bool { return len(words(name)) == 0 }):
		return errors.New("a name without a letter or digit")
	case slices.Contains(e.Accounts, ""):
		return errors.New("an empty account")
	case slices.ContainsFunc(e.Countries, func(c string) bool { return !messaging.ValidCountry(c) }):
		return errors.New("a country is no two capital letters")
	}
	return nil
}
