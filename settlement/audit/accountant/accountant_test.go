package accountant_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

var (
	kes  = fx.MustCurrency("KES")
	dawn = time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
)

func command(t *testing.T, id int64, kind settlement.CommandKind, body any) settlement.Command {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	return settlement.Command{ID: id, Kind: kind, Body: text}
}

// opening admits two participants, "one" with the given prefunding.
func opening(t *testing.T, prefundMinor int64) (accountant.Inputs, *ledger.Batch) {
	t.Helper()
	in := accountant.Inputs{}
	b := &ledger.Batch{ID: 1, Window: 1, DecidedAt: dawn, WindowEvents: []ledger.WindowEvent{{Window: 1, Group: settlement.DefaultGroup, State: settlement.WindowOpen}}}
	for i, name := range []string{"one", "two"} {
		add := settlement.AddParticipant{Name: name, Country: "KE", Currency: kes, Role: settlement.RolePool}
		in.Commands = append(in.Commands, command(t, int64(i+1), settlement.CommandAddParticipant, add))
		id := int32(i) + 1
		b.Participants = append(b.Participants, settlement.Participant{ID: id, Name: name, Country: "KE", Currency: kes, Role: settlement.RolePool})
		b.Accounts = append(b.Accounts, ledger.Account{ID: int64(2*i + 1), Participant: id, Kind: ledger.Settlement, Currency: kes},
			ledger.Account{ID: int64(2*i + 2), Participant: id, Kind: ledger.Position, Currency: kes})
	}
	b.Accounts = append(b.Accounts, ledger.Account{ID: 5, Kind: ledger.Agent, Currency: kes})
	in.Commands = append(in.Commands, command(t, 3, settlement.CommandFund, settlement.Fund{Participant: "one", Currency: kes, AmountMinor: prefundMinor}))
	b.Postings = []ledger.Posting{{ID: 1, Kind: ledger.PostFund, Debit: 5, Credit: 1, AmountMinor: prefundMinor, Currency: kes}}
	b.Balances = []ledger.Balance{{Account: 1, Credits: prefundMinor}, {Account: 2}, {Account: 5, Debits: prefundMinor}}
	b.Liquidity = []ledger.Liquidity{{Account: 2, PrefundMinor: prefundMinor}}
	for _, c := range in.Commands {
		b.CommandResults = append(b.CommandResults, ledger.CommandResult{Command: c.ID})
	}
	return in, b
}

// paying has "one" pay "two" 100.00, and says of its liquidity what it takes for that.
func paying() (accountant.Inputs, *ledger.Batch) {
	const minor = 100_00
	amount := messaging.Amount{Amount: "100.00", Currency: "KES"}
	intent := messaging.Intent{ID: "i", CreditorParticipant: "two", Source: amount, Destination: amount, Deadline: dawn.Add(time.Hour)}
	in := accountant.Inputs{Intents: []accountant.Intent{{Participant: 1, Sequence: 1, Hash: [32]byte{7}, Intent: intent}}}
	money := fx.Money{Minor: minor, Currency: kes}
	return in, &ledger.Batch{
		ID: 2, LogIndex: 1, Window: 1, DecidedAt: dawn, Accepted: 1, Cleared: 1,
		Intents: []ledger.Intent{{Participant: 1, Sequence: 1, ID: "i", Hash: [32]byte{7}, Transfer: 9}},
		Transfers: []*settlement.Transfer{{
			ID: 9, Debtor: 1, Creditor: 2, Intent: "i", Envelope: settlement.EnvelopePlace{Sequence: 1}, Source: money, Destination: money,
			ResidualCurrency: kes, Deadline: intent.Deadline,
		}},
		Events:    []ledger.Event{{Transfer: 9, State: messaging.StateCleared}},
		Postings:  []ledger.Posting{{ID: 2, Transfer: 9, Kind: ledger.PostClear, Debit: 2, Credit: 4, AmountMinor: minor, Currency: kes}},
		Balances:  []ledger.Balance{{Account: 2, Debits: minor, GrossOut: minor}, {Account: 4, Credits: minor, GrossIn: minor}},
		Liquidity: []ledger.Liquidity{{Account: 2, PrefundMinor: minor, PositionMinor: -minor}, {Account: 4, PositionMinor: minor}},
	}
}

// A switch that lets somebody pass its cap and keeps its books in order is found by what was granted, not by what it
// says of liquidity.
func TestPassedCapIsFoundByWhatWasGranted(t *testing.T) {
	for prefund, holds := range map[int64]bool{100_00: true, 99_99: false} {
		a := accountant.New()
		require.NoError(t, a.Batch(opening(t, prefund)))
		err := a.Batch(paying())
		if holds {
			require.NoError(t, err)
			continue
		}
		found, ok := errors.AsType[*accountant.Finding](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, &accountant.Finding{
			Batch: 2, LogIndex: 1, Invariant: accountant.Liquidity, Account: 2, Expected: "at least -9999", Got: "-10000",
		}, found)
		require.EqualError(t, err, "accountant: batch 2, log index 1: liquidity: account 2: want at least -9999, got -10000")
		require.Same(t, found, a.Batch(paying()), "it has had its say")
	}
}

// What is handed in is hostile: no batch makes it panic.
func TestOddBatchesAreFindings(t *testing.T) {
	for name, spoil := range map[string]func(*accountant.Inputs, *ledger.Batch){
		"no transfer":       func(_ *accountant.Inputs, b *ledger.Batch) { b.Transfers[0] = nil },
		"nobody's transfer": func(_ *accountant.Inputs, b *ledger.Batch) { b.Transfers[0].Debtor = 77 },
		"no account":        func(_ *accountant.Inputs, b *ledger.Batch) { b.Postings[0].Credit = 1 << 60 },
		"account 0":         func(_ *accountant.Inputs, b *ledger.Batch) { b.Postings[0].Debit = 0 },
		"nobody's account": func(_ *accountant.Inputs, b *ledger.Batch) {
			b.Accounts = []ledger.Account{{ID: 6, Participant: -3, Kind: ledger.Position, Currency: kes}}
		},
		"scheme's position": func(_ *accountant.Inputs, b *ledger.Batch) {
			b.Accounts = []ledger.Account{{ID: 6, Kind: ledger.Position, Currency: kes}}
		},
		"nobody's step":       func(_ *accountant.Inputs, b *ledger.Batch) { b.Events[0].Transfer = 4 },
		"nobody's return":     func(_ *accountant.Inputs, b *ledger.Batch) { b.Transfers[0].ReturnOf = 5 },
		"nobody's word":       func(_ *accountant.Inputs, b *ledger.Batch) { b.Outcomes = []ledger.Outcome{{Transfer: 9}} },
		"nothing said of one": func(in *accountant.Inputs, _ *ledger.Batch) { in.Outcomes = []accountant.Outcome{{Participant: 1}} },
		"no body": func(in *accountant.Inputs, b *ledger.Batch) {
			in.Commands = []settlement.Command{{ID: 4, Kind: settlement.CommandFund, Body: []byte("{")}}
			b.CommandResults = []ledger.CommandResult{{Command: 4}}
		},
		"no result":       func(in *accountant.Inputs, _ *ledger.Batch) { in.Commands = []settlement.Command{{ID: 4}} },
		"negative amount": func(in *accountant.Inputs, _ *ledger.Batch) { in.Intents[0].Intent.Source.Amount = "-100.00" },
		"overflow":        func(_ *accountant.Inputs, b *ledger.Batch) { b.Postings[0].AmountMinor = 1<<63 - 1 },
		"window":          func(_ *accountant.Inputs, b *ledger.Batch) { b.WindowEvents = []ledger.WindowEvent{{Window: 3}} },
		"screened": func(_ *accountant.Inputs, b *ledger.Batch) {
			b.Screened = []ledger.ScreenVerdict{{Hit: ledger.Hit{Participant: 1, Sequence: 1}, Screened: ledger.Screened{Decision: "hold"}}}
		},
		"denied": func(_ *accountant.Inputs, b *ledger.Batch) {
			b.Screened = []ledger.ScreenVerdict{{Hit: ledger.Hit{Participant: 1, Sequence: 1}, Screened: ledger.Screened{Decision: "deny"}}}
		},
		"late": func(in *accountant.Inputs, b *ledger.Batch) {
			in.Intents[0].Intent.Deadline, b.Transfers[0].Deadline = dawn, dawn
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := accountant.New()
			require.NoError(t, a.Batch(opening(t, 100_00)))
			in, b := paying()
			spoil(&in, b)
			found, ok := errors.AsType[*accountant.Finding](a.Batch(in, b))
			require.True(t, ok)
			require.EqualValues(t, 2, found.Batch)
			require.NotEmpty(t, found.Error())
		})
	}
}
