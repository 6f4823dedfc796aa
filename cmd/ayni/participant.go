package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/participant"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// doneWithin is how long approve waits for the switch to do what was approved.
const doneWithin = 30 * time.Second

func participantCommand() *cobra.Command {
	c := group("participant", "Take participants in, change what they may do, send them away: one person asks, another approves")
	var d desk
	d.register(c)
	c.AddCommand(d.add(), d.approve(), d.list(), d.show(), d.suspend(true), d.suspend(false), d.rotate(), d.revoke(), d.limits(), credentialsCommand())
	return c
}

// desk is where requests are made and decided.
type desk struct{ url, as, why string }

var errNoDatabase = exit.As(exit.Usage, errors.New("--database-url is required, or a context that has it (ayni context set): "+databaseHelp))

// register adds where the switch's books are, to a command and those below it.
func (d *desk) register(c *cobra.Command) {
	c.PersistentFlags().StringVar(&d.url, "database-url", "", databaseHelp)
	contextual(c.PersistentFlags(), "database-url")
}

// who adds the name of whoever asks or decides.
func (d *desk) who(c *cobra.Command, help string) {
	c.Flags().StringVar(&d.as, "as", "", help)
	contextual(c.Flags(), "as")
	demand(c, "as")
}

// open connects to the switch's database for one command.
func (d *desk) open(ctx context.Context, do func(*store.Ledger) error) error {
	return d.connect(ctx, store.Open, do)
}

// read connects with the right to read what says nothing of people.
func (d *desk) read(ctx context.Context, do func(*store.Ledger) error) error {
	return d.connect(ctx, store.OpenReader, do)
}

func (d *desk) connect(ctx context.Context, as func(context.Context, string) (*store.Ledger, error), do func(*store.Ledger) error) error {
	if d.url == "" {
		return errNoDatabase
	}
	books, err := as(ctx, d.url)
	if err != nil {
		return err
	}
	defer books.Close()
	return do(books)
}

// asks makes a command of a plan that one person asks for.
func (d *desk) asks(use, short string, plan func(books *store.Ledger, c *cobra.Command, name string) (request.Plan, error)) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), ValidArgsFunction: firstArgument(completeParticipants),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c.Context(), func(books *store.Ledger) error {
				p, err := plan(books, c, args[0])
				if err != nil {
					return err
				}
				id, err := request.Ask(c.Context(), books, d.as, p.Because(d.why))
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "request %d: %s %s; somebody else approves it with: ayni participant approve %d\n", id, p.Kind, p.Participant, id)
				return err
			})
		},
	}
	d.who(c, "who asks")
	c.Flags().StringVar(&d.why, "reason", "", "why, for who decides and who looks later")
	demand(c, "reason")
	return c
}

// foreignBroker is the flag of commands that take a step at the broker.
func foreignBroker(c *cobra.Command) *bool {
	return c.Flags().Bool("foreign-broker", false, "the broker is not the switch's own: whoever runs it takes the step there")
}

func (d *desk) add() *cobra.Command {
	var a settlement.AddParticipant
	var caps participant.Caps
	var currency, role string
	var foreign *bool
	c := d.asks("add NAME", "Ask for a participant to be taken in: accounts, caps, an account and credentials at the broker",
		func(_ *store.Ledger, _ *cobra.Command, name string) (request.Plan, error) {
			var err error
			if a.Currency, err = fx.ParseCurrency(currency); err != nil {
				return request.Plan{}, err
			}
			a.Name, a.Role = name, settlement.Role(role)
			return participant.AddPlan(a, caps, !*foreign)
		})
	foreign = foreignBroker(c)
	f := c.Flags()
	f.StringVar(&a.Country, "country", "", "ISO 3166-1 alpha-2")
	f.StringVar(&currency, "currency", "", "what it settles in")
	f.StringVar(&role, "role", string(settlement.RoleOperator), "operator or pool")
	f.StringVar(&a.SigningKey, "signing-key", "", "public half of its signing key (U…)")
	f.BoolVar(&a.Reserves, "reserves", false, "its rail sets money aside before a transfer to it clears")
	f.Int64Var(&caps.LineMinor, "credit-line-minor", 0, "how far its position may pass its prefunding")
	f.Int64Var(&caps.UnsecuredMinor, "unsecured-minor", 0, "how much of the credit line nothing stands behind")
	payoutFlags(c, &a.PayoutIncrementMinor, &a.PayoutMinMinor, &a.PayoutMaxMinor)
	demand(c, "country", "currency", "signing-key", "payout-min-minor", "payout-max-minor")
	return c
}

func payoutFlags(c *cobra.Command, increment, least, most *int64) {
	c.Flags().Int64Var(increment, "payout-increment-minor", 1, "payouts are multiples of this")
	c.Flags().Int64Var(least, "payout-min-minor", 0, "least payout")
	c.Flags().Int64Var(most, "payout-max-minor", 0, "greatest payout")
}

func (d *desk) suspend(suspended bool) *cobra.Command {
	use, short := "resume NAME", "Ask for a participant's new intents to be let in again"
	if suspended {
		use, short = "suspend NAME", "Ask for a participant's new intents to be refused; what is under way goes on"
	}
	return d.asks(use, short, func(_ *store.Ledger, _ *cobra.Command, name string) (request.Plan, error) {
		return request.SuspendPlan(settlement.Suspend{Participant: name, Suspended: suspended}, d.why)
	})
}

func (d *desk) rotate() *cobra.Command {
	var key string
	var credentials bool
	c := d.asks("rotate NAME", "Ask for another signing key, other credentials, or both; the old ones are refused from then on",
		func(_ *store.Ledger, _ *cobra.Command, name string) (request.Plan, error) {
			return participant.RotatePlan(name, key, credentials)
		})
	c.Flags().StringVar(&key, "signing-key", "", "public half of the new signing key (U…)")
	c.Flags().BoolVar(&credentials, "credentials", false, "other credentials at the broker")
	return c
}

func (d *desk) revoke() *cobra.Command {
	var foreign *bool
	c := d.asks("revoke NAME", "Ask for a participant to be sent away: suspended, without credentials and signing key; what it owes and is owed stays",
		func(_ *store.Ledger, _ *cobra.Command, name string) (request.Plan, error) {
			return participant.RevokePlan(name, !*foreign)
		})
	foreign = foreignBroker(c)
	return c
}

func (d *desk) limits() *cobra.Command {
	var l settlement.Limits
	var caps participant.Caps
	c := d.asks("limits NAME", "Ask for other payout limits or another credit line; what is not given stays",
		func(books *store.Ledger, c *cobra.Command, name string) (request.Plan, error) {
			p, err := named(c.Context(), books, name)
			if err != nil {
				return request.Plan{}, err
			}
			changed := c.Flags().Changed
			var limits *settlement.Limits
			if changed("payout-increment-minor") || changed("payout-min-minor") || changed("payout-max-minor") {
				now := settlement.Limits{PayoutIncrementMinor: p.PayoutIncrementMinor, PayoutMinMinor: p.PayoutMinMinor, PayoutMaxMinor: p.PayoutMaxMinor}
				for flag, of := range map[string]struct{ to, from *int64 }{
					"payout-increment-minor": {&now.PayoutIncrementMinor, &l.PayoutIncrementMinor},
					"payout-min-minor":       {&now.PayoutMinMinor, &l.PayoutMinMinor},
					"payout-max-minor":       {&now.PayoutMaxMinor, &l.PayoutMaxMinor},
				} {
					if changed(flag) {
						*of.to = *of.from
					}
				}
				limits = &now
			}
			if !changed("credit-line-minor") {
				return participant.LimitsPlan(name, limits, nil)
			}
			caps.Currency = p.Currency
			return participant.LimitsPlan(name, limits, &caps)
		})
	payoutFlags(c, &l.PayoutIncrementMinor, &l.PayoutMinMinor, &l.PayoutMaxMinor)
	c.Flags().Int64Var(&caps.LineMinor, "credit-line-minor", 0, "how far its position may pass its prefunding")
	c.Flags().Int64Var(&caps.UnsecuredMinor, "unsecured-minor", 0, "how much of the credit line nothing stands behind, with --credit-line-minor")
	c.MarkFlagsRequiredTogether("credit-line-minor", "unsecured-minor")
	return c
}

func (d *desk) approve() *cobra.Command {
	var reason string
	var refuse bool
	c := &cobra.Command{
		Use: "approve REQUEST", Short: "Approve what somebody else asked for, or refuse it, and wait until it is done", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return exit.As(exit.Usage, fmt.Errorf("%.20q is no number of a request", args[0]))
			}
			return d.open(c.Context(), func(books *store.Ledger) error {
				if err := request.Decide(c.Context(), books, id, d.as, !refuse, reason); err != nil {
					return err
				}
				if refuse {
					_, err := fmt.Fprintf(c.OutOrStdout(), "request %d: refused\n", id)
					return err
				}
				return awaitRequest(c.Context(), c.OutOrStdout(), books, id)
			})
		},
	}
	d.who(c, "who decides; not who asked")
	c.Flags().StringVar(&reason, "reason", "", "why, for those who look later")
	c.Flags().BoolVar(&refuse, "refuse", false, "refuse it")
	demand(c, "reason")
	return c
}

func awaitRequest(ctx context.Context, out io.Writer, books *store.Ledger, id int64) error {
	waiting, cancel := context.WithTimeout(ctx, doneWithin)
	defer cancel()
	r, err := request.Await(waiting, books, id)
	switch {
	case err != nil && waiting.Err() != nil && ctx.Err() == nil:
		_, err = fmt.Fprintf(out, "request %d: approved; the switch does it when it runs\n", id)
		return err
	case err != nil:
		return err
	case r.Fault != "":
		return exit.As(exit.Refused, fmt.Errorf("request %d was not done: %s", id, r.Fault))
	}
	_, err = fmt.Fprintf(out, "request %d: done\n", id)
	return err
}

func (d *desk) list() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "list", Short: "List participants, and requests that nobody decided on", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c.Context(), func(books *store.Ledger) error {
				all, err := books.Participants(c.Context())
				if err != nil {
					return err
				}
				rails, err := books.Rails(c.Context())
				if err != nil {
					return err
				}
				requests, err := books.Requests(c.Context(), listedRequests)
				if err != nil {
					return err
				}
				open := slices.DeleteFunc(requests, func(r ledger.Request) bool { return r.Checker != "" })
				return s.sheets(c, participantSheet(all, rails), requestSheet(open))
			})
		},
	}
	s.register(c)
	return c
}

// listedRequests is how many of the newest requests are looked through.
const listedRequests = 1000

func (d *desk) show() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "show NAME", Short: "Show a participant, and what was asked for of it", Args: cobra.ExactArgs(1),
		ValidArgsFunction: firstArgument(completeParticipants),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c.Context(), func(books *store.Ledger) error {
				requests, err := books.Requests(c.Context(), listedRequests)
				if err != nil {
					return err
				}
				requests = slices.DeleteFunc(requests, func(r ledger.Request) bool { return r.Subject != args[0] })
				rails, err := books.Rails(c.Context())
				if err != nil {
					return err
				}
				var found []settlement.Participant
				p, err := named(c.Context(), books, args[0])
				switch {
				case err == nil:
					found = append(found, p)
				case len(requests) == 0:
					return err
				}
				if err := s.sheets(c, participantSheet(found, rails), requestSheet(requests)); err != nil || s.format != show.Table || len(found) == 0 {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "\nsigning key %s\n", p.SigningKey)
				return err
			})
		},
	}
	s.register(c)
	return c
}

func named(ctx context.Context, books *store.Ledger, name string) (settlement.Participant, error) {
	all, err := books.Participants(ctx)
	if err != nil {
		return settlement.Participant{}, err
	}
	if at := slices.IndexFunc(all, func(p settlement.Participant) bool { return p.Name == name }); at >= 0 {
		return all[at], nil
	}
	return settlement.Participant{}, exit.As(exit.NotFound, fmt.Errorf("no participant %.40q; ayni participant list shows them", name))
}

func credentialsCommand() *cobra.Command {
	var data, out string
	c := &cobra.Command{
		Use: "credentials NAME", Short: "Copy a participant's credentials from the switch's data folder to a file that only you can read", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if data == "" {
				if data, err = dev.DefaultDir(); err != nil {
					return err
				}
			}
			return participant.Credentials(data, args[0], out)
		},
	}
	c.Flags().StringVar(&data, "data", "", "the switch's folder (default: /var/lib/ayni for root, else ~/.local/share/ayni)")
	c.Flags().StringVar(&out, "out", "", "the file; it must not be there yet")
	contextual(c.Flags(), "data")
	demand(c, "out")
	return c
}
