package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// paying are the flags of what pays somebody.
type paying struct {
	o               decide.Payout
	to              messaging.Party
	amount, maxCost string
	fixed           string
}

func (f *paying) register(c *cobra.Command) {
	c.Flags().StringVar(&f.o.Fund, "fund", "", "the fund that pays")
	c.Flags().StringVar(&f.o.Purpose, "purpose", "", "a word of the charter's, as illness")
	c.Flags().StringVar(&f.o.To, "to", decide.ByHand, "the beneficiary's participant, as gcash-ph; cash for what a treasurer hands out")
	c.Flags().StringVar(&f.to.Name, "name", "", "the beneficiary's name; those who vote see it")
	c.Flags().StringVar(&f.to.Account, "account", "", "the beneficiary's number or account; those who vote see it")
	c.Flags().StringVar(&f.o.Member, "member", "", "the member who gets it, where it is one")
	c.Flags().StringVar(&f.amount, "amount", "", "what is paid, as \"500 KES\"")
	c.Flags().StringVar(&f.fixed, "fixed", string(fx.FixedDestination), "source: the fund pays the amount; destination: the beneficiary gets it")
	c.Flags().StringVar(&f.maxCost, "max-cost", "", "what the fund pays at most, as \"600 KES\" (default: the amount, in cash)")
	c.Flags().StringVar(&f.o.Reference, "reference", "", "what the beneficiary reads; nothing personal")
	c.Flags().StringVar(&f.o.Need, "need", "", "the need on the board that it answers")
}

// payout is what the flags say.
func (f *paying) payout(closed *[][]byte) (o decide.Payout, err error) {
	o = f.o
	if o.Amount, err = amountOf(f.amount); err != nil {
		return o, err
	}
	o.Fixed = fx.Fixed(f.fixed)
	if o.To == decide.ByHand {
		o.Fixed = fx.FixedSource
		if f.maxCost == "" {
			f.maxCost = f.amount
		}
		if f.to.Account == "" {
			f.to.Account = decide.ByHand
		}
	}
	if f.maxCost == "" {
		return o, errors.New("--max-cost says what the fund pays at most, with exchange and fees")
	}
	if o.MaxCost, err = amountOf(f.maxCost); err != nil {
		return o, err
	}
	o.Beneficiary, err = closingValue(f.to, closed)
	return o, err
}

func (p *proposing) payout() *cobra.Command {
	var f paying
	c := p.kind(charter.Payout, "Pay somebody out of a fund", func(_ *cobra.Command, closed *[][]byte) (any, error) { return f.payout(closed) })
	f.register(c)
	return c
}

func (p *proposing) loan() *cobra.Command {
	var f paying
	var by string
	var instalments int
	c := p.kind(charter.Loan, "Lend to a member, without interest", func(_ *cobra.Command, closed *[][]byte) (any, error) {
		o, err := f.payout(closed)
		if err != nil {
			return nil, err
		}
		day, err := dayOf(by)
		return decide.Loan{Payout: o, RepayBy: day, Instalments: instalments}, err
	})
	f.register(c)
	c.Flags().StringVar(&by, "repay-by", "", "the day, as 2027-03-31")
	c.Flags().IntVar(&instalments, "instalments", 0, "equal ones until then (default: all at the end)")
	return c
}

func dayOf(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("%.20q is no day as 2027-03-31", text)
	}
	return day, nil
}

func (p *proposing) ruleChange() *cobra.Command {
	var file string
	c := p.kind(charter.RuleChange, "Change the charter", func(*cobra.Command, *[][]byte) (any, error) {
		rules, err := charterFile(file)
		if err != nil {
			return nil, err
		}
		text, err := rules.Canonical()
		return decide.RuleChange{Charter: text}, err
	})
	c.Flags().StringVar(&file, "charter", "", "the changed charter; its version is one more")
	return c
}

// charterFile reads and checks a charter as people write it.
func charterFile(file string) (*charter.Charter, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the charter: %w", err)
	}
	rules, err := charter.Parse(text)
	if err == nil {
		err = rules.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rules, nil
}

func (p *proposing) recovery() *cobra.Command {
	var r decide.Recovery
	var key, proof string
	c := p.kind(charter.Recovering, "Give a member who lost the key the new one that it proved", func(*cobra.Command, *[][]byte) (any, error) {
		var err error
		if r.Key, err = act.ParseKey(key); err != nil {
			return nil, err
		}
		r.Proof, err = base64.RawURLEncoding.DecodeString(proof)
		return r, err
	})
	c.Flags().StringVar(&r.Member, "member", "", "who lost it")
	c.Flags().StringVar(&key, "key", "", "the new one; \"ayni pool recover\" there prints all three")
	c.Flags().StringVar(&proof, "proof", "", "that the member has it")
	return c
}

func (p *proposing) issuance() *cobra.Command {
	var i decide.Issuance
	var amount string
	c := p.kind(charter.Issuance, "Issue the community's own units", func(*cobra.Command, *[][]byte) (any, error) {
		var err error
		i.Amount, err = amountOf(amount)
		return i, err
	})
	c.Flags().StringVar(&amount, "amount", "", "how much, as \"100 VOUCHER\"")
	c.Flags().StringVar(&i.Fund, "fund", "", "the fund that gets them, or")
	c.Flags().StringVar(&i.Member, "member", "", "the member who does")
	return c
}

func (p *proposing) sanction() *cobra.Command {
	var s decide.Sanction
	var measure, evidence string
	c := p.kind(charter.Sanction, "Take a step of the ladder of sanctions", func(_ *cobra.Command, closed *[][]byte) (any, error) {
		var err error
		s.Measure = charter.Measure(measure)
		s.Evidence, err = closing(evidence, closed)
		return s, err
	})
	c.Flags().StringVar(&s.Member, "member", "", "whom it is against")
	c.Flags().StringVar(&measure, "measure", "", "the step, as the charter names it")
	c.Flags().StringVar(&s.Rule, "rule", "", "that was broken: its path in the charter")
	c.Flags().Int64Var(&s.Version, "rule-version", 1, "of that charter")
	c.Flags().StringVar(&evidence, "evidence", "", "what happened; those who vote see it, and the member")
	c.Flags().StringVar(&s.Mediator, "mediator", "", "of a mediation: a member")
	return c
}
