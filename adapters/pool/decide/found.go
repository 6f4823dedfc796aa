package decide

import (
	"encoding/hex"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// WordFounded is the word that begins a pool: Founding.
const WordFounded = "founded"

const kindAgree = "agree"

// maxFounders bounds a founding; everybody else is admitted.
const maxFounders = 50

var (
	foundingWords = map[string]word{WordFounded: {section: charter.SectionDecisions, do: (*turn).found}}
	foundingKinds = map[string]kind{kindAgree: {section: charter.SectionDecisions, who: invited, do: (*turn).agree}}
)

// Founding is the word that begins a pool: its first charter and whoever founds it. It is in force when each of
// them has agreed to exactly that charter.
type Founding struct {
	Charter  jsontext.Value `json:"charter"`
	Founders []Founder      `json:"founders"`
}

// Founder is one of them, a member from the first hour.
type Founder struct {
	Key    act.Key        `json:"key"`
	Person act.Commitment `json:"person"` // closed: name and how to reach them
	Roles  []string       `json:"roles,omitempty"`
	Pool   string         `json:"pool,omitzero"` // participant name, where the member is a pool
}

// Agreement is the body of kindAgree: the hash of the charter that the founder read.
type Agreement struct {
	Charter string `json:"charter"` // hex
}

func (t *turn) found(body []byte) *Refusal {
	var f Founding
	if len(t.charters) > 0 {
		return refuse(FaultAlready, "the pool is founded")
	}
	if refused := decode(body, &f); refused != nil {
		return refused
	}
	rules, err := charter.Read(f.Charter)
	switch {
	case err != nil:
		return refuse(FaultForm, "%v", err)
	case rules.Pool != t.pool || rules.Version != 1:
		return refuse(FaultRules, "it is version %d of %s", rules.Version, rules.Pool)
	case len(f.Founders) == 0 || len(f.Founders) > maxFounders:
		return refuse(FaultTooMany, "%d founders", len(f.Founders))
	}
	if err := rules.Check(); err != nil {
		return refuse(FaultRules, "%v", err)
	}
	known := map[act.Key]bool{}
	for _, founder := range f.Founders {
		if known[founder.Key] {
			return refuse(FaultAlready, "two founders have one key")
		}
		known[founder.Key] = true
		if founder.Person.IsZero() {
			return refuse(FaultCommitments, "a founder is nobody")
		}
		for _, role := range founder.Roles {
			if _, ok := rules.Role(role); !ok {
				return refuse(FaultRules, "no role is %q", clip(role))
			}
		}
	}
	t.charters, t.inForce = append(t.charters, rules), append(t.inForce, t.now)
	t.founders, t.began = len(f.Founders), t.now
	for _, founder := range f.Founders {
		m := t.newMember(founder.Key, founder.Person, founder.Pool)
		for _, role := range founder.Roles {
			t.seat(m, role)
		}
	}
	return nil
}

// agree counts a founder who has read the charter.
func (t *turn) agree(by *Member, a act.Act) *Refusal {
	var agreed Agreement
	if err := a.Decode(&agreed); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	first := t.charters[0].Hash()
	switch {
	case by.Standing != invited || t.founded(): // until then nobody can be invited
		return refuse(FaultAlready, "%s has agreed", by.ID)
	case agreed.Charter != hex.EncodeToString(first[:]):
		return refuse(FaultChanged, "the charter is %x", first)
	}
	t.founders--
	t.enter(by)
	if t.founded() {
		t.say(charter.SectionDecisions, nil, "charter", inForce{Version: 1, Hash: hex.EncodeToString(first[:])})
	}
	return nil
}

// inForce says that a version of the charter holds from now on.
type inForce struct {
	Version int64  `json:"version"`
	Hash    string `json:"hash"`
}
