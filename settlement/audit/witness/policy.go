package witness

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Policy says whose cosignatures make a checkpoint good: any of its logs signed it, and its quorum of witnesses
// cosigned it. Quorums are of groups within groups, each of which wants k of its members.
type Policy struct {
	logs      Logs
	witnesses []Known
	groups    []group // each names only what stands before it
	quorum    string  // a witness, a group, or none
}

// Known is a witness that a policy knows.
type Known struct {
	Name string // within the policy
	Key  audit.CosignerKey
	URL  string // what requests are sent below; "" where nobody is asked
}

// group has witnessed what at least k of its members have.
type group struct {
	name    string
	k       int
	members []string
}

// none is the quorum that wants nobody.
const none = "none"

// Witnessed is a checkpoint and those witnesses of a policy that cosigned it, in the policy's order.
type Witnessed struct {
	Signed
	By []Cosignature
}

// Cosignature is the word of one witness.
type Cosignature struct {
	Name string // within the policy
	At   time.Time
	Line note.Signature
}

// UnsatisfiedError says that too few witnesses cosigned a checkpoint, or not those who matter.
type UnsatisfiedError struct {
	Size   int64
	Quorum string
	By     []string // who did
	Ahead  []string // whose cosignatures are of a time to come, and do not count
}

func (e *UnsatisfiedError) Error() string {
	return fmt.Sprintf("witness: the checkpoint of size %d has cosignatures of [%s] and, from the future, of [%s]: no quorum %s",
		e.Size, strings.Join(e.By, " "), strings.Join(e.Ahead, " "), e.Quorum)
}

// Witnesses returns the witnesses, by name.
func (p *Policy) Witnesses() []Known { return p.witnesses }

// Satisfied tells who witnessed a checkpoint, and errs with *UnsatisfiedError where the quorum did not. A line of a
// witness that does not verify spoils the note, as C2SP signed-note wants it; lines of others are passed over. Other
// errors are *RefusedError.
func (p *Policy) Satisfied(signed string, now time.Time) (Witnessed, error) {
	opened, err := p.logs.Open(signed)
	if err != nil {
		return Witnessed{}, err
	}
	w := Witnessed{Signed: opened}
	unsatisfied := &UnsatisfiedError{Size: opened.Size, Quorum: p.quorum}
	lines, err := cosignatures(signed, p.witnesses)
	if err != nil {
		return w, err
	}
	have := map[string]bool{}
	for _, known := range p.witnesses {
		line, ok := lines[known.Name]
		if !ok {
			continue
		}
		at, err := audit.CosignedAt(line)
		if err != nil {
			return w, refuse(FaultMalformed, "%v", err)
		}
		if at.After(now.Add(MaxAhead)) {
			unsatisfied.Ahead = append(unsatisfied.Ahead, known.Name)
			continue
		}
		have[known.Name] = true
		unsatisfied.By = append(unsatisfied.By, known.Name)
		w.By = append(w.By, Cosignature{Name: known.Name, At: at, Line: line})
	}
	if !p.met(have) {
		return w, unsatisfied
	}
	return w, nil
}

// cosignatures reads the lines of known witnesses, by their names.
func cosignatures(signed string, known []Known) (map[string]note.Signature, error) {
	verifiers := make([]note.Verifier, len(known))
	for i, k := range known {
		verifiers[i] = k.Key
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if _, nobody := errors.AsType[*note.UnverifiedNoteError](err); nobody {
		return nil, nil
	}
	if err != nil {
		return nil, unopened(err)
	}
	lines := map[string]note.Signature{}
	for _, line := range opened.Sigs { // one at most of each key
		for _, k := range known {
			if k.Key.Name() == line.Name && k.Key.KeyHash() == line.Hash {
				lines[k.Name] = line
			}
		}
	}
	return lines, nil
}

// met tells whether the quorum is among those who have cosigned. It changes have.
func (p *Policy) met(have map[string]bool) bool {
	if p.quorum == none {
		return true
	}
	for _, g := range p.groups { // members stand before their groups
		count := 0
		for _, member := range g.members {
			if have[member] {
				count++
			}
		}
		have[g.name] = count >= g.k
	}
	return have[p.quorum]
}
