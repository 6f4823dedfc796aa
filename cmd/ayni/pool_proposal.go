package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (m *member) proposalCommands() []*cobra.Command {
	ofProposal := func(use, short, kind string) *cobra.Command {
		return m.says(use+" PROPOSAL", short, cobra.ExactArgs(1), func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: kind, body: map[string]string{"proposal": args[0]}}, nil
		})
	}
	return []*cobra.Command{
		m.propose(), m.vote(), m.delegate(),
		ofProposal("withdraw", "Take your proposal back", "withdraw"),
		ofProposal("refuse-recovery", "You lost no key: refuse that another gets your place", "refuse_recovery"),
		m.statement(), m.appeal(), m.verdict(),
	}
}

// vote shows exactly what is voted on, and signs the hash that this side computes of it.
func (m *member) vote() *cobra.Command {
	return m.says("vote PROPOSAL for|against|abstain|object", "Read a proposal word for word, and sign your vote on it", cobra.ExactArgs(2),
		func(c *cobra.Command, args []string) (word, error) {
			client, err := m.client()
			if err != nil {
				return word{}, err
			}
			d, text, hash, err := client.Document(c.Context(), args[0])
			if err != nil {
				return word{}, hinted(err)
			}
			if !m.yes {
				shown := jsontext.Value(text)
				if err := shown.Indent(); err != nil {
					return word{}, err
				}
				fmt.Fprintf(c.ErrOrStderr(), "%s is:\n%s\n", args[0], shown) //nolint:errcheck // to a person
			}
			ballot := decide.Ballot{Proposal: args[0], Hash: hash, Choice: decide.Choice(args[1])}
			return word{kind: "vote", body: ballot, version: d.Version}, nil
		})
}

func (m *member) delegate() *cobra.Command {
	var kind string
	var days int
	c := m.says("delegate MEMBER", "Let another member vote where you say nothing; - ends it", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (word, error) {
			d := decide.Delegating{Decision: charter.Kind(kind), To: strings.TrimPrefix(args[0], "-")}
			if days > 0 && d.To != "" {
				d.Until = within(days)
			}
			return word{kind: "delegate", body: d}, nil
		})
	c.Flags().StringVar(&kind, "decision", "", "about this kind alone")
	c.Flags().IntVar(&days, "days", 0, "for so many days (default: until you end it)")
	return c
}

func (m *member) statement() *cobra.Command {
	var text string
	c := m.says("statement PROPOSAL", "Be heard about a sanction against you, before the vote", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (w word, err error) {
			name, err := closing(text, &w.closed)
			w.kind, w.body = "statement", decide.Statement{Proposal: args[0], Statement: name}
			return w, err
		})
	c.Flags().StringVar(&text, "text", "", "in your own words; those who vote see it")
	demand(c, "text")
	return c
}

func (m *member) appeal() *cobra.Command {
	var text string
	c := m.says("appeal SANCTION", "Have a drawn panel look at a sanction against you again", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (w word, err error) {
			name, err := closing(text, &w.closed)
			w.kind, w.body = "appeal", decide.Appealing{Sanction: args[0], Ground: name}
			return w, err
		})
	c.Flags().StringVar(&text, "text", "", "why; the panel sees it")
	demand(c, "text")
	return c
}

func (m *member) verdict() *cobra.Command {
	return m.says("verdict SANCTION uphold|lift", "Say as a member of its panel what becomes of a sanction", cobra.ExactArgs(2),
		func(c *cobra.Command, args []string) (word, error) {
			client, err := m.client()
			if err != nil {
				return word{}, err
			}
			_, _, hash, err := client.Document(c.Context(), args[0])
			return word{kind: "verdict", body: decide.Verdict{Sanction: args[0], Hash: hash, Ruling: decide.Ruling(args[1])}}, hinted(err)
		})
}

// proposing is what all proposals have.
type proposing struct {
	m            *member
	days         int
	reason, file string
}

// subject is what is proposed, and the closed values that it names.
type subject func(c *cobra.Command, closed *[][]byte) (any, error)

// kind makes the command that proposes one kind. build is nil of what only a file says.
func (p proposing) kind(kind charter.Kind, short string, build subject) *cobra.Command {
	c := p.m.says(strings.ReplaceAll(string(kind), "_", "-"), short, cobra.NoArgs, func(c *cobra.Command, _ []string) (w word, err error) {
		var about any
		switch {
		case p.file != "":
			about, err = subjectOf(p.file)
		case build != nil:
			about, err = build(c, &w.closed)
		default:
			err = errors.New("say what is proposed with --file")
		}
		if err != nil {
			return w, err
		}
		text, err := audit.Canonical(about)
		if err != nil {
			return w, err
		}
		asked := decide.Proposing{Decision: kind, Subject: text, Expires: within(p.days)}
		asked.Reason, err = closing(p.reason, &w.closed)
		w.kind, w.body = "propose", asked
		return w, err
	})
	c.Flags().IntVar(&p.days, "days", 30, "it is not carried out after so many days")
	c.Flags().StringVar(&p.reason, "reason", "", "why, in your own words; members see it")
	c.Flags().StringVar(&p.file, "file", "", "the whole of it as JSON, in place of flags; numbers are strings")
	return c
}

func (m *member) propose() *cobra.Command {
	c := group("propose", "Put a question to the pool")
	fresh := func() *proposing { return &proposing{m: m} }
	c.AddCommand(
		fresh().payout(), fresh().loan(), fresh().ruleChange(), fresh().recovery(), fresh().issuance(),
		fresh().ofMember(charter.Admission, "Admit somebody who was invited", func(member, _ string) any { return decide.Admission{Member: member} }, ""),
		fresh().ofMember(charter.Appointment, "Give a member a role", func(member, role string) any { return decide.Appointment{Member: member, Role: role} }, "role"),
		fresh().sanction(),
		fresh().kind(charter.Pledging, "Promise what the pool pays on another's declaration", nil),
		fresh().kind(charter.Emergency, "Declare an emergency, which calls in what other pools pledged", nil),
		fresh().kind(charter.Rotating, "Begin a rotating group, or change one", nil),
		fresh().kind(charter.Healing, "End a sanction before its term", nil),
	)
	return c
}

func (p *proposing) ofMember(kind charter.Kind, short string, build func(member, other string) any, other string) *cobra.Command {
	var member, value string
	c := p.kind(kind, short, func(*cobra.Command, *[][]byte) (any, error) { return build(member, value), nil })
	c.Flags().StringVar(&member, "member", "", "the member's id, as m4")
	if other != "" {
		c.Flags().StringVar(&value, other, "", "the "+other+", as the charter names it")
	}
	return c
}

// amountOf reads "500 KES".
func amountOf(text string) (decide.Amount, error) {
	number, unit, _ := strings.Cut(text, " ")
	currency, err := fx.ParseCurrency(unit)
	if err != nil {
		return decide.Amount{}, fmt.Errorf("%.40q is no amount as \"500 KES\": %w", text, err)
	}
	money, err := fx.ParseMoney(number, currency)
	return decide.Amount{Minor: money.Minor, Unit: currency}, err
}
