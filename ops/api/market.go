package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// RateSheet is the newest sheet of reference rates. They value and compare; a quote promises.
type RateSheet struct {
	Serial  string    `json:"serial"`
	Base    string    `json:"base"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	TakenAt time.Time `json:"taken_at"`
	Signers int       `json:"signers" doc:"Of the rate committee."`
	Needed  int       `json:"needed"`
	Rates   []Rate    `json:"rates" nullable:"false"`
}

// Rate is what a major unit of the base is worth.
type Rate struct {
	Currency string `json:"currency"`
	PerBase  string `json:"per_base" doc:"Major units, exactly: a decimal or a fraction."`
	Source   string `json:"source"`
	On       string `json:"on" format:"date"`
}

// Quote is a provider's promise.
type Quote struct {
	ID       string    `json:"id"`
	Provider string    `json:"provider"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Rate     string    `json:"rate" doc:"Major units of to per major unit of from."`
	Mid      string    `json:"mid,omitempty" doc:"The reference rate that it was made against."`
	Fee      Amount    `json:"fee" doc:"On each transfer."`
	Expires  time.Time `json:"expires"`
}

// Exposure is what the FX pool holds in one currency.
type Exposure struct {
	Currency   string `json:"currency"`
	Position   Amount `json:"position" doc:"What it holds, or owes below zero."`
	Prefunding Amount `json:"prefunding" doc:"Of the provider behind it."`
	CreditLine Amount `json:"credit_line"`
	In         Amount `json:"in" doc:"What cross-currency transfers brought in the open window."`
	Out        Amount `json:"out" doc:"What they took."`
}

// PoolUse is what passed the FX pool in a closed window in one currency.
type PoolUse struct {
	Window   string `json:"window"`
	Group    string `json:"group"`
	Currency string `json:"currency"`
	In       Amount `json:"in"`
	Out      Amount `json:"out"`
	Matched  Amount `json:"matched" doc:"Met within the pool."`
	Left     Amount `json:"left" doc:"For the provider to cover; below zero the pool owed it."`
}

func (a *API) market() {
	const tag = "FX"
	everybody := everyone()
	everybody.Own = false // rates and quotes are everybody's
	configuration(a, route{
		id: "get-rates", path: "/v1/rates", tag: tag, need: everybody, summary: "The scheme's reference rates",
	}, func(ctx context.Context, _ *struct{ Seen }) (RateSheet, error) {
		r, err := a.books.Rates(ctx)
		if err != nil {
			return RateSheet{}, err
		}
		if r.Sheet.Serial == 0 {
			return RateSheet{}, problem("not_found", "No rates were published yet.")
		}
		return sheetOf(r), nil
	})
	list(a, route{
		id: "list-quotes", path: "/v1/quotes", tag: tag, need: everybody, summary: "List providers' quotes that have not expired",
		text: "By id, the newest 500.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Quote], err error) {
		found, err := a.books.Quotes(ctx, time.Now(), ledger.MaxPage)
		if err != nil {
			return page, err
		}
		key := func(q Quote) string { return q.Provider + " " + q.ID }
		return pageOf(&in.Paging, "quotes", sorted(each(found, quoteOf), key), key)
	})
	list(a, route{
		id: "list-exposures", path: "/v1/fx/exposures", tag: tag, need: staff(), summary: "What the FX pool holds in each currency now",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Exposure], err error) {
		found, err := a.books.PoolExposures(ctx)
		if err != nil {
			return page, err
		}
		key := func(e Exposure) string { return e.Currency }
		return pageOf(&in.Paging, "pool", sorted(each(found, exposureOf), key), key)
	})
	list(a, route{
		id: "list-pool-uses", path: "/v1/fx/windows", tag: tag, need: staff(), summary: "What met within the FX pool, and what was left to providers",
		text: "The newest 500, by window and currency.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[PoolUse], err error) {
		found, err := a.books.PoolUses(ctx, ledger.MaxPage)
		if err != nil {
			return page, err
		}
		key := func(u PoolUse) string { return ordered(u.Window) + " " + u.Currency }
		return pageOf(&in.Paging, "pool uses", sorted(each(found, useOf), key), key)
	})
}

func sheetOf(r ledger.RatesInForce) RateSheet {
	out := RateSheet{
		Serial: number(r.Sheet.Serial), Base: r.Sheet.Table.Base().String(), From: r.Sheet.From, Until: r.Sheet.Until, TakenAt: r.TakenAt,
		Signers: r.Signers, Needed: r.Needed, Rates: []Rate{},
	}
	for _, ref := range r.Sheet.Table.References() {
		out.Rates = append(out.Rates, Rate{Currency: ref.Currency.String(), PerBase: ref.PerBase.String(), Source: ref.Source, On: string(ref.On)})
	}
	return out
}

func quoteOf(q ledger.StandingQuote) Quote {
	out := Quote{
		ID: q.ID, Provider: q.Provider, From: q.From.String(), To: q.To.String(), Rate: q.Rate.String(), Fee: amountIn(q.FeeMinor, q.From), Expires: q.Expires.UTC(),
	}
	if !q.Mid.IsZero() {
		out.Mid = q.Mid.String()
	}
	return out
}

func exposureOf(e ledger.PoolExposure) Exposure {
	in := func(minor int64) Amount { return amountIn(minor, e.Currency) }
	return Exposure{
		Currency: e.Currency.String(), Position: in(e.PositionMinor), Prefunding: in(e.PrefundMinor), CreditLine: in(e.CreditLineMinor),
		In: in(e.InMinor), Out: in(e.OutMinor),
	}
}

func useOf(u ledger.PoolUse) PoolUse {
	in := func(minor int64) Amount { return amountIn(minor, u.Currency) }
	return PoolUse{
		Window: number(int64(u.Window.ID)), Group: u.Window.Group, Currency: u.Currency.String(), In: in(u.InMinor), Out: in(u.OutMinor),
		Matched: in(u.MatchedMinor), Left: in(u.LeftMinor),
	}
}
