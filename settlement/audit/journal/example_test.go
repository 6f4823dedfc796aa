package journal_test

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

var morning = time.Date(2026, 4, 13, 6, 0, 0, 123_456_000, time.UTC)

// Accounts of the example, by their ids.
const (
	agentKES int64 = iota + 1
	poolKES
	poolUGX
	feesKES
	keSettlement
	kePosition
	ugPosition
	oddPosition
	oddHours
	umojaHours
)

// exampleDay is what the golden files tell of: money comes in, a transfer crosses currencies with a fee, hours are worked,
// and the next morning the window closes and settles.
func exampleDay() []*ledger.Batch {
	kes, ugx, hours := units[0], units[1], units[3]
	account := func(id int64, participant int32, kind ledger.AccountKind, c fx.Currency) ledger.Account {
		return ledger.Account{ID: id, Participant: participant, Kind: kind, Currency: c}
	}
	post := func(id, transfer int64, kind ledger.PostingKind, debit, credit, minor int64, c fx.Currency) ledger.Posting {
		return ledger.Posting{
			ID: id, Transfer: settlement.TransferID(transfer), Kind: kind, Debit: debit, Credit: credit, AmountMinor: minor, Currency: c,
		}
	}
	first := &ledger.Batch{
		ID: 1, LogIndex: 0, Window: 1, DecidedAt: morning,
		Participants: []settlement.Participant{{ID: 1, Name: "mpesa-ke"}, {ID: 2, Name: "momo-ug"}, {ID: 3, Name: "=umoja; hours"}},
		Accounts: []ledger.Account{
			account(agentKES, 0, ledger.Agent, kes), account(poolKES, 0, ledger.FX, kes), account(poolUGX, 0, ledger.FX, ugx),
			account(feesKES, 0, ledger.Fee, kes), account(keSettlement, 1, ledger.Settlement, kes), account(kePosition, 1, ledger.Position, kes),
			account(ugPosition, 2, ledger.Position, ugx), account(oddPosition, 3, ledger.Position, kes),
			account(oddHours, 3, ledger.Position, hours), account(umojaHours, 0, ledger.FX, hours),
		},
		WindowEvents: []ledger.WindowEvent{{Window: 1, State: settlement.WindowOpen, Group: settlement.DefaultGroup, Moment: morning.Add(22 * time.Hour)}},
		Postings:     []ledger.Posting{post(101, 0, ledger.PostFund, agentKES, keSettlement, 5_000_00, kes)},
		Balances:     []ledger.Balance{{Account: agentKES, Debits: 5_000_00}, {Account: keSettlement, Credits: 5_000_00}},
		Liquidity:    []ledger.Liquidity{{Account: kePosition, PrefundMinor: 5_000_00}},
	}
	second := &ledger.Batch{
		ID: 2, LogIndex: 3, Window: 1, DecidedAt: morning.Add(time.Minute),
		Postings: []ledger.Posting{
			post(201, 1<<40, ledger.PostClear, kePosition, poolKES, 100_00, kes), post(202, 1<<40, ledger.PostClear, poolUGX, ugPosition, 2_850, ugx),
			post(203, 1<<40, ledger.PostFee, kePosition, feesKES, 50, kes), post(204, 1<<40+1, ledger.PostClear, oddHours, umojaHours, 1_25, hours),
		},
		Balances: []ledger.Balance{
			{Account: poolKES, Credits: 100_00, GrossIn: 100_00}, {Account: poolUGX, Debits: 2_850, GrossOut: 2_850}, {Account: feesKES, Credits: 50, GrossIn: 50},
			{Account: kePosition, Debits: 100_50, GrossOut: 100_50}, {Account: ugPosition, Credits: 2_850, GrossIn: 2_850},
			{Account: oddHours, Debits: 1_25, GrossOut: 1_25}, {Account: umojaHours, Credits: 1_25, GrossIn: 1_25},
		},
		Liquidity: []ledger.Liquidity{
			{Account: poolKES, PositionMinor: 100_00}, {Account: poolUGX, CreditLineMinor: 10_000, PositionMinor: -2_850},
			{Account: kePosition, PrefundMinor: 5_000_00, PositionMinor: -100_50}, {Account: ugPosition, PositionMinor: 2_850},
			{Account: oddHours, CreditLineMinor: 10_00, PositionMinor: -1_25}, {Account: umojaHours, PositionMinor: 1_25},
		},
		CreditLines: []ledger.CreditLine{{Account: oddHours, AmountMinor: 10_00, TargetMinor: 10_00}},
	}
	third := &ledger.Batch{
		ID: 3, LogIndex: 4, Window: 2, DecidedAt: morning.Add(22 * time.Hour),
		WindowEvents: []ledger.WindowEvent{
			{Window: 1, State: settlement.WindowClosed, Group: settlement.DefaultGroup, LogIndex: 4, Moment: morning.Add(23 * time.Hour)},
			{Window: 2, State: settlement.WindowOpen, Group: settlement.DefaultGroup, LogIndex: 4},
			{Window: 1, State: settlement.WindowSettling, Group: settlement.DefaultGroup, LogIndex: 4},
		},
		WindowNets: []ledger.WindowNet{
			{Window: 1, Account: poolKES, GrossIn: 100_00}, {Window: 1, Account: poolUGX, GrossOut: 2_850}, {Window: 1, Account: kePosition, GrossOut: 100_50},
			{Window: 1, Account: ugPosition, GrossIn: 2_850}, {Window: 1, Account: oddHours, GrossOut: 1_25}, {Window: 1, Account: umojaHours, GrossIn: 1_25},
		},
		Postings: []ledger.Posting{post(301, 0, ledger.PostSettle, keSettlement, kePosition, 100_50, kes)},
		Balances: []ledger.Balance{
			{Account: keSettlement, Debits: 100_50, Credits: 5_000_00}, {Account: kePosition, Debits: 100_50, Credits: 100_50},
		},
		Liquidity: []ledger.Liquidity{{Account: kePosition, PrefundMinor: 4_899_50}},
	}
	return []*ledger.Batch{first, second, third}
}
