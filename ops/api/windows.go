package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Window is a settlement window.
type Window struct {
	ID         string      `json:"id" example:"3"`
	Group      string      `json:"group" doc:"Of currencies that settle together."`
	State      string      `json:"state" enum:"open,closed,settling,failed,settled"`
	Since      time.Time   `json:"since"`
	OpenedAt   time.Time   `json:"opened_at"`
	ClosedAt   time.Time   `json:"closed_at,omitzero"`
	FirstBatch string      `json:"first_batch" doc:"Of those whose flows it nets."`
	LastBatch  string      `json:"last_batch" doc:"The newest while it is open."`
	Currencies []WindowSum `json:"currencies" nullable:"false" doc:"Of closed windows."`
}

// WindowSum is what a closed window left in one currency.
type WindowSum struct {
	Gross Amount `json:"gross" doc:"What all owed, each obligation by itself."`
	Net   Amount `json:"net" doc:"What those who owed after netting have to bring."`
}

func windowOf(w ledger.ListedWindow) Window {
	return Window{
		ID: number(int64(w.ID)), Group: w.Group, State: string(w.State), Since: w.Since, OpenedAt: w.OpenedAt, ClosedAt: w.ClosedAt,
		FirstBatch: number(w.Batches.First), LastBatch: number(w.Batches.Last),
		Currencies: each(w.Currencies, func(s ledger.WindowSum) WindowSum {
			return WindowSum{Gross: amountIn(s.GrossMinor, s.Currency), Net: amountIn(s.NetMinor, s.Currency)}
		}),
	}
}

// WindowStory is a window with what settling it takes and took.
type WindowStory struct {
	Window
	Steps        []WindowStep     `json:"steps" nullable:"false"`
	Positions    []WindowPosition `json:"positions" nullable:"false" doc:"Of an open window as of now."`
	Instructions []Instruction    `json:"instructions" nullable:"false"`
	Defaults     []WindowDefault  `json:"defaults" nullable:"false" doc:"The steps of the default procedure."`
	Trades       []WindowTrade    `json:"trades" nullable:"false" doc:"What the FX pool needed from outside."`
}

// WindowStep is a state that a window came into.
type WindowStep struct {
	State    string    `json:"state"`
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
	LogIndex string    `json:"log_index"`
}

// WindowPosition is what a window left on an account.
type WindowPosition struct {
	Account Account `json:"account"`
	In      Amount  `json:"in"`
	Out     Amount  `json:"out"`
	Net     Amount  `json:"net" doc:"What it earned, or owes below zero."`
}

// WindowDefault is one payment of a defaulter's debt.
type WindowDefault struct {
	Kind   string  `json:"kind"`
	Owed   Account `json:"owed"`
	Payer  Account `json:"payer"`
	Amount Amount  `json:"amount"`
	Batch  string  `json:"batch"`
}

// WindowTrade is one exchange that the FX pool needed from outside.
type WindowTrade struct {
	Sell  Amount       `json:"sell"`
	Buy   Amount       `json:"buy"`
	Fills []WindowFill `json:"fills" nullable:"false"`
}

// WindowFill is the part of a trade that a provider's quote covers.
type WindowFill struct {
	Provider string `json:"provider"`
	Quote    string `json:"quote"`
	Sell     Amount `json:"sell"`
	Buy      Amount `json:"buy"`
}

// Instruction is what the settlement agent is told, and what became of it.
type Instruction struct {
	ID          string    `json:"id"`
	Window      string    `json:"window,omitempty" doc:"None of a withdrawal."`
	Kind        string    `json:"kind" enum:"pay_in,pay_out,withdrawal"`
	Participant string    `json:"participant"`
	Amount      Amount    `json:"amount"`
	ValueDate   string    `json:"value_date" format:"date"`
	GivenAt     time.Time `json:"given_at"`
	Waits       bool      `json:"waits" doc:"For witnesses: the agent was not told."`
	Result      string    `json:"result,omitempty" doc:"confirmed, refused, lapsed; none while it is open."`
	Evidence    string    `json:"evidence,omitempty"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
}

func instructionOf(i ledger.ListedInstruction) Instruction {
	out := Instruction{
		ID: number(int64(i.ID)), Kind: string(i.Kind), Participant: i.Participant, Amount: amountOf(i.Amount), ValueDate: string(i.ValueDate),
		GivenAt: i.GivenAt, Waits: i.Waits, Result: string(i.Result), Evidence: i.Evidence, EndedAt: i.EndedAt,
	}
	if i.Window != 0 {
		out.Window = number(int64(i.Window))
	}
	return out
}

func (a *API) windows() {
	const tag = "Batches and windows"
	list(a, route{
		id: "list-windows", path: "/v1/windows", tag: tag, need: staff(), summary: "List settlement windows", text: "Newest first.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Window], err error) {
		before, err := ledger.ListWindows.Below(in.Cursor)
		if err != nil {
			return page, err
		}
		found, err := a.books.WindowStories(ctx, settlement.WindowID(before), in.Limit)
		page.Items = each(found, windowOf)
		if n := len(found); n > 0 && n == ledger.PageSize(in.Limit) {
			page.Next = ledger.ListWindows.Cursor(int64(found[n-1].ID))
		}
		return page, err
	})
	read(a, route{
		id: "get-window", path: "/v1/windows/{id}", tag: tag, need: staff(), summary: "What settling a window takes and took",
	}, func(ctx context.Context, in *NumberPath) (WindowStory, error) {
		story, err := a.books.WindowStory(ctx, settlement.WindowID(in.ID))
		if err != nil {
			return WindowStory{}, err
		}
		return windowStoryOf(story), nil
	})
	list(a, route{
		id: "list-instructions", path: "/v1/settlements", tag: tag, need: everyone(), summary: "List what the settlement agent has still to do",
		text: "By id, at most 500. A participant sees its own.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Instruction], err error) {
		scope, err := auth.Scope(ctx)
		if err != nil {
			return page, err
		}
		open, err := a.books.OpenInstructions(ctx, scope, ledger.MaxPage)
		if err != nil {
			return page, err
		}
		return pageOf(&in.Paging, "settlements", each(open, instructionOf), func(i Instruction) string { return ordered(i.ID) })
	})
}

func windowStoryOf(s *ledger.WindowStory) WindowStory {
	return WindowStory{
		Window: windowOf(s.ListedWindow),
		Steps: each(s.States, func(w ledger.WindowStep) WindowStep {
			return WindowStep{State: string(w.State), At: w.At, Batch: number(w.Batch), LogIndex: number(w.LogIndex)}
		}),
		Positions: each(s.Nets, func(p ledger.WindowPosition) WindowPosition {
			return WindowPosition{
				Account: accountOf(p.Side), In: amountIn(p.InMinor, p.Currency), Out: amountIn(p.OutMinor, p.Currency), Net: amountIn(p.NetMinor, p.Currency),
			}
		}),
		Instructions: each(s.Instructions, instructionOf),
		Defaults: each(s.Defaults, func(d ledger.WindowDefault) WindowDefault {
			return WindowDefault{Kind: string(d.Kind), Owed: accountOf(d.Owed), Payer: accountOf(d.Payer), Amount: amountOf(d.Amount), Batch: number(d.Batch)}
		}),
		Trades: each(s.Trades, func(t ledger.WindowTrade) WindowTrade {
			return WindowTrade{Sell: amountOf(t.Sell), Buy: amountOf(t.Buy), Fills: each(t.Fills, func(f ledger.WindowFill) WindowFill {
				return WindowFill{Provider: f.Provider, Quote: f.Quote, Sell: amountOf(f.Sell), Buy: amountOf(f.Buy)}
			})}
		}),
	}
}
