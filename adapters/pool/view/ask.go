package view

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// asks write what the forms ask for that are made alike.
func asks() map[web.Task]func(*View, web.Form) (Asking, error) {
	return map[web.Task]func(*View, web.Form) (Asking, error){
		web.TaskPayout: (*View).payout, web.TaskVouch: (*View).vouch, web.TaskDelegate: (*View).delegate, web.TaskUndelegate: (*View).undelegate,
		web.TaskPay: (*View).pay, web.TaskPayMe: (*View).payMe, web.TaskFeedback: (*View).feedback, web.TaskAskSwap: (*View).swap,
		web.TaskAgreeSwap: (*View).swap, web.TaskStatement: (*View).statement, web.TaskAppeal: (*View).appeal,
	}
}

// The values of choices that stand for none of the others.
const (
	nobody   = "nobody"
	anything = "any"
)

// maxDays is how long a payout that a form asks for may hold.
const maxDays = 180

func wrong(field, fault string) error { return &web.FormError{Field: field, Fault: fault} }

func (v *View) payout(form web.Form) (Asking, error) {
	f := form.Fields
	o := decide.Payout{
		Fund: f["fund"], Purpose: f["purpose"], To: f["to"], Member: f["payee"], Fixed: fx.Fixed(f["fixed"]), Reference: f["reference"],
	}
	if o.Member == nobody {
		o.Member = ""
	}
	var fund charter.Fund
	known := false
	v.node.View(func(s *decide.State) {
		if s.Charter() != nil {
			fund, known = s.Charter().Fund(o.Fund)
		}
	})
	days, err := strconv.Atoi(f["days"])
	switch {
	case !known:
		return Asking{}, wrong("fund", "unknown")
	case o.To != decide.ByHand && (!messaging.ValidParticipant(o.To) || o.To == v.node.Name()):
		return Asking{}, wrong("to", "bad_participant")
	case err != nil || days < 1 || days > maxDays:
		return Asking{}, wrong("days", "bad_days")
	}
	if o.Amount, err = amountOf(f["amount"], f["unit"]); err != nil {
		return Asking{}, err
	}
	o.MaxCost = o.Amount
	if text := f["max_cost"]; text != "" || o.Amount.Unit != fund.Unit {
		cost, err := fx.ParseMoney(text, fund.Unit)
		if err != nil || cost.Minor <= 0 {
			return Asking{}, wrong("max_cost", "bad_amount")
		}
		o.MaxCost = decide.Amount{Minor: cost.Minor, Unit: fund.Unit}
	}
	subject, err := audit.Canonical(o)
	if err != nil {
		return Asking{}, err
	}
	ask := Asking{
		Member: form.Member, Kind: "propose",
		Body: decide.Proposing{
			Decision: charter.Payout, Subject: subject, Expires: v.node.Now().AddDate(0, 0, days).UTC().Truncate(time.Second),
		},
		Closed: map[string]any{"subject.beneficiary": messaging.Party{Name: f["receiver"], Account: f["account"]}},
	}
	if reason := f["reason"]; reason != "" {
		ask.Closed["reason"] = reason
	}
	return ask, nil
}

// amountOf reads an amount above nothing, in a unit of any case.
func amountOf(text, unit string) (decide.Amount, error) {
	currency, err := fx.ParseCurrency(unit)
	if err != nil {
		currency, err = fx.ParseCurrency(strings.ToUpper(unit))
	}
	if err != nil {
		return decide.Amount{}, wrong("unit", "unknown")
	}
	money, err := fx.ParseMoney(text, currency)
	if err != nil || money.Minor <= 0 {
		return decide.Amount{}, wrong("amount", "bad_amount")
	}
	return decide.Amount{Minor: money.Minor, Unit: currency}, nil
}

// invite makes a code, which comes as the draft's one document: bare, as the act's hash names it.
func (v *View) invite(ctx context.Context, form web.Form) (web.Draft, error) {
	code, invitation := Code()
	draft, err := v.Compose(ctx, Asking{Member: form.Member, Kind: "invite", Body: invitation})
	draft.Documents = append(draft.Documents, []byte(code))
	return draft, err
}

func (v *View) vouch(form web.Form) (Asking, error) {
	return Asking{Member: form.Member, Kind: "vouch", Body: decide.Vouching{Member: form.Fields["member"]}}, nil
}

func (v *View) delegate(form web.Form) (Asking, error) {
	day, err := time.Parse(time.DateOnly, form.Fields["until"])
	until, now := day.AddDate(0, 0, 1), v.node.Now()
	if err != nil || !until.After(now) || until.After(now.AddDate(1, 0, 0)) {
		return Asking{}, wrong("until", "bad_date")
	}
	body := decide.Delegating{Decision: decisionOf(form), To: form.Fields["member"], Until: until}
	return Asking{Member: form.Member, Kind: "delegate", Body: body}, nil
}

func (v *View) undelegate(form web.Form) (Asking, error) {
	return Asking{Member: form.Member, Kind: "delegate", Body: decide.Delegating{Decision: decisionOf(form)}}, nil
}

// decisionOf is what a delegation is about; "" for everything.
func decisionOf(form web.Form) charter.Kind {
	if form.Fields["decision"] == anything {
		return ""
	}
	return charter.Kind(form.Fields["decision"])
}

func (v *View) pay(form web.Form) (Asking, error) {
	amount, err := amountOf(form.Fields["amount"], form.Fields["unit"])
	if err != nil {
		return Asking{}, err
	}
	ask := Asking{Member: form.Member, Kind: "pay", Body: decide.Paying{To: form.Fields["member"], Amount: amount}, Closed: map[string]any{}}
	if text := form.Fields["words"]; text != "" {
		ask.Closed["text"] = text
	}
	return ask, nil
}

func (v *View) payMe(form web.Form) (Asking, error) {
	f := form.Fields
	ask := Asking{Member: form.Member, Kind: "pay_me", Body: decide.Destination{To: f["to"]}}
	if f["to"] == "" && f["receiver"] == "" && f["account"] == "" {
		return ask, nil // it is kept
	}
	for _, name := range []string{"to", "receiver", "account"} {
		if f[name] == "" {
			return Asking{}, wrong(name, "missing")
		}
	}
	if !messaging.ValidParticipant(f["to"]) || f["to"] == v.node.Name() {
		return Asking{}, wrong("to", "bad_participant")
	}
	ask.Closed = map[string]any{"beneficiary": messaging.Party{Name: f["receiver"], Account: f["account"]}}
	return ask, nil
}

func (v *View) feedback(form web.Form) (Asking, error) {
	stars, err := strconv.Atoi(form.Fields["stars"])
	if err != nil {
		return Asking{}, wrong("stars", "bad_form")
	}
	body := decide.Matching{Match: form.Fields["match"], Done: form.Fields["done"] == "yes", Stars: stars}
	return Asking{Member: form.Member, Kind: "feedback", Body: body}, nil
}

// swap asks to swap turns, or agrees to it: a group, the member's own seat and the other one.
func (v *View) swap(form web.Form) (Asking, error) {
	parts := strings.Split(form.Fields["swap"], "/")
	if len(parts) != 3 {
		return Asking{}, wrong("swap", "bad_form")
	}
	seat, err := strconv.Atoi(parts[1])
	with, other := strconv.Atoi(parts[2])
	if errors.Join(err, other) != nil {
		return Asking{}, wrong("swap", "bad_form")
	}
	return Asking{Member: form.Member, Kind: string(form.Task), Body: decide.Turning{Group: parts[0], Seat: seat, With: with}}, nil
}

func (v *View) statement(form web.Form) (Asking, error) {
	return Asking{
		Member: form.Member, Kind: "statement", Body: map[string]string{"proposal": form.Fields["proposal"]},
		Closed: map[string]any{"statement": form.Fields["words"]},
	}, nil
}

func (v *View) appeal(form web.Form) (Asking, error) {
	return Asking{
		Member: form.Member, Kind: "appeal", Body: map[string]string{"sanction": form.Fields["sanction"]},
		Closed: map[string]any{"ground": form.Fields["words"]},
	}, nil
}
