package decide

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// command changes the last command of a kind that was carried out.
func command[T any](name string, kind settlement.CommandKind, spoil func(*change, *T) bool, s says) mutation {
	return mutation{name, func(c *change) (says, bool) {
		for i, command := range slices.Backward(c.in.Commands) { // of two on one thing the later holds
			if command.Kind != kind || c.b.CommandResults[i].Fault != "" {
				continue
			}
			var body T
			if json.Unmarshal(c.in.Commands[i].Body, &body) != nil || !spoil(c, &body) {
				continue
			}
			text, err := json.Marshal(body)
			if err != nil {
				continue
			}
			c.in.Commands[i].Body = text
			return s, true
		}
		return says{}, false
	}}
}

var ofCommands = []mutation{
	command("command: another amount came in", settlement.CommandFund, func(_ *change, f *settlement.Fund) bool { f.AmountMinor++; return true }, invariants(accountant.Commands)),
	command("command: to another account", settlement.CommandFund, func(_ *change, f *settlement.Fund) bool {
		if f.Account == settlement.StandingCollateral {
			f.Account = ""
		} else {
			f.Account = settlement.StandingCollateral
		}
		return true
	}, invariants(accountant.Commands)),
	command("command: less credit was granted", settlement.CommandCreditLine, func(in *change, c *settlement.CreditLine) bool {
		before := c.AmountMinor
		c.AmountMinor = c.AmountMinor/3 - 1
		return slices.ContainsFunc(in.b.CreditLines, func(l ledger.CreditLine) bool { return l.TargetMinor == before }) // no default took it away
	},
		invariants(accountant.Liquidity)),
	command("command: less was withdrawn", settlement.CommandWithdraw, func(_ *change, c *settlement.Withdraw) bool { c.AmountMinor++; return true },
		invariants(accountant.Liquidity, accountant.Commands)),
	command("command: another guarantee", settlement.CommandGuarantee, func(_ *change, c *settlement.Guarantee) bool { c.AmountMinor++; return true },
		invariants(accountant.Liquidity, accountant.Commands)),
	command("command: another result", settlement.CommandInstructionResult, func(_ *change, c *settlement.InstructionResult) bool { c.AmountMinor++; return true },
		invariants(accountant.Commands)),
	command("command: another debt", settlement.CommandRecover, func(_ *change, c *settlement.Recover) bool { c.AmountMinor--; return true }, invariants(accountant.Commands, accountant.ZeroSum)),
	command("command: another group closed", settlement.CommandCloseWindow, func(_ *change, c *settlement.CloseWindow) bool { c.Group = "nobody"; return true }, invariants(accountant.Windows)),
	{"command: refused, and done", func(c *change) (says, bool) {
		for i, command := range c.in.Commands {
			if command.Kind == settlement.CommandCloseWindow && c.b.CommandResults[i].Fault == "" {
				c.b.CommandResults = slices.Clone(c.b.CommandResults)
				c.b.CommandResults[i].Fault = "no"
				return invariants(accountant.Windows), true
			}
		}
		return says{}, false
	}},
	without("evidence: dropped", func(b *ledger.Batch) *[]ledger.Evidence { return &b.Evidence }, nil, func(ledger.Evidence) says {
		return invariants(accountant.Commands)
	}),
	{"quote: another rate was promised", func(c *change) (says, bool) { return c.otherRate() }},
}

// otherRate changes all promises, if a transfer is made by one.
func (c *change) otherRate() (says, bool) {
	used := slices.ContainsFunc(c.batches, func(b *ledger.Batch) bool {
		return slices.ContainsFunc(b.Transfers, func(t *settlement.Transfer) bool { return strings.HasPrefix(t.Quote, "q-") })
	})
	for i, command := range c.in.Commands {
		var body settlement.Quotes
		if command.Kind != settlement.CommandQuotes || c.b.ID != 1 || !used || json.Unmarshal(command.Body, &body) != nil {
			continue
		}
		for q := range body.Quotes {
			body.Quotes[q].Rate = fx.MustRate("1/7")
		}
		text, err := json.Marshal(body)
		if err != nil {
			continue
		}
		c.in.Commands[i].Body = text
		return says{invariants: []accountant.Invariant{accountant.Amounts}, later: true}, true
	}
	return says{}, false
}
