package decide_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

type (
	ofProposal struct {
		Proposal string `json:"proposal"`
	}
	ofMember struct {
		Member string `json:"member"`
	}
	ofPosting struct {
		Posting string `json:"posting"`
	}
)

// saids are the bodies of all that a member may say, by kind.
var saids = map[string]any{
	"agree": decide.Agreement{}, "invite": decide.Invitation{}, "join": decide.Joining{}, "vouch": decide.Vouching{}, "leave": decide.Leaving{},
	"new_key": decide.NewKey{}, "person": decide.ChangedPerson{}, "propose": decide.Proposing{}, "withdraw": ofProposal{},
	"vote": decide.Ballot{}, "delegate": decide.Delegating{}, "took_in": decide.Taken{}, "match": decide.Matched{},
	"handed_out": ofProposal{}, "refuse_recovery": ofProposal{}, "commit": decide.Turning{}, "reveal": decide.Turning{},
	"bid": decide.Turning{}, "ask_swap": decide.Turning{}, "agree_swap": decide.Turning{}, "leave_group": decide.Turning{},
	"post": decide.Posting{}, "withdraw_posting": ofPosting{}, "match_posting": decide.Matching{}, "answer_match": decide.Matching{},
	"feedback": decide.Matching{}, "resolve_match": decide.Matching{}, "block": ofMember{}, "unblock": ofMember{},
	"pay": decide.Paying{}, "claim": decide.Claiming{}, "acknowledge": decide.OfClaim{}, "release": decide.OfClaim{}, "set_off": struct{}{},
	"pay_me": decide.Destination{}, "statement": decide.Statement{}, "appeal": decide.Appealing{}, "verdict": decide.Verdict{}, "steal": ofMember{},
}

// subjects are what may be proposed, by kind.
var subjects = map[charter.Kind]any{
	charter.Payout: decide.Payout{}, charter.RuleChange: decide.RuleChange{}, charter.Admission: decide.Admission{},
	charter.Appointment: decide.Appointment{}, charter.Rotating: decide.Rotation{}, charter.Recovering: decide.Recovery{},
	charter.Pledging: decide.Pledge{}, charter.Emergency: decide.Declaration{}, charter.Sanction: decide.Sanction{},
	charter.Healing: decide.Healing{}, charter.Loan: decide.Loan{}, charter.Issuance: decide.Issuance{},
}

// wordsSaid are the bodies of the node's words, by kind.
var wordsSaid = map[string]any{
	"clock": struct{}{}, "founded": decide.Founding{}, "came": decide.Coming{}, "priced": decide.Priced{}, "paid": decide.Ended{},
	"returned": decide.Ended{}, "heard": decide.Heard{}, "declared": decide.Declared{}, "odd": ofMember{},
}

// forger fills bodies with whatever might do harm.
type forger struct {
	t *rapid.T
	v *decidetest.Village
}

func pick[T any](f forger, from ...T) T { return rapid.SampledFrom(from).Draw(f.t, "pick") }

func (f forger) text() string {
	ids := []string{
		"m1", "m2", "m6", "m7", "p1", "p2", "p3", "p9", "g1", "c1", "b1", "b2", "x1", "main", "reserve", "vouchers", "treasurer", "mediator", "dues",
		"m1 dues", "m6 g1", "m2 p1", "turn chama-nairobi g1 1", "cash", "gcash-ph", "chama-nairobi", "for", "reminder", "exclusion", "payout", "uphold",
		"fixed", "need", "offer", "food", "piece", "at_end", "decisions[0]", "health",
	}
	odd := []string{
		"", "m01", "m-1", "p99999999999999999999", "\x00", "\u202e", "\u2028", "\U0001F4A9", "a\u0301", "m1\u200b", "../..", "received/m1", `"\`,
		strings.Repeat("w", 600), strings.Repeat("\x01", 300), strings.Repeat("\u00e9", 200),
	}
	return pick(f, append(slices.Repeat(ids, 4), odd...)...)
}

func (f forger) fill(v reflect.Value) {
	switch at := v.Addr().Interface().(type) {
	case *act.Commitment:
		*at = pick(f, decidetest.Closed("x"), decidetest.Closed("y"), act.Commitment{})
		return
	case *act.Key:
		*at = f.v.Key(pick(f, "m1", "m2", "m6", "phone"))
		return
	case *fx.Currency:
		*at = pick(f, kes, kes, php, hours, fx.Currency{})
		return
	case *time.Time:
		*at = f.v.Now.Add(pick(f, -time.Hour, 0, time.Nanosecond, day, 30*day, 400*day, 200*365*day))
		return
	case *jsontext.Value:
		*at = jsontext.Value(pick(f, "{}", `{"a":"b"}`, `{"n":1}`, "null", `"text"`, "[]"))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Int, reflect.Int64:
		v.SetInt(pick[int64](f, 1, 2, 3, 1, 10, 100, 500_00, 5_000_00, 0, -1, math.MaxInt32, charter.MaxMinor, math.MaxInt64, math.MinInt64))
	case reflect.Bool:
		v.SetBool(pick(f, true, false))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		if pick(f, true, false) {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), pick(f, 0, 1, 2, 3), 3))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.SetMapIndex(key, value)
	case reflect.Uint8:
		v.SetUint(pick[uint64](f, 0, 1, 255))
	case reflect.Array: // of hashes: they prove nothing as they are
	default:
		require.Fail(f.t, "no idea how to fill "+v.Type().String())
	}
}

// like is a body as another, with everything in it forged.
func (f forger) like(body any) any {
	made := reflect.New(reflect.TypeOf(body))
	f.fill(made.Elem())
	return made.Interface()
}

// mutated is a body of which one thing is forged.
func (f forger) mutated(body any) any {
	made := reflect.New(reflect.TypeOf(body)).Elem()
	made.Set(reflect.ValueOf(body))
	if made.NumField() > 0 && pick(f, true, false) {
		if field := made.Field(pick(f, f.upTo(made.NumField())...)); field.CanSet() {
			f.fill(field)
		}
	}
	return made.Interface()
}

func (f forger) upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// proposes is a proposal of anything, half of them nearly sound.
func (f forger) proposes() decide.Proposing {
	own := *medicine()
	own.To, own.Member, own.Fixed, own.Amount, own.MaxCost = "cash", pick(f, "m1", "m2", ""), fx.FixedSource, decide.Amount{Minor: 500_00, Unit: kes}, decide.Amount{Minor: 500_00, Unit: kes}
	next := just()
	next.Version = f.v.State.Version() + 1
	rules, err := next.Canonical()
	require.NoError(f.t, err)
	seats := func(n int) (all []rotation.Seat) {
		for i := range n {
			all = append(all, rotation.Seat{Member: fmt.Sprintf("m%d", i%6+1), Unit: kes, ContributionMinor: 100})
		}
		return all
	}
	begin := decide.Beginning{Seats: seats(pick(f, 2, 6, 170)), Terms: rotation.Terms{
		Method: pick(f, rotation.Fixed, rotation.Drawing, rotation.Auction), Start: f.v.Now.Add(day), RoundDays: 7, DueDays: 3, GraceDays: 1,
		RemindDays: 1, Reminders: 1, CommitDays: 1, RevealDays: 1, GiveBack: rotation.AtEnd, Ceiling: 300,
	}}
	kind := pick(f, slices.Sorted(maps.Keys(subjects))...)
	subject := f.like(subjects[kind])
	if pick(f, true, true, false) {
		kind = pick(f, charter.Payout, charter.RuleChange, charter.Rotating, charter.Sanction, charter.Issuance, charter.Loan)
		subject = map[charter.Kind]any{
			charter.Payout: f.mutated(own), charter.RuleChange: f.mutated(decide.RuleChange{Charter: rules}),
			charter.Rotating: f.mutated(decide.Rotation{Begin: &begin}), charter.Sanction: f.mutated(step("m6", charter.Reminder)),
			charter.Issuance: f.mutated(decide.Issuance{Amount: decide.Amount{Minor: 5, Unit: hours}, Member: "m2"}),
			charter.Loan:     f.mutated(lend("m2", 900_00)),
		}[kind]
	}
	text, err := audit.Canonical(subject)
	require.NoError(f.t, err)
	return decide.Proposing{Decision: kind, Subject: text, Expires: f.v.Now.Add(pick(f, day, 30*day, -day)).Truncate(time.Second)}
}

// says has somebody say anything at all.
func (f forger) says(by string) {
	kind := pick(f, append(slices.Sorted(maps.Keys(saids)), slices.Repeat([]string{"propose", "vote", "vote"}, 6)...)...)
	body := f.like(saids[kind])
	if kind == "propose" {
		body = f.proposes()
	}
	if n := len(proposals(f.v.State)); kind == "vote" && n > 0 {
		id := fmt.Sprintf("p%d", rapid.IntRange(max(n-3, 1), n).Draw(f.t, "proposal"))
		body = f.mutated(f.v.Ballot(id, decide.For))
	}
	a := act.Act{
		By: by, Expires: f.v.Now.Add(time.Hour).Truncate(time.Second), ID: fmt.Sprintf("hostile-%d", rapid.IntRange(0, 500).Draw(f.t, "id")), Kind: kind,
		Pool: f.v.Pool, Version: f.v.State.Version(),
	}
	key := by
	switch rapid.IntRange(0, 20).Draw(f.t, "lie") {
	case 0:
		a.By = f.text()
	case 1:
		key = pick(f, "m3", "nobody") // speaks as another
	case 2:
		a.Version += pick[int64](f, -1, 1)
	case 3:
		a.Pool = "another"
	}
	open, err := act.New(a, body)
	if err != nil {
		return // no device could sign it
	}
	signed := act.Sign(f.v.Private(key), open)
	if rapid.IntRange(0, 20).Draw(f.t, "forged") == 0 {
		signed.Key = f.v.Key("m4")
	}
	_, err = f.v.Try(decide.Input{Act: &signed})
	f.onlyInput(err)
}

func (f forger) onlyInput(err error) {
	if err != nil {
		require.ErrorAs(f.t, err, new(*decide.InputError))
	}
}

func (f forger) word() {
	kind := pick(f, slices.Sorted(maps.Keys(wordsSaid))...)
	text, err := audit.Canonical(f.like(wordsSaid[kind]))
	require.NoError(f.t, err)
	_, err = f.v.Try(decide.Input{Word: &decide.Word{Kind: kind, Body: text}})
	f.onlyInput(err)
}

// Whatever a facilitator with every role says, with somebody who helps, and whatever the node hears: everything is an
// entry that the log takes, nothing is paid or changed without the votes of those who have them, the books balance, and
// what was refused never happened.
func TestAFacilitatorWhoSaysAnything(t *testing.T) {
	rules := just()
	rules.Roles = append(rules.Roles, charter.Role{Name: "mediator", Seats: 2}, charter.Role{Name: "facilitator", Seats: 2})
	rules.Decisions = append(rules.Decisions, charter.Decision{Kind: charter.Rotating, Propose: []string{charter.Everybody}, Tiers: []charter.Tier{
		{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 2, Hours: 48},
	}})
	rapid.Check(t, func(t *rapid.T) {
		v := decidetest.Found(t, rules, 6, []string{"treasurer", "mediator", "facilitator"})
		v.PaysIn("m3 main", decide.Amount{Minor: 9_000_00, Unit: kes})
		f := forger{t: t, v: v}
		for range rapid.IntRange(5, 40).Draw(t, "inputs") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				f.word()
			case 1:
				v.Wait(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
			case 2, 3:
				f.says("m2")
			default:
				f.says("m1")
			}
		}
		balanced(t, v.State)
		approved(t, v)
		again, without := decide.New(v.Pool), decide.New(v.Pool)
		for i, in := range v.Inputs {
			entry, err := again.Decide(in)
			require.NoError(t, err)
			require.Equal(t, string(bytesOf(t, v.Entries[i])), string(bytesOf(t, entry)))
			if entry.Answer.Fault != "" {
				in = decide.Input{At: in.At, Word: &decide.Word{Kind: "clock", Body: []byte("{}")}}
			}
			_, err = without.Decide(in)
			require.NoError(t, err)
		}
		assert.Equal(t, v.State.Balances(), without.Balances())
		assert.Equal(t, proposals(v.State), proposals(without))
		assert.Equal(t, v.State.Members(), without.Members())
		assert.Equal(t, v.State.Claims(), without.Claims())
		assert.Equal(t, v.State.Board(), without.Board())
		assert.Equal(t, v.State.Facts(), without.Facts())
	})
}

// balanced tells whether each unit sums to zero, and nothing is below that may not be.
func balanced(t *rapid.T, s *decide.State) {
	sums := map[fx.Currency]int64{}
	for account, minor := range s.Balances() {
		sums[account.Unit] += minor
		assert.False(t, minor < 0 && !book.MayOwe(account.Path), "%s holds %d", account.Path, minor)
	}
	for unit, sum := range sums {
		assert.Zero(t, sum, unit)
	}
}

// approved checks, from the inputs alone, that what was carried out had the votes that its tier asks for.
func approved(t *rapid.T, v *decidetest.Village) {
	changes := int64(0)
	for _, p := range proposals(v.State) {
		_, drawn := p.Subject.(*decide.Drawn)
		if p.State != decide.Carried || drawn {
			continue
		}
		by := map[string]bool{}
		for _, b := range forIt(t, v, p) {
			by[b.by] = true
		}
		if p.Tier.Method == charter.Signatures {
			assert.GreaterOrEqual(t, len(by), p.Tier.Signatures, p.ID)
		}
		if p.Kind == charter.RuleChange {
			changes++
			assert.GreaterOrEqual(t, 1000*len(by), p.Tier.Permille, p.ID)
		}
		if o := p.Paying(); o != nil {
			assert.LessOrEqual(t, p.Cost, o.MaxCost.Minor)
			assert.False(t, by[o.Member], "nobody approves their own")
		}
	}
	assert.Equal(t, changes+1, v.State.Version())
}

func proposals(s *decide.State) (all []*decide.Proposal) {
	for p := s.Proposal("p1"); p != nil; p = s.Proposal(fmt.Sprintf("p%d", len(all)+1)) {
		all = append(all, p)
	}
	return all
}
