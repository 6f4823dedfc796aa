package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Batch is a clearing batch.
type Batch struct {
	ID        string    `json:"id" example:"42"`
	Window    string    `json:"window" doc:"Of the default group."`
	DecidedAt time.Time `json:"decided_at"`
	WrittenAt time.Time `json:"written_at"`
	Accepted  int64     `json:"accepted" doc:"Intents that entered the queue."`
	Cleared   int64     `json:"cleared"`
	Queued    int64     `json:"queued" doc:"That wait after it."`
	LogIndex  string    `json:"log_index"`
	Tier      string    `json:"tier,omitempty" doc:"What found its choice; none where there was nothing to choose."`
	Reached   string    `json:"reached" doc:"Weighted value of its choice, in millionths of the numeraire times 2^coarser."`
	Bound     string    `json:"bound" doc:"That no choice passes, in the same unit."`
	FIFO      string    `json:"fifo" doc:"What first-in-first-out would have reached."`
	Numeraire string    `json:"numeraire,omitempty"`
	Coarser   int       `json:"coarser"`
}

func batchOf(b ledger.ListedBatch) Batch {
	return Batch{
		ID: number(b.ID), Window: number(int64(b.Window)), DecidedAt: b.DecidedAt, WrittenAt: b.WrittenAt, Accepted: b.Accepted, Cleared: b.Cleared,
		Queued: b.Queued, LogIndex: number(b.LogIndex), Tier: string(b.Clearing.Tier), Reached: number(b.Clearing.Reached),
		Bound: number(b.Clearing.Bound), FIFO: number(b.Clearing.FIFO), Numeraire: b.Clearing.Numeraire.String(), Coarser: b.Clearing.Coarser,
	}
}

// BatchStory is a batch with what it moved. Its transfers are listed by /v1/transfers?batch=.
type BatchStory struct {
	Batch
	LogSize  string         `json:"log_size"`
	Moved    []AccountMove  `json:"moved" nullable:"false"`
	Prices   []AccountPrice `json:"prices" nullable:"false" doc:"Shadow prices of liquidity that bound its choice, the highest first."`
	Lacking  []AccountLack  `json:"lacking" nullable:"false" doc:"What transfers that wait lack, the most first."`
	Commands []BatchCommand `json:"commands" nullable:"false"`
}

// AccountMove is what a batch moved on an account.
type AccountMove struct {
	Account Account `json:"account"`
	Debit   Amount  `json:"debit"`
	Credit  Amount  `json:"credit"`
	Balance Amount  `json:"balance" doc:"After it."`
}

// AccountPrice is what one more unit of an account's liquidity would have released.
type AccountPrice struct {
	Account  Account `json:"account"`
	Currency string  `json:"currency"`
	Price    string  `json:"price"`
}

// AccountLack is what transfers that wait lack of an account's liquidity.
type AccountLack struct {
	Account   Account `json:"account"`
	Short     Amount  `json:"short"`
	Transfers int64   `json:"transfers"`
}

// BatchCommand is a command that a batch carried out, or refused.
type BatchCommand struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Fault   string `json:"fault,omitempty"`
	Maker   string `json:"maker,omitempty"`
	Checker string `json:"checker,omitempty"`
}

// NumberPath is whose path names something that is numbered.
type NumberPath struct {
	ID int64 `path:"id" minimum:"1" example:"42"`
}

func (a *API) batches() {
	const tag = "Batches and windows"
	list(a, route{
		id: "list-batches", path: "/v1/batches", tag: tag, need: staff(), summary: "List clearing batches", text: "Newest first.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Batch], err error) {
		before, err := ledger.ListBatches.Below(in.Cursor)
		if err != nil {
			return page, err
		}
		found, err := a.books.ListBatches(ctx, before, in.Limit)
		page.Items = each(found, batchOf)
		if n := len(found); n > 0 && n == ledger.PageSize(in.Limit) {
			page.Next = ledger.ListBatches.Cursor(found[n-1].ID)
		}
		return page, err
	})
	read(a, route{
		id: "get-batch", path: "/v1/batches/{id}", tag: tag, need: staff(), summary: "What a batch moved, and what bound it",
	}, func(ctx context.Context, in *NumberPath) (BatchStory, error) {
		story, err := a.books.BatchStory(ctx, in.ID)
		if err != nil {
			return BatchStory{}, err
		}
		return batchStoryOf(story), nil
	})
}

func batchStoryOf(s *ledger.BatchStory) BatchStory {
	return BatchStory{
		Batch: batchOf(s.ListedBatch), LogSize: number(s.LogSize),
		Moved: each(s.Moved, func(m ledger.AccountMove) AccountMove {
			return AccountMove{
				Account: accountOf(m.Side), Debit: amountIn(m.DebitMinor, m.Currency), Credit: amountIn(m.CreditMinor, m.Currency),
				Balance: amountIn(m.BalanceMinor, m.Currency),
			}
		}),
		Prices: each(s.Prices, func(p ledger.AccountPrice) AccountPrice {
			return AccountPrice{Account: accountOf(p.Side), Currency: p.Currency.String(), Price: number(p.Price)}
		}),
		Lacking: each(s.Lacking, func(l ledger.AccountLack) AccountLack {
			return AccountLack{Account: accountOf(l.Side), Short: amountOf(l.Short), Transfers: l.Transfers}
		}),
		Commands: each(s.Commands, func(c ledger.BatchCommand) BatchCommand {
			return BatchCommand{ID: number(c.ID), Kind: string(c.Kind), Fault: c.Fault, Maker: c.Maker, Checker: c.Checker}
		}),
	}
}
