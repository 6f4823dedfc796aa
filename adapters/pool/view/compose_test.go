package view_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/fx"
)

// about is a question to the pool.
type about struct {
	subject any
	closed  map[string]any
}

// questions are one of each kind.
func (w *world) questions(t *testing.T) map[charter.Kind]about {
	t.Helper()
	next := rules()
	w.Commune.View(func(s *decide.State) { next.Version = s.Version() + 1 })
	text, err := next.Canonical()
	require.NoError(t, err)
	until := w.Clock().Add(500 * time.Hour).UTC().Truncate(time.Second)
	five := decide.Amount{Minor: 5, Unit: kes}
	pays := decide.Payout{Fund: "main", To: "gcash-ph", Amount: five, Fixed: fx.FixedSource, MaxCost: five}
	lends := decide.Loan{Payout: pays, RepayBy: until}
	lends.Member = saver
	account := map[string]any{"subject.beneficiary": maria}
	seat := rotation.Seat{Member: saver, Unit: kes, ContributionMinor: 5}
	return map[charter.Kind]about{
		charter.Payout:      {pays, account},
		charter.Loan:        {lends, account},
		charter.RuleChange:  {decide.RuleChange{Charter: text}, nil},
		charter.Admission:   {decide.Admission{Member: newcomer}, map[string]any{"reason": "a neighbour"}},
		charter.Appointment: {decide.Appointment{Member: facing, Role: "treasurer"}, nil},
		charter.Sanction:    {decide.Sanction{Member: saver, Measure: charter.Reminder, Rule: "dues", Version: 1}, map[string]any{"subject.evidence": "nothing came"}},
		charter.Healing:     {decide.Healing{Sanction: w.suspension}, nil},
		charter.Emergency:   {decide.Declaration{Emergency: "flood", Needed: "boats", Until: until, To: "gcash-ph"}, account},
		charter.Pledging: {decide.Pledge{
			Pool: "samahan-manila", Key: decidetest.LogKey(t, "samahan-manila"), Kinds: []string{"fire"}, Fund: "main", EachMinor: 5, TotalMinor: 5, Until: until,
		}, nil},
		charter.Rotating: {decide.Rotation{Begin: &decide.Beginning{
			Terms: rotation.Terms{Method: rotation.Fixed, Start: until, RoundDays: 30, DueDays: 20, GraceDays: 5, RemindDays: 5, Reminders: 1, GiveBack: rotation.AtEnd},
			Seats: []rotation.Seat{seat, {Member: facing, Unit: kes, ContributionMinor: 5}},
		}}, nil},
		charter.Recovering: {decide.Recovery{
			Member: saver, Key: pooltest.Public("found"), Proof: act.Sign(pooltest.Key("found"), []byte(saver)).Signature,
		}, nil},
		charter.Issuance: {decide.Issuance{Amount: decide.Amount{Minor: 500, Unit: vouchers}, Member: saver}, nil},
	}
}

func TestEveryQuestionCanBeAsked(t *testing.T) {
	w := newWorld(t)
	questions := w.questions(t)
	for _, kind := range charter.Kinds() {
		q, known := questions[kind]
		require.True(t, known, kind)
		draft, err := w.Compose(t.Context(), view.Asking{Member: treasurer, Kind: "propose", Body: w.Proposing(kind, q.subject), Closed: q.closed})
		require.NoError(t, err, kind)
		assert.Len(t, draft.Closed, len(q.closed), kind)
		answer := w.signs(t, treasurer, draft)
		assert.True(t, answer.Accepted, "%s: %s %s", kind, answer.Fault, answer.Detail)
	}
}

func TestWhateverMembersSayCanBeComposed(t *testing.T) {
	w := newWorld(t)
	w.pay("nobody", "no name", 7)
	_, invitation := view.Code()
	claim := map[string]any{"claim": "c1"}
	for _, ask := range []view.Asking{
		{Member: facing, Kind: "invite", Body: invitation},
		{Member: facing, Kind: "vouch", Body: decide.Vouching{Member: saver}},
		{Member: facing, Kind: "delegate", Body: decide.Delegating{To: saver, Until: w.Clock().Add(time.Hour).UTC().Truncate(time.Second)}},
		{Member: facing, Kind: "person", Body: struct{}{}, Closed: map[string]any{"person": person("other")}},
		{Member: facing, Kind: "pay_me", Body: decide.Destination{To: "gcash-ph"}, Closed: map[string]any{"beneficiary": maria}},
		{Member: facing, Kind: "unblock", Body: map[string]string{"member": saver}},
		{Member: treasurer, Kind: "took_in", Body: decide.Taken{ID: "receipt-1", Member: facing, For: "main", Amount: decide.Amount{Minor: 5, Unit: kes}}},
		{Member: treasurer, Kind: "match", Body: decide.Matched{Payment: "canary-nobody", Member: facing, For: "main"}},
		{Member: receiver, Kind: "acknowledge", Body: map[string]any{"claim": "c1", "yes": true}},
		{Member: facing, Kind: "release", Body: claim},
		{Member: saver, Kind: "leave_group", Body: decide.Turning{Group: "g1", Seat: 1}},
		{Member: treasurer, Kind: "withdraw", Body: map[string]string{"proposal": w.question}},
		{Member: saver, Kind: "leave", Body: decide.Leaving{}},
	} {
		draft, err := w.Compose(t.Context(), ask)
		require.NoError(t, err, ask.Kind)
		answer, err := w.Commune.Act(t.Context(), act.Sign(pooltest.Key(ask.Member), draft.Act), draft.Closed)
		require.NoError(t, err, ask.Kind)
		assert.Empty(t, answer.Fault, "%s: %s", ask.Kind, answer.Detail)
	}
}
