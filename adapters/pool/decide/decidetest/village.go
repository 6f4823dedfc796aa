// Package decidetest has a pool's members at hand for tests: their keys, their clock, and what they say.
package decidetest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Began is when every village begins.
var Began = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// Village is a pool with members whose devices are at hand.
type Village struct {
	T       require.TestingT
	Pool    string
	State   *decide.State
	Now     time.Time
	Inputs  []decide.Input
	Entries []decide.Entry
	keys    map[string]ed25519.PrivateKey
	acts    int

	log    *diary.Log
	drafts []*diary.Draft
	told   int // drafts whose lines others have heard
}

// Found makes a pool of n members under the rules; the roles are those of the members in their order.
func Found(t require.TestingT, rules *charter.Charter, n int, roles ...[]string) *Village {
	return FoundWith(t, rules, n, nil, roles...)
}

// FoundWith is Found where some members, by id, are other pools.
func FoundWith(t require.TestingT, rules *charter.Charter, n int, pools map[string]string, roles ...[]string) *Village {
	v := &Village{T: t, Pool: rules.Pool, State: decide.New(rules.Pool), Now: Began, keys: map[string]ed25519.PrivateKey{}, log: newLog(t, rules.Pool)}
	text, err := rules.Canonical()
	require.NoError(t, err)
	f := decide.Founding{Charter: text}
	for i := range n {
		id := fmt.Sprintf("m%d", i+1)
		founder := decide.Founder{Key: v.Key(id), Person: Closed(id), Pool: pools[id]}
		if i < len(roles) {
			founder.Roles = roles[i]
		}
		f.Founders = append(f.Founders, founder)
	}
	require.Empty(t, v.Word("founded", f).Answer)
	hash := rules.Hash()
	for i := range n {
		v.Done(fmt.Sprintf("m%d", i+1), "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])})
	}
	return v
}

// Closed is a commitment to something about somebody.
func Closed(text string) act.Commitment { return act.Commit([]byte(text)) }

// Private is the key of whoever has the name, the same in every village.
func (v *Village) Private(name string) ed25519.PrivateKey {
	if _, ok := v.keys[name]; !ok {
		seed := sha256.Sum256([]byte(name))
		v.keys[name] = ed25519.NewKeyFromSeed(seed[:])
	}
	return v.keys[name]
}

// Key is the public part of Private.
func (v *Village) Key(name string) act.Key {
	return act.Key(v.Private(name).Public().(ed25519.PublicKey)) //nolint:forcetypeassert,errcheck // it is one
}

// Act is what a member's device signs now: under the rules in force, for a day.
func (v *Village) Act(member, kind string, body any) act.Signed {
	v.acts++
	a := act.Act{
		By: member, Expires: v.Now.Add(24 * time.Hour), ID: fmt.Sprintf("test-%06d", v.acts), Kind: kind, Pool: v.Pool,
		Version: v.State.Version(),
	}
	return v.Sign(member, a, body)
}

// Sign signs an act as it is with the key of the name.
func (v *Village) Sign(name string, a act.Act, body any) act.Signed {
	open, err := act.New(a, body)
	require.NoError(v.T, err)
	return act.Sign(v.Private(name), open)
}

// Decide has an input decided now.
func (v *Village) Decide(in decide.Input) decide.Entry {
	entry, err := v.Try(in)
	require.NoError(v.T, err)
	return entry
}

// Try is Decide of what may be no input. The error is then *decide.InputError.
func (v *Village) Try(in decide.Input) (decide.Entry, error) {
	in.At = v.Now
	entry, err := v.State.Decide(in)
	if err != nil {
		return entry, err
	}
	v.write(entry)
	v.Inputs, v.Entries = append(v.Inputs, in), append(v.Entries, entry)
	return entry, nil
}

// Say has a member say something, whatever becomes of it.
func (v *Village) Say(member, kind string, body any) decide.Answer {
	signed := v.Act(member, kind, body)
	return v.Decide(decide.Input{Act: &signed}).Answer
}

// Done is Say of what is not refused. It returns the id of what was made.
func (v *Village) Done(member, kind string, body any) string {
	answer := v.Say(member, kind, body)
	require.Empty(v.T, answer.Fault, "%s by %s: %s", kind, member, answer.Detail)
	return answer.Made
}

// Word has the node say something.
func (v *Village) Word(kind string, body any) decide.Entry {
	text, err := audit.Canonical(body)
	require.NoError(v.T, err)
	return v.Decide(decide.Input{Word: &decide.Word{Kind: kind, Body: text}})
}

// Wait moves the clock, stopping wherever something falls due.
func (v *Village) Wait(d time.Duration) {
	until := v.Now.Add(d)
	for next := v.State.Next(); !next.IsZero() && next.Before(until); next = v.State.Next() {
		v.Now = later(v.Now, next)
		v.Word("clock", struct{}{})
	}
	v.Now = until
	v.Word("clock", struct{}{})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.Truncate(time.Millisecond)
	}
	return a.Add(time.Millisecond)
}

// Propose has a member propose, and returns the proposal's id.
func (v *Village) Propose(member string, kind charter.Kind, subject any) string {
	return v.Done(member, "propose", v.Proposing(kind, subject))
}

// Proposing is the body of a proposal that holds for a month.
func (v *Village) Proposing(kind charter.Kind, subject any) decide.Proposing {
	text, err := audit.Canonical(subject)
	require.NoError(v.T, err)
	return decide.Proposing{Decision: kind, Subject: text, Expires: v.Now.Add(30 * 24 * time.Hour).Truncate(time.Second)}
}

// Ballot is a vote over exactly that proposal.
func (v *Village) Ballot(proposal string, choice decide.Choice) decide.Ballot {
	p := v.State.Proposal(proposal)
	require.NotNil(v.T, p, proposal)
	return decide.Ballot{Proposal: proposal, Hash: hex.EncodeToString(p.Hash[:]), Choice: choice}
}

// Approve has members vote for a proposal.
func (v *Village) Approve(proposal string, members ...string) {
	for _, m := range members {
		v.Done(m, "vote", v.Ballot(proposal, decide.For))
	}
}

// PaysIn has money come in over a rail.
func (v *Village) PaysIn(reference string, amount decide.Amount) {
	v.acts++
	require.Empty(v.T, v.Word("came", decide.Coming{
		ID: fmt.Sprintf("o%d", v.acts), Amount: amount, Reference: reference,
	}).Answer.Fault)
}
