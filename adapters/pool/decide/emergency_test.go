package decide_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

const manila = "group-manila"

// pledge is what Nairobi pledges to Manila: KES 1,000 for each flood or typhoon there, KES 2,500 in all.
func pledge(t require.TestingT) decide.Pledge {
	return decide.Pledge{
		Pool: manila, Key: decidetest.LogKey(t, manila), Kinds: []string{"flood", "typhoon"}, Places: []string{"manila"},
		Fund: "main", EachMinor: 1_000_00, TotalMinor: 2_500_00, Until: decidetest.Began.Add(365 * day),
	}
}

func flood() decide.Declaration {
	return decide.Declaration{
		Emergency: "flood", Place: "manila", Needed: "Water and rice for forty households.", Until: decidetest.Began.Add(60 * day),
		To: "gcash-ph", Beneficiary: decidetest.Closed("the coordinator's account"),
	}
}

// said is what a log of Manila's might say, true or not.
type said struct {
	decide.Declaration

	ID      string    `json:"declaration"`
	Pool    string    `json:"pool"`
	Version int64     `json:"version"`
	Votes   int       `json:"votes"`
	At      time.Time `json:"at"`
}

func says(t require.TestingT, d decide.Declaration, id string) *diary.Receipt {
	return decidetest.Proven(t, manila, "pledges", "declaration", said{Declaration: d, ID: id, Pool: manila, Version: 1, Votes: 2, At: decidetest.Began})
}

func pledging(t require.TestingT, p decide.Pledge) (*decidetest.Village, string) {
	v := court(t, 5)
	v.PaysIn("m4 main", decide.Amount{Minor: 9_000_00, Unit: kes})
	id := v.Propose("m1", charter.Pledging, p)
	v.Approve(id, "m2", "m3")
	require.Equal(t, decide.Carried, v.State.Proposal(id).State, v.State.Proposal(id).Why)
	return v, id
}

func TestADeclarationMakesThosePayWhoPledged(t *testing.T) {
	rules := just()
	rules.Pool = manila
	there := decidetest.Found(t, rules, 5)
	e := there.Propose("m1", charter.Emergency, flood())
	there.Approve(e, "m1", "m5")
	receipt := there.Receipt(decide.LineDeclaration)

	v, pledge := pledging(t, pledge(t))
	entry := v.Declares(receipt)
	require.Empty(t, entry.Answer.Fault, entry.Answer.Detail)
	p := v.State.Proposal(entry.Answer.Made)
	assert.Equal(t, decide.PayoutDue, p.Payout, "at once, and without a vote")
	o := p.Paying()
	assert.Equal(t, "gcash-ph", o.To)
	assert.Equal(t, flood().Beneficiary, o.Beneficiary)
	assert.Equal(t, decide.Amount{Minor: 1_000_00, Unit: kes}, o.Amount)
	assert.Equal(t, pledge, o.Pledge)
	assert.Equal(t, decide.FaultNotNow, v.Say("m2", "vote", v.Ballot(p.ID, decide.Against)).Fault)
	assert.Equal(t, decide.FaultRole, v.Say("m2", "withdraw", map[string]string{"proposal": p.ID}).Fault)

	there.Wait(time.Hour)
	again := v.Declares(there.Receipt(decide.LineDeclaration))
	assert.Equal(t, p.ID, again.Answer.Made, "the same declaration in a newer receipt is the same")
	assert.Len(t, v.State.Due(), 1)

	require.Empty(t, v.Word("priced", decide.Priced{Proposal: p.ID, Order: "r1", CostMinor: 1_000_00}).Answer.Fault)
	require.Empty(t, v.Word("paid", decide.Ended{Proposal: p.ID}).Answer.Fault)
	assert.EqualValues(t, 1_500_00, v.State.Left(v.State.Promises()[0]))
	require.Empty(t, v.Word("returned", decide.Ended{Proposal: p.ID, Reason: "AC04"}).Answer.Fault)
	assert.EqualValues(t, 9_000_00, v.State.Balance("fund/main", kes))
	assert.EqualValues(t, 2_500_00, v.State.Left(v.State.Promises()[0]), "what came back is not spent")
	last := v.Entries[len(v.Entries)-1].Lines
	assert.Equal(t, "kept", last[len(last)-1].Kind, "the pledge says so")
	assert.Equal(t, charter.SectionPledges, last[len(last)-1].Section)
	assert.Equal(t, p.ID, v.Declares(receipt).Answer.Made)
	assert.Empty(t, v.State.Due(), "once for each declaration, whatever became of it")
}

func TestAPledgeIsNeverKeptBeyondItsCap(t *testing.T) {
	v, _ := pledging(t, pledge(t))
	var paid []int64
	for i := range 3 {
		entry := v.Declares(says(t, flood(), fmt.Sprintf("p%d", i)))
		require.Empty(t, entry.Answer.Fault)
		paid = append(paid, v.State.Proposal(entry.Answer.Made).Paying().Amount.Minor)
	}
	assert.Equal(t, []int64{1_000_00, 1_000_00, 500_00}, paid)
	assert.Equal(t, decide.FaultLimit, v.Declares(says(t, flood(), "p3")).Answer.Fault)
}

func TestWhatIsNoDeclarationToAPledge(t *testing.T) {
	v, id := pledging(t, pledge(t))
	refused := func(fault decide.Fault, receipt *diary.Receipt) {
		t.Helper()
		entry := v.Declares(receipt)
		assert.Equal(t, fault, entry.Answer.Fault, entry.Answer.Detail)
		assert.Empty(t, v.State.Due())
	}
	edited := func(edit func(d *decide.Declaration)) *diary.Receipt {
		d := flood()
		edit(&d)
		return says(t, d, "p1")
	}
	refused(decide.FaultSignature, decidetest.Proven(t, "stokvel-jozi", "pledges", "declaration", said{Declaration: flood(), ID: "p1", Pool: manila}))
	refused(decide.FaultOtherPool, decidetest.Proven(t, manila, "pledges", "declaration", said{Declaration: flood(), ID: "p1", Pool: "stokvel-jozi"}))
	refused(decide.FaultForm, decidetest.Proven(t, manila, "decisions", "declaration", said{Declaration: flood(), ID: "p1", Pool: manila}))
	refused(decide.FaultForm, decidetest.Proven(t, manila, "pledges", "proposal", said{Declaration: flood(), ID: "p1", Pool: manila}))
	refused(decide.FaultForm, decidetest.Proven(t, manila, "pledges", "declaration", flood()))
	refused(decide.FaultForm, edited(func(d *decide.Declaration) { d.To = decide.ByHand }))
	refused(decide.FaultConflict, edited(func(d *decide.Declaration) { d.To = v.Pool }))
	refused(decide.FaultRules, edited(func(d *decide.Declaration) { d.Emergency = "fire" }))
	refused(decide.FaultRules, edited(func(d *decide.Declaration) { d.Place = "cebu" }))
	refused(decide.FaultExpired, edited(func(d *decide.Declaration) { d.Until = decidetest.Began }))
	forged := says(t, flood(), "p1")
	forged.Line = forged.Line[:len(forged.Line)-20] + "9" + forged.Line[len(forged.Line)-19:]
	refused(decide.FaultSignature, forged)
	torn := says(t, flood(), "p1")
	torn.Checkpoint = ""
	refused(decide.FaultSignature, torn)
	assert.Equal(t, decide.FaultForm, v.Word("declared", map[string]string{"receipt": "trust me"}).Answer.Fault)

	require.Empty(t, v.Declares(says(t, flood(), "p1")).Answer.Fault)
	other := v.Declares(edited(func(d *decide.Declaration) { d.To = "mpesa-ke" }))
	assert.Equal(t, decide.FaultOtherBytes, other.Answer.Fault, "one id says one thing")

	r := v.Propose("m1", charter.Pledging, decide.Pledge{Revokes: id})
	v.Approve(r, "m2", "m3")
	assert.Equal(t, decide.FaultNotNow, v.Declares(says(t, flood(), "p2")).Answer.Fault, "revoked")
	assert.Len(t, v.State.Due(), 1, "for the future only")
	assert.Equal(t, decide.FaultAlready, v.Say("m1", "propose", v.Proposing(charter.Pledging, decide.Pledge{Revokes: id})).Fault)
}

// No bit of what proves a declaration can be another.
func TestAFlippedBitDeclaresNothing(t *testing.T) {
	v, _ := pledging(t, pledge(t))
	sound := says(t, flood(), "p1")
	for name, part := range map[string]func(r *diary.Receipt) *string{
		"line":       func(r *diary.Receipt) *string { return &r.Line },
		"entry":      func(r *diary.Receipt) *string { return &r.Entry },
		"checkpoint": func(r *diary.Receipt) *string { return &r.Checkpoint },
	} {
		for i := range len(*part(sound)) {
			forged := *sound
			text := []byte(*part(sound))
			text[i] ^= 1
			*part(&forged) = string(text)
			assert.Equal(t, decide.FaultSignature, v.Declares(&forged).Answer.Fault, "%s %d", name, i)
		}
	}
	for _, edit := range []func(r *diary.Receipt){
		func(r *diary.Receipt) { r.Place = 1 }, func(r *diary.Receipt) { r.Place = -1 },
		func(r *diary.Receipt) { r.Index = 1 }, func(r *diary.Receipt) { r.Index = -1 },
		func(r *diary.Receipt) { r.Version = 2 },
	} {
		forged := *sound
		edit(&forged)
		assert.Equal(t, decide.FaultSignature, v.Declares(&forged).Answer.Fault)
	}
	assert.Empty(t, v.State.Due())
	assert.Empty(t, v.Declares(sound).Answer.Fault)
}

func TestAPledgeToOneAccount(t *testing.T) {
	one := pledge(t)
	one.To, one.Beneficiary = flood().To, flood().Beneficiary
	v, _ := pledging(t, one)
	elsewhere := flood()
	elsewhere.Beneficiary = decidetest.Closed("the facilitator's own")
	assert.Equal(t, decide.FaultChanged, v.Declares(says(t, elsewhere, "p1")).Answer.Fault)
	assert.Empty(t, v.Declares(says(t, flood(), "p2")).Answer.Fault)
}

func TestSeveralPledgesAnswerOneDeclaration(t *testing.T) {
	v, _ := pledging(t, pledge(t))
	for _, kinds := range [][]string{{"typhoon"}, {"flood"}} {
		more := pledge(t)
		more.Kinds, more.EachMinor = kinds, 700_00
		v.Approve(v.Propose("m1", charter.Pledging, more), "m2", "m3")
	}
	entry := v.Declares(says(t, flood(), "p1"))
	require.Empty(t, entry.Answer.Fault)
	require.Len(t, v.State.Due(), 2)
	assert.Equal(t, v.State.Due()[0].ID+" "+v.State.Due()[1].ID, entry.Answer.Made)
	assert.Equal(t, 1, kindsOf(v)["unkept"])
}

func TestAPledgeWaitsForTheFund(t *testing.T) {
	rich := pledge(t)
	rich.EachMinor, rich.TotalMinor = 9_500_00, 9_500_00
	v, _ := pledging(t, rich)
	entry := v.Declares(says(t, flood(), "p1"))
	require.Empty(t, entry.Answer.Fault)
	assert.Empty(t, v.State.Due())
	last := entry.Lines[len(entry.Lines)-1]
	assert.Equal(t, "decided", last.Kind, "the log says why it waits")
	v.PaysIn("m4 main", decide.Amount{Minor: 500_00, Unit: kes})
	v.Word("clock", struct{}{})
	assert.Len(t, v.State.Due(), 1)
	v.Wait(61 * day)
	assert.Equal(t, decide.PayoutLapsed, v.State.Proposal(entry.Answer.Made).Payout)
	assert.EqualValues(t, 9_500_00, v.State.Left(v.State.Promises()[0]))
}

func TestWhatIsNoPledge(t *testing.T) {
	v := court(t, 5)
	for name, edit := range map[string]func(p *decide.Pledge){
		"to itself":           func(p *decide.Pledge) { p.Pool, p.Key = v.Pool, decidetest.LogKey(t, v.Pool) },
		"another's key":       func(p *decide.Pledge) { p.Key = decidetest.LogKey(t, "stokvel-jozi") },
		"no key":              func(p *decide.Pledge) { p.Key = "trust me" },
		"for nothing":         func(p *decide.Pledge) { p.Kinds = nil },
		"no word":             func(p *decide.Pledge) { p.Kinds = []string{"A Flood"} },
		"a kind twice":        func(p *decide.Pledge) { p.Kinds = []string{"flood", "flood"} },
		"no amount":           func(p *decide.Pledge) { p.EachMinor = 0 },
		"below zero":          func(p *decide.Pledge) { p.EachMinor, p.TotalMinor = -5, -3 },
		"less in all":         func(p *decide.Pledge) { p.TotalMinor = p.EachMinor - 1 },
		"no fund":             func(p *decide.Pledge) { p.Fund = "gold" },
		"over":                func(p *decide.Pledge) { p.Until = decidetest.Began },
		"for ever":            func(p *decide.Pledge) { p.Until = decidetest.Began.AddDate(100, 0, 0) },
		"half a beneficiary":  func(p *decide.Pledge) { p.To = "gcash-ph" },
		"revokes what is not": func(p *decide.Pledge) { p.Revokes = "p9" },
	} {
		p := pledge(t)
		edit(&p)
		assert.NotEmpty(t, v.Say("m1", "propose", v.Proposing(charter.Pledging, p)).Fault, name)
	}
	for name, edit := range map[string]func(d *decide.Declaration){
		"no word":      func(d *decide.Declaration) { d.Emergency = "" },
		"cash":         func(d *decide.Declaration) { d.To = decide.ByHand },
		"nobody":       func(d *decide.Declaration) { d.Beneficiary = decide.Declaration{}.Beneficiary },
		"over":         func(d *decide.Declaration) { d.Until = decidetest.Began },
		"wants nought": func(d *decide.Declaration) { d.Needed = "" },
	} {
		d := flood()
		edit(&d)
		assert.NotEmpty(t, v.Say("m1", "propose", v.Proposing(charter.Emergency, d)).Fault, name)
	}
}
