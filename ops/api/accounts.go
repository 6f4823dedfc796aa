package api

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Standing is what a participant has and owes in one currency.
type Standing struct {
	Participant string    `json:"participant" doc:"scheme is the FX pool."`
	Currency    string    `json:"currency"`
	Suspended   bool      `json:"suspended"`
	Position    Amount    `json:"position" doc:"What clearing made it owe (below zero) or earn."`
	Prefunding  Amount    `json:"prefunding"`
	CreditLine  Amount    `json:"credit_line"`
	Available   Amount    `json:"available" doc:"How much more it may owe."`
	Used        string    `json:"used_percent" example:"37.50" doc:"Of prefunding and credit line."`
	Reserved    Amount    `json:"reserved" doc:"On its way to or from the settlement agent."`
	Collateral  Amount    `json:"collateral"`
	Pledged     Amount    `json:"pledged" doc:"Set aside for others' credit lines."`
	Guaranteed  Amount    `json:"guaranteed" doc:"Set aside by others for its credit line."`
	Claims      Amount    `json:"claims" doc:"What defaulters owe it; below zero what it owes as one."`
	Fees        Amount    `json:"fees" doc:"Earned and not paid out."`
	Rail        string    `json:"rail" enum:"up,down,silent"`
	RailSince   time.Time `json:"rail_since,omitzero"`
	Price       string    `json:"price" doc:"Shadow price of its liquidity in the newest choice; 0 where it does not bind."`
}

func standingOf(s ledger.Standing) Standing {
	in := func(minor int64) Amount { return amountIn(minor, s.Currency) }
	out := Standing{
		Participant: s.Participant, Currency: s.Currency.String(), Suspended: s.Suspended, Position: in(s.PositionMinor), Prefunding: in(s.PrefundMinor),
		CreditLine: in(s.CreditLineMinor), Available: in(s.AvailableMinor), Used: percent(s.UsedBP), Reserved: in(s.ReservedMinor),
		Collateral: in(s.CollateralMinor), Pledged: in(s.PledgedMinor), Guaranteed: in(s.GuaranteedMinor), Claims: in(s.ClaimsMinor), Fees: in(s.FeesMinor),
		Rail: "up", Price: number(s.Price),
	}
	if s.Rail != "" {
		out.Rail, out.RailSince = string(s.Rail), s.RailSince
	}
	return out
}

// percent writes hundredths of a percent.
func percent(bp int64) string {
	return strconv.FormatInt(bp/100, 10) + "." + strconv.FormatInt(bp%100+100, 10)[1:]
}

// Line is a posting as its account sees it.
type Line struct {
	Posting  string    `json:"posting"`
	Account  string    `json:"account"`
	Kind     string    `json:"kind" doc:"The account's."`
	For      string    `json:"for" doc:"The posting's kind."`
	Transfer string    `json:"transfer,omitempty"`
	Amount   Amount    `json:"amount" doc:"A debit is below zero."`
	Balance  Amount    `json:"balance" doc:"After it."`
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
}

// Statement asks for the postings of a participant in a currency.
type Statement struct {
	Named
	Paging
	Currency   string `path:"currency" maxLength:"64" example:"KES"`
	FirstBatch int64  `query:"first_batch" minimum:"1" default:"1"`
	LastBatch  int64  `query:"last_batch" minimum:"1" doc:"The newest, where it is not named."`
}

// AccountsPath asks for what a participant has.
type AccountsPath struct {
	Named
	Paging
}

func (a *API) accounts() {
	const tag = "Accounts"
	list(a, route{
		id: "list-standings", path: "/v1/standings", tag: tag, need: everyone(), summary: "List what everybody has and owes",
		text: "By participant and currency, as of one moment. A participant sees its own.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Standing], err error) {
		scope, err := auth.Scope(ctx)
		if err != nil {
			return page, err
		}
		return a.standings(ctx, &in.Paging, scope)
	})
	list(a, route{
		id: "list-accounts", path: "/v1/participants/{name}/accounts", tag: tag, need: everyone(), summary: "List what a participant has and owes",
	}, func(ctx context.Context, in *AccountsPath) (page Page[Standing], err error) {
		if _, err := a.participant(ctx, in.Name); err != nil {
			return page, err
		}
		return a.standings(ctx, &in.Paging, in.Name)
	})
	list(a, route{
		id: "list-postings", path: "/v1/participants/{name}/accounts/{currency}/postings", tag: tag, need: everyone(),
		summary: "List a participant's postings in a currency, with the running balance", text: "Oldest first, over a span of batches. A page ends with a batch, so it may have more than its limit.",
	}, a.statement)
}

func (a *API) standings(ctx context.Context, p *Paging, participant string) (page Page[Standing], err error) {
	all, err := a.books.Standings(ctx, participant)
	if err != nil {
		return page, err
	}
	key := func(s Standing) string { return s.Participant + " " + s.Currency }
	return pageOf(p, "standings", sorted(each(all, standingOf), key), key)
}

// statement reads batch by batch: a page ends with a whole batch, so that its cursor is a batch and balances go on from it.
func (a *API) statement(ctx context.Context, in *Statement) (page Page[Line], err error) {
	p, err := a.participant(ctx, in.Name)
	if err != nil {
		return page, err
	}
	currency, err := fx.ParseCurrency(in.Currency)
	if err != nil {
		return page, wanted("path.currency", "no such currency")
	}
	after, err := marked("postings "+p.Name+" "+in.Currency, in.Cursor)
	if err != nil {
		return page, err
	}
	first := in.FirstBatch
	if after != "" {
		if first, err = strconv.ParseInt(after, 10, 64); err != nil {
			return page, problem("cursor", "")
		}
	}
	last, err := a.books.LastBatch(ctx)
	if err != nil {
		return page, err
	}
	if in.LastBatch != 0 {
		last = min(last, in.LastBatch)
	}
	return a.lines(ctx, p, currency, ledger.Span{First: first, Last: last}, in.Limit)
}

// errFull ends the reading of a statement whose page is full.
var errFull = errors.New("api: the page is full")

// lines reads the batches that moved the accounts until a page is full: first a few, because a busy day's has hundreds of
// lines, then more at a time. It ends with a whole batch, because what is read adds up from balance to balance.
func (a *API) lines(ctx context.Context, p settlement.Participant, currency fx.Currency, all ledger.Span, limit int) (page Page[Line], err error) {
	moved, err := a.books.MovedBatches(ctx, p.Name, currency, all, limit)
	if err != nil {
		return page, err
	}
	var read []ledger.StatementLine
	take := func(l ledger.StatementLine) error {
		if n := len(read); n >= limit && read[n-1].Batch != l.Batch {
			return errFull
		}
		read = append(read, l)
		return nil
	}
	next, more := all.Last+1, len(moved) == limit
	for width := 4; len(moved) > 0 && len(read) < limit; width *= 4 {
		n := min(width, len(moved))
		_, err := a.books.Statement(ctx, p.Name, currency, ledger.Span{First: moved[0], Last: moved[n-1]}, take)
		next, moved = moved[n-1]+1, moved[n:]
		if errors.Is(err, errFull) {
			next, more = read[len(read)-1].Batch+1, true
			break
		}
		if err != nil {
			return page, err
		}
	}
	if (more || len(moved) > 0) && next <= all.Last {
		page.Next = mark("postings "+p.Name+" "+currency.String(), number(next))
	}
	page.Items = linesOf(read, currency)
	return page, nil
}

func linesOf(lines []ledger.StatementLine, currency fx.Currency) []Line {
	return each(lines, func(l ledger.StatementLine) Line {
		out := Line{
			Posting: number(l.Posting), Account: number(l.Account), Kind: string(l.Of), For: string(l.Kind), Amount: amountIn(l.AmountMinor, currency),
			Balance: amountIn(l.BalanceMinor, currency), At: l.At, Batch: number(l.Batch),
		}
		if l.Transfer != 0 {
			out.Transfer = l.Transfer.String()
		}
		return out
	})
}
