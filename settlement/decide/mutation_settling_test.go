package decide

import (
	"time"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

var ofWindows = []mutation{
	of("net: in", windowNets, nil, func(c *change, n *ledger.WindowNet) says {
		c.nudge(&n.GrossIn)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{n.Account}}
	}),
	of("net: out", windowNets, nil, func(c *change, n *ledger.WindowNet) says {
		c.nudge(&n.GrossOut)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{n.Account}}
	}),
	without("net: dropped", windowNets, nil, func(n ledger.WindowNet) says {
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{n.Account}}
	}),
	of("window: of another batch", windowEvents, nil, func(c *change, e *ledger.WindowEvent) says {
		c.nudge(&e.LogIndex)
		return invariants(accountant.Windows)
	}),
	of("window: another step", windowEvents, nil, func(_ *change, e *ledger.WindowEvent) says {
		if e.State == settlement.WindowSettled {
			e.State = settlement.WindowSettling
		} else {
			e.State = settlement.WindowSettled
		}
		return invariants(accountant.Windows)
	}),
	without("window: step dropped", windowEvents, nil, func(ledger.WindowEvent) says { return invariants(accountant.Windows) }),
	of("window: due at another moment", windowEvents, func(e *ledger.WindowEvent) bool { return e.State == settlement.WindowClosed }, func(_ *change, e *ledger.WindowEvent) says {
		e.Moment = e.Moment.Add(time.Second)
		return invariants(accountant.Windows)
	}),
	of("default: amount", func(b *ledger.Batch) *[]ledger.DefaultStep { return &b.DefaultSteps }, nil, func(c *change, s *ledger.DefaultStep) says {
		c.nudge(&s.AmountMinor)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{s.Account}}
	}),
	of("default: payer", func(b *ledger.Batch) *[]ledger.DefaultStep { return &b.DefaultSteps }, nil, func(c *change, s *ledger.DefaultStep) says {
		s.Payer = c.otherAccount(s.Payer)
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{s.Account}}
	}),
	of("default: kind", func(b *ledger.Batch) *[]ledger.DefaultStep { return &b.DefaultSteps }, nil, func(_ *change, s *ledger.DefaultStep) says {
		if s.Kind == ledger.PostShare {
			s.Kind = ledger.PostCollateral
		} else {
			s.Kind = ledger.PostShare
		}
		return says{invariants: []accountant.Invariant{accountant.Windows}, accounts: []int64{s.Account}}
	}),
	of("claim", func(b *ledger.Batch) *[]ledger.Claim { return &b.Claims }, nil, func(c *change, s *ledger.Claim) says {
		c.nudge(&s.Rank)
		return invariants(accountant.Windows)
	}),
	of("claim: paid back", func(b *ledger.Batch) *[]ledger.ClaimPaid { return &b.ClaimsPaid }, nil, func(c *change, s *ledger.ClaimPaid) says {
		c.nudge(&s.AmountMinor)
		return invariants(accountant.Commands)
	}),
	of("guarantee", func(b *ledger.Batch) *[]ledger.Guarantee { return &b.Guarantees }, nil, func(c *change, g *ledger.Guarantee) says {
		c.nudge(&g.AmountMinor)
		return invariants(accountant.Liquidity)
	}),
	of("instruction: amount", func(b *ledger.Batch) *[]ledger.Instruction { return &b.Instructions }, nil, func(c *change, i *ledger.Instruction) says {
		c.nudge(&i.AmountMinor)
		return says{invariants: []accountant.Invariant{accountant.Commands}, accounts: []int64{i.Account}}
	}),
	without("instruction: dropped", func(b *ledger.Batch) *[]ledger.Instruction { return &b.Instructions }, nil, func(i ledger.Instruction) says {
		return says{invariants: []accountant.Invariant{accountant.Commands}}
	}),
	of("instruction: result", func(b *ledger.Batch) *[]ledger.InstructionResult { return &b.InstructionResults }, nil, func(_ *change, i *ledger.InstructionResult) says {
		if i.Result == ledger.Refused {
			i.Result = ledger.Confirmed
		} else {
			i.Result = ledger.Refused
		}
		return invariants(accountant.Commands, accountant.Windows)
	}),
}
