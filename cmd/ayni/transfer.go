package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

func transferCommand() *cobra.Command {
	c := group("transfer", "Find transfers, and follow one through everything that happened to it")
	var d desk
	d.register(c)
	c.AddCommand(d.transfers(), d.transfer())
	return c
}

// transferFlags are what transfers are looked for by.
type transferFlags struct {
	ledger.TransferFilter
	state, currency, from, until string
}

func (f *transferFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.Text, "text", "", "an id of any kind, whole: of the transfer, its return, the intent, a bundle or a rail's receipt")
	flags.StringVar(&f.Debtor, "debtor", "", "participant that sent it")
	flags.StringVar(&f.Creditor, "creditor", "", "participant that pays it out")
	flags.StringVar(&f.state, "state", "", "queued, cleared, paid, return_pending, returned or expired")
	flags.BoolVar(&f.Waiting, "waiting", false, "only those that have not ended")
	flags.StringVar(&f.currency, "currency", "", "of what was sent or is received")
	flags.Int64Var(&f.Batch, "batch", 0, "that moved them, or heard of them")
	flags.StringVar(&f.from, "from", "", "accepted at this time or later, as in 2026-10-31T00:00:00Z")
	flags.StringVar(&f.until, "until", "", "accepted before this time")
	flags.IntVar(&f.Limit, "limit", ledger.DefaultPage, "how many of the newest")
	complete(c, "state", "queued", "cleared", "paid", "return_pending", "returned", "expired")
}

// filter reads what was given.
func (f *transferFlags) filter() (ledger.TransferFilter, error) {
	found := f.TransferFilter
	found.State = messaging.State(f.state)
	for text, at := range map[*string]*time.Time{&f.from: &found.From, &f.until: &found.Until} {
		if *text == "" {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339, *text); err != nil {
			return found, exit.As(exit.Usage, fmt.Errorf("%.40q is no time as in 2026-10-31T00:00:00Z", *text))
		}
	}
	if f.currency != "" {
		var err error
		if found.Currency, err = fx.ParseCurrency(f.currency); err != nil {
			return found, exit.As(exit.Usage, err)
		}
	}
	return found, nil
}

func (d *desk) transfers() *cobra.Command {
	var s shown
	var f transferFlags
	c := &cobra.Command{
		Use: "list", Short: "List transfers, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return err
			}
			return d.read(c.Context(), func(books *store.Ledger) error {
				var found []ledger.FoundTransfer
				for { // a page may have fewer than were asked for, and go on
					page, err := books.FindTransfers(c.Context(), filter)
					if err != nil {
						return err
					}
					found = append(found, page.Transfers...)
					filter.Cursor, filter.Limit = page.Next, f.Limit-len(found)
					if page.Next == "" || filter.Limit <= 0 {
						return s.sheets(c, show.Rows("transfers", transferColumns(), found))
					}
				}
			})
		},
	}
	f.register(c)
	s.register(c)
	return c
}

func transferColumns() []show.Column[ledger.FoundTransfer] {
	return []show.Column[ledger.FoundTransfer]{
		{Name: "transfer", Value: func(t ledger.FoundTransfer) any { return t.ID.String() }},
		{Name: "debtor", Title: "from", Value: func(t ledger.FoundTransfer) any { return t.Debtor }},
		{Name: "source", Title: "sent", Money: true, Value: func(t ledger.FoundTransfer) any { return t.Source }},
		{Name: "creditor", Title: "to", Value: func(t ledger.FoundTransfer) any { return t.Creditor }},
		{Name: "destination", Title: "received", Money: true, Value: func(t ledger.FoundTransfer) any { return t.Destination }},
		{Name: "state", Value: func(t ledger.FoundTransfer) any { return string(t.State) }},
		{Name: "reason", Value: func(t ledger.FoundTransfer) any { return t.Reason }},
		{Name: "since", Value: func(t ledger.FoundTransfer) any { return t.Since }},
		{Name: "batch", Value: func(t ledger.FoundTransfer) any { return t.Batch }},
		{Name: "intent", Wide: true, Value: func(t ledger.FoundTransfer) any { return t.Intent }},
		{Name: "accepted_at", Wide: true, Value: func(t ledger.FoundTransfer) any { return t.AcceptedAt }},
		{Name: "deadline", Wide: true, Value: func(t ledger.FoundTransfer) any { return t.Deadline }},
	}
}

func (d *desk) transfer() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "show TRANSFER", Short: "Show a transfer: each step with its batch and its place in the log, what rails said, postings, and what it waits for",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := settlement.ParseTransferID(args[0])
			if err != nil {
				return exit.As(exit.Usage, err)
			}
			return d.read(c.Context(), func(books *store.Ledger) error {
				t, err := books.Transfer(c.Context(), id)
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("transfers", transferColumns(), []ledger.FoundTransfer{t.FoundTransfer}), stepSheet(t), postingSheet(t.Postings), waitSheet(t.Waits))
			})
		},
	}
	s.register(c)
	return c
}

// transferStep is something that happened, and where it is written.
type transferStep struct {
	at       time.Time
	what, of string
	says     string
	batch    int64
	logIndex any // nil where it is no step of the transfer's own
}

func stepSheet(t *ledger.TransferStory) show.Sheet {
	steps := []transferStep{{at: t.ReceivedAt, what: "received", of: t.Debtor, says: fmt.Sprintf("message %d of its stream, place %d", t.Message, t.Place)}}
	add := func(of string, states []ledger.TransferState, outcomes []ledger.TransferOutcome) {
		for _, o := range outcomes {
			steps = append(steps, transferStep{
				at: o.At, what: fmt.Sprintf("%s of %s", o.State, o.Kind), of: o.Participant, batch: o.Batch,
				says: fmt.Sprintf("%s: message %d, receipt %s %s", o.Verdict, o.Message, o.RailRef, o.Reason),
			})
		}
		for _, s := range states {
			steps = append(steps, transferStep{at: s.At, what: string(s.State), of: of, says: s.Reason, batch: s.Batch, logIndex: s.LogIndex})
		}
	}
	add("", t.States, t.Outcomes)
	if t.Return != nil {
		add(t.Return.ID.String(), t.Return.States, t.Return.Outcomes)
	}
	for _, l := range t.Life {
		steps = append(steps, transferStep{at: l.At, what: string(l.Kind), batch: l.Batch, logIndex: l.LogIndex})
	}
	slices.SortStableFunc(steps, func(a, b transferStep) int { return a.at.Compare(b.at) })
	return show.Rows("steps", []show.Column[transferStep]{
		{Name: "at", Value: func(s transferStep) any { return s.at }},
		{Name: "what", Value: func(s transferStep) any { return s.what }},
		{Name: "of", Value: func(s transferStep) any { return s.of }},
		{Name: "batch", Value: func(s transferStep) any { return s.batch }},
		{Name: "log_index", Value: func(s transferStep) any { return s.logIndex }},
		{Name: "says", Value: func(s transferStep) any { return s.says }},
	}, steps)
}

func postingSheet(all []ledger.TransferPosting) show.Sheet {
	return show.Rows("postings", []show.Column[ledger.TransferPosting]{
		{Name: "posting", Value: func(p ledger.TransferPosting) any { return p.ID }},
		{Name: "kind", Value: func(p ledger.TransferPosting) any { return string(p.Kind) }},
		{Name: "debit", Value: func(p ledger.TransferPosting) any { return accountName(p.Debit) }},
		{Name: "credit", Value: func(p ledger.TransferPosting) any { return accountName(p.Credit) }},
		{Name: "amount", Money: true, Value: func(p ledger.TransferPosting) any { return p.Amount }},
		{Name: "batch", Value: func(p ledger.TransferPosting) any { return p.Batch }},
	}, all)
}

// accountName is as people know an account.
func accountName(s ledger.Side) string { return fmt.Sprintf("%s %s", s.Owner, s.Kind) }

// waitSheet says what a transfer waits for: a row for each account that lacks liquidity, or one.
func waitSheet(w *ledger.Waiting) show.Sheet {
	type row struct {
		cause ledger.WaitCause
		until time.Time
		lack  *ledger.Lack
	}
	var rows []row
	if w != nil {
		for i := range w.Lacks {
			rows = append(rows, row{w.Cause, w.Until, &w.Lacks[i]})
		}
		if len(rows) == 0 {
			rows = append(rows, row{w.Cause, w.Until, nil})
		}
	}
	return show.Rows("waits", []show.Column[row]{
		{Name: "cause", Title: "waits for", Value: func(r row) any { return string(r.cause) }},
		{Name: "until", Value: func(r row) any {
			if r.until.IsZero() {
				return nil
			}
			return r.until
		}},
		{Name: "account", Value: func(r row) any {
			if r.lack == nil {
				return nil
			}
			return accountName(r.lack.Side)
		}},
		{Name: "short", Money: true, Value: func(r row) any {
			if r.lack == nil {
				return nil
			}
			return r.lack.Short
		}},
	}, rows)
}
