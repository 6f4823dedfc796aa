package decide

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Declaration is the subject of charter.Emergency: what happened, what is needed, and where money is to go. Carried
// out, it is a line of its own, whose receipt makes those pay who pledged.
type Declaration struct {
	Emergency   string         `json:"emergency"`      // its kind, a word: flood, fire, …
	Place       string         `json:"place,omitzero"` // a word
	Needed      string         `json:"needed"`         // for people; nothing personal, because everybody reads it
	Until       time.Time      `json:"until"`
	To          string         `json:"to"`          // participant
	Beneficiary act.Commitment `json:"beneficiary"` // closed: the account there
}

const maxNeeded = 500 // characters

func (d *Declaration) weighs(*State) fx.Money   { return fx.Money{} }
func (d *Declaration) concerns(*State) []string { return nil } // everybody is in it
func (d *Declaration) section() charter.Section { return charter.SectionPledges }

func (d *Declaration) check(s *State, _ *Proposal) *Refusal {
	switch {
	case !isWord(d.Emergency) || d.Place != "" && !isWord(d.Place):
		return refuse(FaultForm, "kind and place are words of small letters")
	case d.Needed == "" || utf8.RuneCountInString(d.Needed) > maxNeeded:
		return refuse(FaultForm, "what is needed is 1 to %d characters", maxNeeded)
	case !d.Until.After(s.now) || d.Until.Sub(s.now) > proposalMaxAge:
		return refuse(FaultExpired, "at %s", d.Until.Format(time.RFC3339))
	case !isElsewhere(d.To):
		return refuse(FaultForm, "to names no participant")
	case d.Beneficiary.IsZero():
		return refuse(FaultCommitments, "nobody gets it")
	}
	return nil
}

func (d *Declaration) carry(t *turn, p *Proposal) *Refusal {
	t.say(charter.SectionPledges, nil, LineDeclaration, declaration{
		Declaration: *d, ID: p.ID, Pool: t.pool, Version: p.Version, Votes: len(p.Votes), At: t.now,
	})
	return nil
}

// LineDeclaration is the kind of the line that pools which pledged want the receipt of.
const LineDeclaration = "declaration"

// declaration is that line.
type declaration struct {
	Declaration

	ID      string    `json:"declaration"` // the proposal
	Pool    string    `json:"pool"`
	Version int64     `json:"version"` // of the charter that it was decided under
	Votes   int       `json:"votes"`
	At      time.Time `json:"at"`
}

// key names a declaration among those of all pools.
func (d *declaration) key() string { return d.Pool + "/" + d.ID }

// WordDeclared is the word that another pool declared an emergency: Declared.
const WordDeclared = "declared"

var emergencyWords = map[string]word{WordDeclared: {section: charter.SectionPledges, do: (*turn).hearDeclared}}

// Declared is what proves a declaration.
type Declared struct {
	Receipt diary.Receipt `json:"receipt"` // of its line
}

// heardOf is a declaration that was answered.
type heardOf struct{ line [sha256.Size]byte }

// hearDeclared keeps every pledge that the declaration fits, once. The same declaration again, in whatever receipt, is
// answered as before; a pledge made since may be kept then.
func (t *turn) hearDeclared(body []byte) *Refusal {
	var w Declared
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	d, line, promises, refused := t.proven(&w.Receipt)
	if refused != nil {
		return refused
	}
	if before, ok := t.declared[d.key()]; ok && before.line != line {
		return refuse(FaultOtherBytes, "%s said something else before", d.key())
	}
	var made []string
	var against []*Refusal
	for _, promise := range promises {
		paid := promise.paidFor(d.key())
		if paid == "" {
			if refused := promise.fits(t.State, d); refused != nil {
				refused.Detail = promise.ID + ": " + refused.Detail
				against = append(against, refused)
				continue
			}
			if paid, refused = t.keep(promise, d); refused != nil {
				return refused
			}
		}
		made = append(made, paid)
	}
	if len(made) == 0 {
		return against[0].with(against[1:])
	}
	for _, why := range against {
		t.say(charter.SectionPledges, nil, "unkept", unkept{Declaration: d.ID, Pool: d.Pool, Fault: why.Fault, Detail: why.Detail})
	}
	t.declared[d.key()] = heardOf{line: line}
	t.entry.Answer.Made = strings.Join(made, " ")
	return nil
}

// unkept says why a pledge to a pool was not kept, where another was.
type unkept struct {
	Declaration string `json:"declaration"`
	Pool        string `json:"pool"`
	Fault       Fault  `json:"fault"`
	Detail      string `json:"detail"`
}

// with adds the details of others, as many as a line bears.
func (r *Refusal) with(others []*Refusal) *Refusal {
	for _, o := range others[:min(len(others), maxConditions)] {
		r.Detail += "; " + o.Detail
		r.Retry = r.Retry || o.Retry
	}
	r.Detail = shorten(r.Detail, maxDetail)
	return r
}

// proven reads a receipt, and finds the pledges to the pool whose log it is of. line is the hash of what it says.
func (t *turn) proven(r *diary.Receipt) (d declaration, line [sha256.Size]byte, promises []*Promise, refused *Refusal) {
	var said diary.Line
	holds := map[string]bool{} // by key
	for _, promise := range t.promises {
		if _, tried := holds[promise.Key]; !tried {
			if key, err := audit.ParseKey(promise.Key); err == nil {
				if read, _, err := r.Check(key); err == nil {
					said, holds[promise.Key] = read, true
				}
			}
		}
		if holds[promise.Key] {
			promises = append(promises, promise)
		}
	}
	if len(promises) == 0 {
		return d, line, nil, refuse(FaultSignature, "it is proven under no key that a pledge names")
	}
	if said.Kind != LineDeclaration || said.Section != string(charter.SectionPledges) || said.Read(&d) != nil {
		return d, line, nil, refuse(FaultForm, "the line declares nothing")
	}
	if d.ID == "" || len(d.ID) > maxWord || !isElsewhere(d.To) || d.Beneficiary.IsZero() {
		return d, line, nil, refuse(FaultForm, "it lacks an id, or where money is to go")
	}
	if d.Pool != promises[0].Pool {
		return d, line, nil, refuse(FaultOtherPool, "the log of %s has a declaration of another", promises[0].Pool)
	}
	return d, sha256.Sum256(said.Body), promises, nil
}

// paidFor is the payout that a declaration brought about, "" for none.
func (p *Promise) paidFor(declaration string) string {
	if i := slices.IndexFunc(p.Kept, func(k Keeping) bool { return k.Declaration == declaration }); i >= 0 {
		return p.Kept[i].Payout
	}
	return ""
}
