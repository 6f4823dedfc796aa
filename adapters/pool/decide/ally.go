package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// A rotating group may have seats of other pools. The pool that keeps the group is its host; pools tell each other by
// receipts of lines of their logs, so that none has to be believed:
//
//	host   Call    ─▶ a pool's part of a round is due
//	pool   Ready   ─▶ it is set aside in the pool's own book
//	host   Settle  ─▶ every part is there: all legs, with the names that their intents have
//	pool   Moved   ─▶ its leg was paid, or came back; the switch clears all legs in one batch or none
//
// The lines are told to the pools that they name, and shown otherwise as the charter says.

// The kinds of lines that other pools are told.
const (
	LineCall   = "call"
	LineReady  = "ready"
	LineSettle = "settle"
	LineMoved  = "moved"
)

// Ally is another pool in a group, or the host itself: where a pot for it goes.
type Ally struct {
	Key      string          `json:"key,omitzero"` // of its log; "" for the host
	Account  messaging.Party `json:"account"`      // the pool's own, at its own participant
	Currency fx.Currency     `json:"currency"`
}

// Call asks another pool for its part of a round.
type Call struct {
	To    string      `json:"to"` // pool
	Host  string      `json:"host"`
	Group string      `json:"group"`
	Round int         `json:"round"`
	Seat  int         `json:"seat"`
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
	Until time.Time   `json:"until"`
}

// Ready says that a part is set aside.
type Ready struct {
	To    string      `json:"to"` // host
	Pool  string      `json:"pool"`
	Group string      `json:"group"`
	Round int         `json:"round"`
	Seat  int         `json:"seat"`
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
}

// Settle says how a complete round moves.
type Settle struct {
	To       []string    `json:"to"`
	Host     string      `json:"host"`
	Group    string      `json:"group"`
	Round    int         `json:"round"`
	Attempt  int         `json:"attempt"`
	Receiver string      `json:"receiver"` // pool that gets the pot
	Ally     Ally        `json:"ally"`     // its account
	Legs     []SettleLeg `json:"legs"`     // by pool and unit
}

// SettleLeg is what one pool sends.
type SettleLeg struct {
	Pool  string      `json:"pool"`
	Ref   string      `json:"ref"` // of its order, and so of its intent
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
}

// Moved says what became of a pool's leg.
type Moved struct {
	To      string `json:"to"` // host
	Pool    string `json:"pool"`
	Group   string `json:"group"`
	Round   int    `json:"round"`
	Attempt int    `json:"attempt"`
	Moved   bool   `json:"moved"` // false where it came back
}

// Addressees are the pools that a line of these kinds is for.
func Addressees(body []byte) []string {
	var one struct {
		To string `json:"to"`
	}
	var many struct {
		To []string `json:"to"`
	}
	if json.Unmarshal(body, &one) == nil {
		return []string{one.To}
	}
	if json.Unmarshal(body, &many) != nil {
		return []string{}
	}
	return many.To
}

// WordHeard is the word that another pool told something: Heard.
const WordHeard = "heard"

var togetherWords = map[string]word{WordHeard: {section: charter.SectionRotation, do: (*turn).hearAlly}}

// Heard is what proves it.
type Heard struct {
	Receipt diary.Receipt `json:"receipt"`
}

// hearAlly takes what another pool's log proves that it said.
func (t *turn) hearAlly(body []byte) *Refusal {
	var w Heard
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	line, key := t.told(&w.Receipt)
	if key == "" {
		return refuse(FaultSignature, "it is proven under no key of a pool that this one saves with")
	}
	var refused *Refusal
	switch line.Kind {
	case LineCall:
		refused = heardAs(line, func(c Call) *Refusal { return t.called(key, c) })
	case LineReady:
		refused = heardAs(line, func(r Ready) *Refusal { return t.ready(key, r) })
	case LineSettle:
		refused = heardAs(line, func(s Settle) *Refusal { return t.settles(key, s) })
	case LineMoved:
		refused = heardAs(line, func(m Moved) *Refusal { return t.moved(key, m) })
	default:
		refused = refuse(FaultKind, "%s", clip(line.Kind))
	}
	return refused
}

func heardAs[T any](line diary.Line, do func(T) *Refusal) *Refusal {
	var body T
	if err := line.Read(&body); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	return do(body)
}

// told is the line that a receipt proves under a key that the pool knows, and that key; "" where under none.
func (s *State) told(r *diary.Receipt) (diary.Line, string) {
	var tried []string
	for _, key := range s.allied() {
		if slices.Contains(tried, key) {
			continue
		}
		tried = append(tried, key)
		log, err := audit.ParseKey(key)
		if err != nil {
			continue
		}
		if line, _, err := r.Check(log); err == nil {
			return line, key
		}
	}
	return diary.Line{}, ""
}

// Knows tells whether a receipt is proven under the key of a pool that this one has to do with: nothing else is worth
// an entry of the log.
func (s *State) Knows(r *diary.Receipt) bool {
	if _, key := s.told(r); key != "" {
		return true
	}
	return slices.ContainsFunc(s.promises, func(p *Promise) bool {
		log, err := audit.ParseKey(p.Key)
		if err != nil {
			return false
		}
		_, _, err = r.Check(log)
		return err == nil
	})
}

// allied are the keys of pools that this one saves with, as host and as guest.
func (s *State) allied() (keys []string) {
	for _, g := range s.groups {
		for _, pool := range sortedKeys(g.allies) {
			if key := g.allies[pool].Key; key != "" {
				keys = append(keys, key)
			}
		}
	}
	for _, v := range s.ventures {
		keys = append(keys, v.Key)
	}
	return keys
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// add puts an amount to a pool's leg.
func (s *Settle) add(pool string, unit fx.Currency, minor int64) {
	for i := range s.Legs {
		if s.Legs[i].Pool == pool && s.Legs[i].Unit == unit {
			s.Legs[i].Minor += minor // within what a group's contributions come to
			return
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d/%d/%s/%s", s.Host, s.Group, s.Round, s.Attempt, pool, unit))
	s.Legs = append(s.Legs, SettleLeg{Pool: pool, Ref: "g" + hex.EncodeToString(sum[:])[:19], Unit: unit, Minor: minor})
}

// isSound tells whether what another pool says of a round can be booked and ordered.
func (s *Settle) isSound() bool {
	return s.Attempt > 0 && messaging.ValidParticipant(s.Receiver) && !s.Ally.Currency.IsZero() &&
		len(s.Legs) > 0 && len(s.Legs) <= messaging.MaxBundleLegs &&
		!slices.ContainsFunc(s.Legs, func(leg SettleLeg) bool {
			return !messaging.ValidParticipant(leg.Pool) || leg.Unit.IsZero() || leg.Minor <= 0 || !isWord(leg.Ref)
		})
}
