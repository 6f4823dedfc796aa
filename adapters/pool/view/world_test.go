package view_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var (
	kes, php = decidetest.KES, decidetest.PHP
	hours    = fx.MustCurrency("hours.chama-nairobi.2")
	vouchers = fx.MustCurrency("vouchers.chama-nairobi.2")
)

// Who is in the world.
const (
	treasurer = "m1"
	facing    = "m2" // needs, contributes, saves in turns
	receiver  = "m3"
	saver     = "m4"
	gone      = "m5"
	heard     = "m6" // suspended
	auditor   = "m7"
	newcomer  = "m8" // invited
)

// rules are of a chama that decides about everything, by two signatures.
func rules() *charter.Charter {
	c := decidetest.Rules()
	everybody := []string{charter.Everybody}
	c.Decisions = nil
	for _, kind := range charter.Kinds() {
		tier := charter.Tier{Method: charter.Signatures, Vote: everybody, Signatures: 2, Hours: 1000}
		if kind == charter.Recovering {
			tier.CoolingOff = 48
		}
		c.Decisions = append(c.Decisions, charter.Decision{Kind: kind, Propose: everybody, Tiers: []charter.Tier{tier}})
	}
	c.Units = append(c.Units, charter.Unit{Unit: hours, Issue: charter.Mutually}, charter.Unit{Unit: vouchers, Issue: charter.Decided})
	c.Credit = []charter.CreditRule{{Unit: hours, BaseMinor: 900_000_000, MaxOweMinor: 900_000_000}}
	c.Roles = append(c.Roles, charter.Role{Name: "auditor"})
	c.Limits, c.Dues = nil, nil
	c.Sanctions = []charter.Step{
		{Measure: charter.Reminder, TermDays: 30, Healing: "Pay."}, {Measure: charter.Suspension, HearHours: 1, TermDays: 300, Healing: "Talk."},
	}
	c.Appeal = charter.Appeal{Panel: 3, Hours: 100}
	return c
}

// world is a pool with something of everything.
type world struct {
	*pooltest.Commune
	*view.View

	url                        string // of the database
	suspension, help, question string // proposals
}

// numbers are amounts that nothing else is.
const (
	paidIn   = 123_454_321 // by facing, to the reserve
	inTurn   = 234_565_432 // by saver, to the group
	each     = 345_676_543 // of the group
	sent     = 456_787_654 // to the receiver, in PHP
	cost     = sent * pooltest.Rate
	worked   = 567_898_765 // hours of receiver for saver
	claimed  = 678_909_876
	pledged  = 789_010_987
	eachTime = 780_102_938
	asked    = 890_121_098 // pieces, of the need whose place everybody sees
	asked2   = 901_232_109
	asked3   = 912_343_210
	balanced = 1_987_654_321 // of fund main in the end
)

var (
	maria   = messaging.Party{Name: "Canary Maria", Account: "+639171230001"}
	private = messaging.Party{Name: "Canary Purse", Account: "+639171230002"}
)

func person(id string) messaging.Party {
	return messaging.Party{Name: "Canary Name of " + id, Account: "contact-of-" + id}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	url := pgtest.New(t)
	c := pooltest.Found(t, url, rules(), 7, []string{"treasurer"}, nil, nil, nil, nil, nil, []string{"auditor"})
	w := &world{Commune: c, url: url, View: view.New(c.Node, c.Config.Store, web.PayIn{Rail: "switch", Account: "chama"})}
	for i := range 7 {
		blob, name := w.Close(person(pooltest.ID(i)))
		w.Done(pooltest.ID(i), "person", decide.ChangedPerson{Person: name}, blob)
	}
	code, invitation := view.Code()
	w.Done(treasurer, "invite", invitation)
	blob, name := w.Close(person(newcomer))
	require.Equal(t, newcomer, w.Done(newcomer, "join", decide.Joining{Code: code, Person: name}, blob))

	w.pay("a", facing+" reserve", 1)
	w.pay("b", facing+" reserve canary-reference", paidIn)
	w.pays(t)
	w.saves()
	w.helps()
	w.owes()
	w.sanctions()
	w.promises(t)
	w.asks()
	w.Done(gone, "leave", decide.Leaving{})
	w.pay("z", receiver+" main", balanced-w.Balance("fund/main"))
	return w
}

func (w *world) pay(id, reference string, minor int64) {
	w.T.Helper()
	require.Equal(w.T, adapters.Settled, w.Contribute("canary-"+id, reference, minor).State)
}

func (w *world) decides(kind charter.Kind, subject any, reason string, closed ...[]byte) string {
	w.T.Helper()
	body := w.Proposing(kind, subject)
	if reason != "" {
		blob, name := w.Close(reason)
		body.Reason, closed = name, append(closed, blob)
	}
	return w.Done(treasurer, "propose", body, closed...)
}

// pays pays the receiver abroad.
func (w *world) pays(t *testing.T) {
	t.Helper()
	w.pay("c", treasurer+" main", 2_000_000_000)
	blob, name := w.Close(maria)
	w.help = w.decides(charter.Payout, decide.Payout{
		Fund: "main", To: "gcash-ph", Beneficiary: name, Member: receiver, Amount: decide.Amount{Minor: sent, Unit: php},
		Fixed: fx.FixedDestination, MaxCost: decide.Amount{Minor: cost + 1, Unit: kes}, Reference: "canary-medicine",
	}, "canary reason of the payout", blob)
	w.Approve(w.help, treasurer, facing)
	w.AwaitPayout(w.help, decide.PayoutPaid)
	blob, name = w.Close(private)
	w.Done(facing, "pay_me", decide.Destination{To: "canary-destination", Beneficiary: name}, blob)
}

// saves begins a group of two, one of whom has paid a part.
func (w *world) saves() {
	seat := func(id string) rotation.Seat { return rotation.Seat{Member: id, Unit: kes, ContributionMinor: each} }
	group := w.decides(charter.Rotating, decide.Rotation{Begin: &decide.Beginning{
		Terms: rotation.Terms{Method: rotation.Fixed, Start: w.Clock().UTC(), RoundDays: 30, DueDays: 20, GraceDays: 5, RemindDays: 5, Reminders: 1, GiveBack: rotation.AtEnd},
		Seats: []rotation.Seat{seat(saver), seat(facing)},
	}}, "")
	w.Approve(group, treasurer, facing)
	w.Pass(time.Minute)
	w.pay("d", saver+" g1", inTurn)
}

// helps posts needs, whose places are for everybody, for members and for nobody.
func (w *world) helps() {
	for i, shown := range []board.Shown{board.Public, board.Members, board.Nobody} {
		blob, text := w.Close(fmt.Sprintf("canary text %d", i))
		w.Done(facing, "post", decide.Posting{
			Kind: board.Need, Category: "food", Urgency: 2, Place: board.Place{Area: "Canary place " + string(shown), Shown: shown},
			Quantity: []int64{asked, asked2, asked3}[i], Unit: board.Piece, Until: w.Clock().Add(500 * time.Hour).UTC().Truncate(time.Second), Text: text,
		}, blob)
	}
	w.Done(facing, "block", map[string]string{"member": saver})
}

func (w *world) owes() {
	w.Done(receiver, "pay", decide.Paying{To: saver, Amount: decide.Amount{Minor: worked, Unit: hours}})
	w.Done(facing, "claim", decide.Claiming{Debtor: receiver, Amount: decide.Amount{Minor: claimed, Unit: hours}})
}

func (w *world) sanctions() {
	blob, evidence := w.Close("canary evidence")
	x := decide.Sanction{Member: heard, Measure: charter.Reminder, Rule: "dues", Version: 1, Evidence: evidence}
	w.Approve(w.decides(charter.Sanction, x, "", blob), treasurer, facing)
	x.Measure, x.Rule = charter.Suspension, "canary.rule"
	w.suspension = w.decides(charter.Sanction, x, "", blob)
	blob, statement := w.Close("canary statement")
	w.Done(heard, "statement", decide.Statement{Proposal: w.suspension, Statement: statement}, blob)
	w.Approve(w.suspension, treasurer, facing)
}

func (w *world) promises(t *testing.T) {
	t.Helper()
	until := w.Clock().Add(700 * time.Hour).UTC().Truncate(time.Second)
	pledge := w.decides(charter.Pledging, decide.Pledge{
		Pool: "samahan-manila", Key: decidetest.LogKey(t, "samahan-manila"), Kinds: []string{"canary-flood"}, Fund: "main",
		EachMinor: eachTime, TotalMinor: pledged, Until: until,
	}, "")
	w.Approve(pledge, treasurer, facing)
	blob, account := w.Close(maria)
	w.Approve(w.decides(charter.Emergency, decide.Declaration{
		Emergency: "fire", Needed: "canary tents", Until: until, To: "gcash-ph", Beneficiary: account,
	}, "", blob), treasurer, facing)
}

// asks leaves questions open.
func (w *world) asks() {
	w.question = w.decides(charter.Appointment, decide.Appointment{Member: saver, Role: "treasurer"}, "canary reason of an appointment")
	next := rules()
	next.Version, next.Title = 2, "Canary title"
	text, err := next.Canonical()
	require.NoError(w.T, err)
	w.decides(charter.RuleChange, decide.RuleChange{Charter: text}, "")
}

// open shows members everything.
func (w *world) open() {
	var all []charter.Visible
	for _, section := range charter.Sections() {
		all = append(all, charter.Visible{Section: section, To: []charter.Audience{charter.Members}})
	}
	w.show(all)
}

// show changes who sees what, by the procedure that the charter states.
func (w *world) show(sections []charter.Visible) *charter.Charter {
	w.T.Helper()
	next := rules()
	w.Commune.View(func(s *decide.State) { next.Version = s.Version() + 1 })
	next.Visibility = sections
	text, err := next.Canonical()
	require.NoError(w.T, err)
	id := w.decides(charter.RuleChange, decide.RuleChange{Charter: text}, "")
	w.Approve(id, treasurer, facing)
	w.Commune.View(func(s *decide.State) { require.Equal(w.T, next.Version, s.Version()) })
	return next
}
