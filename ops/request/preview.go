package request

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Books is what a preview reads. *store.Ledger is one.
type Books interface {
	Participants(ctx context.Context) ([]settlement.Participant, error)
	Standings(ctx context.Context, participant string) ([]ledger.Standing, error)
	Transfer(ctx context.Context, id settlement.TransferID) (*ledger.TransferStory, error)
	WindowStories(ctx context.Context, before settlement.WindowID, limit int) ([]ledger.ListedWindow, error)
	Rates(ctx context.Context) (ledger.RatesInForce, error)
}

// Change is what a plan would make of something that stands now.
type Change struct {
	What   string `json:"what"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Outlook is what a plan would change, as far as it can be said now: what stands may be otherwise when it is approved.
type Outlook struct {
	Changes  []Change `json:"changes"`
	Warnings []string `json:"warnings"`
	Affects  []string `json:"affects,omitempty"` // the participants; none where it is everybody
}

// Preview tells what a plan would change of participants, transfers, windows and rates. Of what is not kept as one value
// it tells nothing: its Consequence does. Errors are the ledger's.
func Preview(ctx context.Context, books Books, plan Plan) (Outlook, error) {
	v := view{plan: plan}
	if plan.Participant != "" {
		if known, err := v.participant(ctx, books); err != nil || !known {
			return v.seen, err
		}
	}
	for _, c := range plan.Commands {
		v.command(c)
		if err := v.look(ctx, books, c); err != nil {
			return Outlook{}, err
		}
	}
	return v.seen, nil
}

// view is a plan beside what stands.
type view struct {
	plan      Plan
	of        settlement.Participant
	standings []ledger.Standing
	seen      Outlook
}

// participant looks up whom the plan is about.
func (v *view) participant(ctx context.Context, books Books) (known bool, err error) {
	v.seen.Affects = []string{v.plan.Participant}
	all, err := books.Participants(ctx)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(all, func(p settlement.Participant) bool { return p.Name == v.plan.Participant })
	if at < 0 {
		if v.plan.Kind != Add {
			v.warn("no participant %s", v.plan.Participant)
		}
		return false, nil
	}
	v.of = all[at]
	v.standings, err = books.Standings(ctx, v.plan.Participant)
	return true, err
}

func (v *view) warn(text string, args ...any) {
	v.seen.Warnings = append(v.seen.Warnings, fmt.Sprintf(text, args...))
}

func (v *view) change(what, before, after string) {
	v.seen.Changes = append(v.seen.Changes, Change{what, before, after})
}

func (v *view) changeMoney(what string, before, after int64, currency fx.Currency) {
	v.change(what, money(before, currency), money(after, currency))
}

// command compares what one command says with what stands. What does not read changes nothing, here as in the engine.
func (v *view) command(c Command) {
	switch c.Kind {
	case settlement.CommandAddParticipant:
		v.warn("participant %s exists: it is not added again", v.of.Name)
	case settlement.CommandSuspend:
		beside(c, v.suspend)
	case settlement.CommandLimits:
		beside(c, v.limits)
	case settlement.CommandCreditLine:
		beside(c, v.line)
	case settlement.CommandCreditTerms:
		beside(c, v.terms)
	case settlement.CommandFund:
		beside(c, v.fund)
	case settlement.CommandWithdraw:
		beside(c, v.withdraw)
	case settlement.CommandRotateKey:
		beside(c, v.rotate)
	case settlement.CommandGuarantee:
		beside(c, v.guarantee)
	case settlement.CommandRecover:
		beside(c, v.recover)
	default:
	}
}

func beside[T any](c Command, compare func(T)) {
	var body T
	if json.Unmarshal(c.Body, &body) == nil {
		compare(body)
	}
}

func (v *view) suspend(s settlement.Suspend) {
	names := map[bool]string{false: "open", true: "suspended"}
	v.change("state", names[v.of.Suspended], names[s.Suspended])
	if s.Suspended == v.of.Suspended {
		v.warn("%s is %s already", v.of.Name, names[s.Suspended])
	}
}

func (v *view) limits(l settlement.Limits) {
	v.changeMoney("least payout", v.of.PayoutMinMinor, l.PayoutMinMinor, v.of.Currency)
	v.changeMoney("greatest payout", v.of.PayoutMaxMinor, l.PayoutMaxMinor, v.of.Currency)
	v.changeMoney("payout step", v.of.PayoutIncrementMinor, l.PayoutIncrementMinor, v.of.Currency)
	if l.PayoutMaxMinor < v.of.PayoutMaxMinor {
		v.warn("intents that pay out more than %s are refused from then on", money(l.PayoutMaxMinor, v.of.Currency))
	}
}

// standing is what stands in a currency; the zero Standing where nothing does.
func (v *view) standing(currency fx.Currency) ledger.Standing {
	if at := slices.IndexFunc(v.standings, func(s ledger.Standing) bool { return s.Currency == currency }); at >= 0 {
		return v.standings[at]
	}
	return ledger.Standing{Currency: currency}
}

func (v *view) line(c settlement.CreditLine) {
	if c.Currency != v.of.Currency {
		v.warn("%s settles in %s", v.of.Name, v.of.Currency)
		return
	}
	s := v.standing(c.Currency)
	used := max(0, -(s.PrefundMinor + s.PositionMinor))
	at := max(c.AmountMinor, min(s.CreditLineMinor, used))
	v.changeMoney("credit line", s.CreditLineMinor, at, c.Currency)
	v.changeMoney("available", s.AvailableMinor, s.AvailableMinor-s.CreditLineMinor+at, c.Currency)
	if cover := s.CoverMinor(); c.AmountMinor > cover {
		v.warn("only %s stands behind a line of %s: the switch refuses a greater one", money(cover, c.Currency), v.of.Name)
	}
	if at > c.AmountMinor {
		v.warn("the line is below what is used (%s): it follows the position down", money(used, c.Currency))
	}
	if c.AmountMinor < s.GuaranteedMinor {
		v.warn("others set aside %s behind a line of %s", money(s.GuaranteedMinor, c.Currency), money(c.AmountMinor, c.Currency))
	}
}

// percent writes millionths as a percentage, without zeros at its end.
func percent(ppm int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%04d", ppm/10_000, ppm%10_000), "0"), ".") + " %"
}

func (v *view) terms(c settlement.CreditTerms) {
	s := v.standing(c.Currency)
	after := s
	after.UnsecuredMinor, after.HaircutPPM = c.UnsecuredMinor, c.HaircutPPM
	v.changeMoney("unsecured", s.UnsecuredMinor, c.UnsecuredMinor, c.Currency)
	v.change("haircut on collateral", percent(s.HaircutPPM), percent(c.HaircutPPM))
	v.changeMoney("behind a credit line", s.CoverMinor(), after.CoverMinor(), c.Currency)
	if at := slices.IndexFunc(v.standings, func(s ledger.Standing) bool { return s.Currency == c.Currency }); at >= 0 {
		v.standings[at] = after // a line that comes after it in the plan stands on it
	}
	if after.CoverMinor() < s.CreditLineMinor {
		v.warn("the line of %s is more than that", money(s.CreditLineMinor, c.Currency))
	}
}

func (v *view) fund(f settlement.Fund) {
	v.move(f.Currency, f.Account, f.AmountMinor)
}

func (v *view) withdraw(w settlement.Withdraw) {
	v.move(w.Currency, w.Account, -w.AmountMinor)
	s := v.standing(w.Currency)
	if w.Account != settlement.StandingCollateral && w.AmountMinor > min(s.PrefundMinor, s.AvailableMinor) {
		v.warn("only %s can be spared", money(max(0, min(s.PrefundMinor, s.AvailableMinor)), w.Currency))
	}
}

// move shows what money on an account becomes.
func (v *view) move(currency fx.Currency, on settlement.Standing, minor int64) {
	s, what := v.standing(currency), "prefunding"
	has := s.PrefundMinor
	if on == settlement.StandingCollateral {
		has, what = s.CollateralMinor, "collateral"
	}
	v.changeMoney(what, has, has+minor, currency)
	if has+minor < 0 {
		v.warn("%s has %s of %s", v.of.Name, money(has, currency), what)
	}
}
