package api

import (
	"context"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Transfer is an accepted intent and where it is now.
type Transfer struct {
	ID          string    `json:"id" example:"T0123456789ABC"`
	Intent      string    `json:"intent" doc:"The debtor's own id."`
	Debtor      string    `json:"debtor" example:"mpesa-ke"`
	Creditor    string    `json:"creditor" example:"gcash-ph"`
	Source      Amount    `json:"source"`
	Destination Amount    `json:"destination"`
	State       string    `json:"state" enum:"queued,cleared,paid,return_pending,returned,expired"`
	Reason      string    `json:"reason,omitempty" doc:"ISO 20022 status reason code." example:"AM04"`
	Batch       string    `json:"batch" doc:"That brought it into this state."`
	Since       time.Time `json:"since"`
	ReceivedAt  time.Time `json:"received_at" doc:"When the broker had it."`
	AcceptedAt  time.Time `json:"accepted_at"`
	Deadline    time.Time `json:"deadline"`
}

func transferOf(t ledger.FoundTransfer) Transfer {
	return Transfer{
		ID: t.ID.String(), Intent: t.Intent, Debtor: t.Debtor, Creditor: t.Creditor, Source: amountOf(t.Source), Destination: amountOf(t.Destination),
		State: string(t.State), Reason: t.Reason, Batch: number(t.Batch), Since: t.Since, ReceivedAt: t.ReceivedAt, AcceptedAt: t.AcceptedAt,
		Deadline: t.Deadline,
	}
}

// number writes a number of the ledger as an id.
func number(n int64) string { return strconv.FormatInt(n, 10) }

// transferSearch is what transfers are looked for by.
type transferSearch struct {
	Paging
	Query    string    `query:"q" maxLength:"256" doc:"An id of any kind, whole: the transfer's, its return's, the intent's, a bundle's digest, a rail's receipt."`
	Debtor   string    `query:"debtor" maxLength:"64"`
	Creditor string    `query:"creditor" maxLength:"64"`
	State    string    `query:"state" enum:"queued,cleared,paid,return_pending,returned,expired"`
	Waiting  bool      `query:"waiting" doc:"Only those that have not ended."`
	Currency string    `query:"currency" maxLength:"64" doc:"Of what was sent or what is received."`
	Min      string    `query:"min" maxLength:"30" doc:"Of the amount in that currency, included."`
	Max      string    `query:"max" maxLength:"30" doc:"Of the amount in that currency, included."`
	From     time.Time `query:"from" doc:"Accepted from then on."`
	Until    time.Time `query:"until" doc:"Accepted before."`
	Batch    int64     `query:"batch" minimum:"1" doc:"That accepted them, moved money for them, or saw them expire."`
}

// maxRange bounds the time that a list is asked about at once.
const maxRange = 366 * 24 * time.Hour

func checkRange(from, until time.Time) error {
	if !from.IsZero() && !until.IsZero() && (until.Before(from) || until.Sub(from) > maxRange) {
		return wanted("query.until", "at most a year behind from, and not before it")
	}
	return nil
}

func (s *transferSearch) filter(scope string) (f ledger.TransferFilter, err error) {
	if err := checkRange(s.From, s.Until); err != nil {
		return f, err
	}
	f = ledger.TransferFilter{
		Scope: scope, Debtor: s.Debtor, Creditor: s.Creditor, State: messaging.State(s.State), Waiting: s.Waiting, From: s.From, Until: s.Until,
		Batch: s.Batch, Text: s.Query, Cursor: s.Cursor, Limit: s.Limit,
	}
	if s.Currency == "" {
		if s.Min != "" || s.Max != "" {
			return f, wanted("query.currency", "amounts have one")
		}
		return f, nil
	}
	if f.Currency, err = fx.ParseCurrency(s.Currency); err != nil {
		return f, wanted("query.currency", "no such currency")
	}
	if f.MinMinor, err = bound("query.min", s.Min, f.Currency); err != nil {
		return f, err
	}
	f.MaxMinor, err = bound("query.max", s.Max, f.Currency)
	return f, err
}

func bound(where, text string, c fx.Currency) (int64, error) {
	if text == "" {
		return 0, nil
	}
	m, err := fx.ParseMoney(text, c)
	if err != nil || m.Minor <= 0 {
		return 0, wanted(where, "no amount above zero in that currency")
	}
	return m.Minor, nil
}

// TransferPath is whose path names a transfer.
type TransferPath struct {
	ID string `path:"id" maxLength:"14" example:"T0123456789ABC"`
}

func (a *API) transfers() {
	const tag = "Transfers"
	list(a, route{
		id: "list-transfers", path: "/v1/transfers", tag: tag, need: everyone(), summary: "Find transfers",
		text: "Newest first. A participant finds those that it sent or received. A page may be short, or empty, and go on.",
	}, func(ctx context.Context, in *transferSearch) (page Page[Transfer], err error) {
		scope, err := auth.Scope(ctx)
		if err != nil {
			return page, err
		}
		filter, err := in.filter(scope)
		if err != nil {
			return page, err
		}
		found, err := a.books.FindTransfers(ctx, filter)
		return Page[Transfer]{Items: each(found.Transfers, transferOf), Next: found.Next}, err
	})
	read(a, route{
		id: "get-transfer", path: "/v1/transfers/{id}", tag: tag, need: everyone(), summary: "The story of a transfer",
		text: "From the message that it came in to the entries of the log that prove it, and why it waits. Nothing says who the two people are.",
	}, func(ctx context.Context, in *TransferPath) (TransferStory, error) {
		story, err := a.transfer(ctx, in.ID)
		if err != nil {
			return TransferStory{}, err
		}
		return storyOf(story), nil
	})
}

// transfer looks one up for whoever may see it, as they may see it.
func (a *API) transfer(ctx context.Context, text string) (*ledger.TransferStory, error) {
	id, err := settlement.ParseTransferID(text)
	if err != nil {
		return nil, auth.ErrNotYours // no such transfer
	}
	story, err := a.books.Transfer(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Own(ctx, story.Debtor, story.Creditor); err != nil {
		return nil, err
	}
	if p := auth.From(ctx); !p.SeesAll() {
		seen := story.SeenBy(p.Participant)
		story = &seen
	}
	return story, nil
}

// each is a list with something done to each of its items.
func each[A, B any](all []A, do func(A) B) []B {
	out := make([]B, len(all))
	for i, item := range all {
		out[i] = do(item)
	}
	return out
}
