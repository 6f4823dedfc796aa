package console

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Books is what pages read. *store.Ledger is one.
type Books interface {
	rail.Books
	FindTransfers(ctx context.Context, f ledger.TransferFilter) (ledger.TransferPage, error)
	EachTransfer(ctx context.Context, f ledger.TransferFilter, each func(ledger.FoundTransfer) error) error
	RefusedIntents(ctx context.Context, scope, id string) ([]ledger.RefusedIntent, error)
	Transfer(ctx context.Context, id settlement.TransferID) (*ledger.TransferStory, error)
	Pulse(ctx context.Context, after int64) (*ledger.Pulse, error)
	QueuedValues(ctx context.Context) ([]ledger.QueuedValue, error)
	Minutes(ctx context.Context, from, until time.Time) ([]ledger.Minute, error)
	LogStatus(ctx context.Context) (ledger.LogStatus, error)
	Exceptions(ctx context.Context, participant string, open bool, limit int) ([]ledger.Exception, error)
	Holds(ctx context.Context, limit int) ([]ledger.OpenHold, error)
	Differences(ctx context.Context, participant string, open bool, limit int) ([]ledger.Difference, error)
	ListBatches(ctx context.Context, before int64, limit int) ([]ledger.ListedBatch, error)
	BatchStory(ctx context.Context, id int64) (*ledger.BatchStory, error)
	WindowStories(ctx context.Context, before settlement.WindowID, limit int) ([]ledger.ListedWindow, error)
	WindowStory(ctx context.Context, id settlement.WindowID) (*ledger.WindowStory, error)
	Rates(ctx context.Context) (ledger.RatesInForce, error)
	Quotes(ctx context.Context, at time.Time, limit int) ([]ledger.StandingQuote, error)
	PoolExposures(ctx context.Context) ([]ledger.PoolExposure, error)
	PoolUses(ctx context.Context, limit int) ([]ledger.PoolUse, error)
	FindRequests(ctx context.Context, f ledger.RequestFilter) (ledger.RequestPage, error)
	Request(ctx context.Context, id int64) (ledger.Request, error)
	KeyChanges(ctx context.Context, participant string, limit int) ([]ledger.KeyChange, error)
	AccountPage(ctx context.Context, f ledger.AccountFilter) (ledger.AccountPage, error)
	Standings(ctx context.Context, participant string) ([]ledger.Standing, error)
}
