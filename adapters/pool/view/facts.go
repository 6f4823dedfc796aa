package view

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// title is what a proposal is called: by what it says itself, and nothing personal.
func title(p *decide.Proposal) string {
	switch s := p.Subject.(type) {
	case *decide.RuleChange:
		var next struct {
			Title   string `json:"title"`
			Version int64  `json:"version"`
		}
		if json.Unmarshal(s.Charter, &next, json.StringifyNumbers(true)) == nil {
			return fmt.Sprintf("%s %d", next.Title, next.Version)
		}
	case *decide.Declaration:
		return strings.TrimSpace(s.Emergency + " " + s.Place)
	case *decide.Admission:
		return s.Member
	case *decide.Appointment:
		return s.Member + ": " + s.Role
	case *decide.Recovery:
		return s.Member
	case *decide.Sanction:
		return s.Member + ": " + string(s.Measure)
	case *decide.Healing:
		return s.Sanction
	case *decide.Pledge:
		return cmp.Or(s.Pool, s.Revokes)
	case *decide.Issuance:
		return cmp.Or(s.Fund, s.Member)
	}
	if o := p.Paying(); o != nil && o.Reference != "" {
		return o.Reference
	}
	return p.ID
}

// facts are everything that is voted on, row by row, as the proposal's document says it. What it names by commitment
// is opened for those who may read it.
func (g *glance) facts(p *decide.Proposal) []web.Fact {
	var document struct {
		Subject jsontext.Value `json:"subject"`
	}
	if read(g.Document(p.ID), &document) != nil {
		return nil
	}
	var subject map[string]any
	if json.Unmarshal(document.Subject, &subject) != nil {
		return nil
	}
	facts := (&teller{g: g, p: p}).say(nil, "", subject)
	facts = append(facts, web.Fact{Name: "expires", Value: p.Expires.Format("2006-01-02 15:04 MST")})
	if p.Cost > 0 && g.seesOutcome(p) {
		facts = append(facts, web.Fact{Name: "cost", Value: g.costOf(p)})
	}
	if p.Why != "" && g.seesOutcome(p) {
		facts = append(facts, web.Fact{Name: "why", Value: p.Why})
	}
	facts = append(facts, g.pleas(p)...)
	return append(facts, web.Fact{Name: "hash", Value: hex.EncodeToString(p.Hash[:])})
}

// costOf is what a payout took, in the unit of what paid it.
func (g *glance) costOf(p *decide.Proposal) string {
	unit := p.Paying().Amount.Unit
	if fund, known := g.Charter().Fund(p.Paying().Fund); known {
		unit = fund.Unit
	}
	return fx.Money{Minor: p.Cost, Currency: unit}.String()
}

// pleas are what a member said against a sanction, for those who vote on it, and for the panel of the appeal.
func (g *glance) pleas(p *decide.Proposal) (facts []web.Fact) {
	inside := g.seesInside(p)
	if inside && !p.Statement.IsZero() {
		facts = append(facts, web.Fact{Name: "statement", Value: g.text(p.Statement)})
	}
	for _, x := range g.State.Sanctions() {
		if x.ID == p.ID && x.Appeal != nil && (inside || g.me != nil && slices.Contains(x.Appeal.Panel, g.me.ID)) {
			facts = append(facts, web.Fact{Name: "ground", Value: g.text(x.Appeal.Ground)})
		}
	}
	return facts
}

// teller tells a document's values.
type teller struct {
	g *glance
	p *decide.Proposal
}

func (t *teller) say(rows []web.Fact, name string, value any) []web.Fact {
	switch value := value.(type) {
	case map[string]any:
		if money, ok := moneyOf(value); ok {
			return append(rows, web.Fact{Name: name, Value: money.String()})
		}
		unit := t.unitOf(value)
		for _, member := range slices.Sorted(maps.Keys(value)) {
			if money, ok := moneyOf(map[string]any{"minor": value[member], "unit": unit}); ok && strings.HasSuffix(member, "_minor") {
				rows = append(rows, web.Fact{Name: strings.TrimSuffix(member, "_minor"), Value: money.String()})
				continue
			}
			rows = t.say(rows, member, value[member])
		}
	case []any:
		for _, member := range value {
			rows = t.say(rows, name, member)
		}
	case string:
		if opened, ok := t.open(value); ok {
			value = opened
		}
		rows = append(rows, web.Fact{Name: name, Value: value})
	default:
		rows = append(rows, web.Fact{Name: name, Value: fmt.Sprint(value)})
	}
	return rows
}

// unitOf is the unit of an object's amounts, which stands beside them or is their fund's; "" where neither is said.
func (t *teller) unitOf(of map[string]any) string {
	if unit, ok := of["unit"].(string); ok {
		return unit
	}
	name, _ := of["fund"].(string)
	fund, known := t.g.Charter().Fund(name)
	if !known {
		return ""
	}
	return fund.Unit.String()
}

// open reads what a commitment names, where that may be read.
func (t *teller) open(text string) (string, bool) {
	var c act.Commitment
	if c.UnmarshalText([]byte(text)) != nil || !t.g.seesInside(t.p) {
		return "", false
	}
	blob := t.g.closed(c)
	var value any
	if blob == nil || act.Open(blob, &value) != nil {
		return erased, true
	}
	var parts []string
	for _, fact := range (&teller{g: t.g, p: t.p}).say(nil, "", value) {
		parts = append(parts, fact.Value)
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", "), true
}

// moneyOf reads an object of minor units and their unit.
func moneyOf(value map[string]any) (fx.Money, bool) {
	minor, isMinor := value["minor"].(string)
	code, isUnit := value["unit"].(string)
	unit, err := fx.ParseCurrency(code)
	if len(value) != 2 || !isMinor || !isUnit || err != nil {
		return fx.Money{}, false
	}
	m := fx.Money{Currency: unit}
	_, err = fmt.Sscan(minor, &m.Minor)
	return m, err == nil
}

// inside are the closed values that a proposal's document names, for those who may read them.
func (g *glance) inside(p *decide.Proposal) (blobs [][]byte) {
	var document any
	if !g.seesInside(p) || json.Unmarshal(g.Document(p.ID), &document) != nil {
		return nil
	}
	for _, c := range named(nil, document) {
		if blob := g.closed(c); blob != nil {
			blobs = append(blobs, blob)
		}
	}
	return blobs
}

// named adds the commitments that a value holds, each once.
func named(all []act.Commitment, value any) []act.Commitment {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			all = named(all, value[name])
		}
	case []any:
		for _, member := range value {
			all = named(all, member)
		}
	case string:
		var c act.Commitment
		if c.UnmarshalText([]byte(value)) == nil && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}
