package main

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/messaging"
)

func (m *member) moneyCommands() []*cobra.Command {
	ofClaim := func(use, short, kind string, yes bool) *cobra.Command {
		return m.says(use+" CLAIM", short, cobra.ExactArgs(1), func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: kind, body: decide.OfClaim{Claim: args[0], Yes: yes}}, nil
		})
	}
	setOff := m.says("set-off", "Set off what members owe each other in a circle", cobra.NoArgs,
		func(*cobra.Command, []string) (word, error) { return word{kind: "set_off", body: struct{}{}}, nil })
	return []*cobra.Command{
		m.contribute(), m.cash(), m.matchPayment(), m.pay(), m.claim(), m.payMe(), m.collectMe(), setOff,
		ofClaim("acknowledge", "Say that you owe what somebody claims", "acknowledge", true),
		ofClaim("deny", "Say that you do not owe what somebody claims", "acknowledge", false),
		ofClaim("release", "Let somebody off what they owe you", "release", false),
	}
}

// contribute says how to pay: money moves where it is, and never by this program.
func (m *member) contribute() *cobra.Command {
	return &cobra.Command{
		Use: "contribute [FOR]", Short: "How to pay in, and with which reference; FOR is a due, a fund or a group", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := m.client()
			if err != nil {
				return err
			}
			about, err := client.About(c.Context())
			if err != nil {
				return hinted(err)
			}
			reference := about.Member
			if len(args) > 0 {
				reference += " " + args[0]
			}
			_, err = fmt.Fprintf(c.OutOrStdout(),
				"pay from your wallet to %s, account %s, with the reference: %s\nor hand it to a treasurer, who says: ayni pool cash in %s AMOUNT\n",
				about.Pool, about.Account, reference, reference)
			return err
		},
	}
}

func (m *member) cash() *cobra.Command {
	c := group("cash", "What a treasurer takes in and hands out")
	var receipt, purse string
	in := m.says("in MEMBER AMOUNT", "Book cash that a member paid, as 2000 KES; the member sees it", cobra.ExactArgs(3),
		func(_ *cobra.Command, args []string) (word, error) {
			amount, err := amountOf(args[1] + " " + args[2])
			if receipt == "" {
				receipt = "cash-" + rand.Text()
			}
			return word{kind: "took_in", body: decide.Taken{ID: receipt, Member: args[0], For: purse, Amount: amount}}, err
		})
	in.Flags().StringVar(&receipt, "receipt", "", "number of the receipt, so that it is booked once (default: a random one)")
	in.Flags().StringVar(&purse, "for", "", "a due, a fund or a group")
	out := m.says("out PROPOSAL", "Say that you handed out the cash of a payout that was decided", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "handed_out", body: map[string]string{"proposal": args[0]}}, nil
		})
	c.AddCommand(in, out)
	return c
}

func (m *member) matchPayment() *cobra.Command {
	var purse string
	c := m.says("match PAYMENT MEMBER", "Say as a treasurer whose a payment is that named nobody", cobra.ExactArgs(2),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "match", body: decide.Matched{Payment: args[0], Member: args[1], For: purse}}, nil
		})
	c.Flags().StringVar(&purse, "for", "", "a due, a fund or a group")
	return c
}

func (m *member) pay() *cobra.Command {
	var text, match string
	c := m.says("pay MEMBER AMOUNT UNIT", "Pay a member in a unit of the community's own", cobra.ExactArgs(3),
		func(_ *cobra.Command, args []string) (w word, err error) {
			p := decide.Paying{To: args[0], Match: match}
			if p.Amount, err = amountOf(args[1] + " " + args[2]); err != nil {
				return w, err
			}
			p.Text, err = closing(text, &w.closed)
			w.kind, w.body = "pay", p
			return w, err
		})
	c.Flags().StringVar(&text, "text", "", "what for")
	c.Flags().StringVar(&match, "match", "", "the match on the board that it is for")
	return c
}

func (m *member) claim() *cobra.Command {
	var text string
	c := m.says("claim MEMBER AMOUNT UNIT", "Say that a member owes you; it counts once the member acknowledges it", cobra.ExactArgs(3),
		func(_ *cobra.Command, args []string) (w word, err error) {
			claimed := decide.Claiming{Debtor: args[0]}
			if claimed.Amount, err = amountOf(args[1] + " " + args[2]); err != nil {
				return w, err
			}
			claimed.Text, err = closing(text, &w.closed)
			w.kind, w.body = "claim", claimed
			return w, err
		})
	c.Flags().StringVar(&text, "text", "", "what for")
	return c
}

func (m *member) payMe() *cobra.Command {
	var to string
	var party messaging.Party
	c := m.says("pay-me", "Say where you want what is your own paid out; without flags it stays in your purse", cobra.NoArgs,
		func(*cobra.Command, []string) (w word, err error) {
			d := decide.Destination{To: to}
			if to != "" {
				d.Beneficiary, err = closingValue(party, &w.closed)
			}
			w.kind, w.body = "pay_me", d
			return w, err
		})
	c.Flags().StringVar(&to, "to", "", "your wallet's participant, as mpesa-ke")
	c.Flags().StringVar(&party.Name, "name", "", "your name there")
	c.Flags().StringVar(&party.Account, "account", "", "your number there")
	c.MarkFlagsRequiredTogether("to", "name", "account")
	return c
}

// collectDays is how long a consent to be asked holds without a word about it.
const collectDays = 365

func (m *member) collectMe() *cobra.Command {
	var on, each string
	var party messaging.Party
	var days int
	c := m.says("collect-me", "Let the pool have your wallet ask you for what you owe; without flags it no longer does", cobra.NoArgs,
		func(*cobra.Command, []string) (w word, err error) {
			w.kind, w.body = "collect_me", decide.Collecting{}
			if on == "" {
				return w, nil
			}
			consent := decide.Collecting{Participant: on, Until: time.Now().AddDate(0, 0, days).UTC().Truncate(time.Second)}
			if consent.Each, err = amountOf(each); err != nil {
				return w, err
			}
			consent.Payer, err = closingValue(party, &w.closed)
			w.body = consent
			return w, err
		})
	c.Flags().StringVar(&on, "on", "", "your wallet's participant, as mpesa-ke")
	c.Flags().StringVar(&party.Name, "name", "", "your name there")
	c.Flags().StringVar(&party.Account, "account", "", "your number there")
	c.Flags().StringVar(&each, "each", "", "the most that one request may ask for, as \"500 KES\"")
	c.Flags().IntVar(&days, "days", collectDays, "how long you agree")
	c.MarkFlagsRequiredTogether("on", "name", "account", "each")
	return c
}
