package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/testdata"
)

// The pool of the demo: three members, of whom the facilitator and the treasurer sign small payouts.
const (
	poolMembers    = 3
	poolThreshold  = 2
	poolFund       = "welfare"
	poolPatience   = 100 * time.Millisecond // between looks at whether the dues have come in
	poolShareMinor = 2_000_00               // KES: what a member usually pays in at a time; two officers sign for three of it
	poolMaxCost    = 3 * poolShareMinor
)

// poolRoles are those of the members in their order.
var poolRoles = [poolMembers][]string{{"facilitator"}, {"treasurer"}, {"auditor"}}

// memberName is under which the pool knows a member, and what a member pays under.
func memberName(i int) string { return fmt.Sprintf("m%d", i+1) }

// device is what the pool's i-th member signs with.
func (k *keys) device(i int) pool.Device {
	seed := sha256.Sum256([]byte(k.derive("pool member", memberName(i))))
	return pool.Device{Key: ed25519.NewKeyFromSeed(seed[:]), Pool: poolName, Member: memberName(i)}
}

// openPool starts the community's node: its own book, its own keys, its own runner.
func (s *stage) openPool(p testdata.Participant) error {
	home, err := pool.Open(s.ctx, pool.Config{
		Name: p.Name, Dir: filepath.Join(s.servers.Dir, "pools", p.Name), DatabaseURL: s.servers.DatabaseURL(),
		Currency: p.Currency, Account: chama, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.members = home
	if err := s.foundPool(home, p); err != nil {
		return err
	}
	on, err := s.listen()
	if err != nil {
		return err
	}
	a := s.actors[p.Name]
	if err := s.run(a, on, home.Rail, s.log); err != nil {
		return err
	}
	home.Join(a.runner)
	s.group.Go(func() error { return home.Run(s.ctx) })
	return nil
}

// foundPool has the members found their pool and agree to its charter, once.
func (s *stage) foundPool(home *pool.Home, p testdata.Participant) error {
	var version int64
	home.View(func(state *decide.State) { version = state.Version() })
	if version > 0 {
		return nil
	}
	rules, err := charter.Template("chama", charter.Founding{Pool: p.Name, Title: chama.Name, Currency: p.Currency, ShareMinor: poolShareMinor})
	if err != nil {
		return err
	}
	text, err := rules.Canonical()
	if err != nil {
		return err
	}
	founding := decide.Founding{Charter: text}
	for i := range poolMembers {
		_, person, err := pool.Close(messaging.Party{Name: memberName(i)})
		if err != nil {
			return err
		}
		founding.Founders = append(founding.Founders, decide.Founder{Key: s.keys.device(i).Public(), Person: person, Roles: poolRoles[i]})
	}
	if answer, err := home.Found(s.ctx, founding); err != nil || answer.Fault != "" {
		return fmt.Errorf("demo: found %s: %s %w", p.Name, answer.Detail, err)
	}
	hash := rules.Hash()
	for i := range poolMembers {
		if err := s.say(i, "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])}); err != nil {
			return err
		}
	}
	return nil
}

// say has a member of the pool say something that is not refused, but for having been said.
func (s *stage) say(member int, kind string, body any, closed ...[]byte) error {
	signed, err := s.keys.device(member).Sign(kind, 1, body)
	if err != nil {
		return err
	}
	answer, err := s.members.Act(s.ctx, signed, closed)
	if err != nil {
		return err
	}
	if answer.Fault != "" && answer.Fault != decide.FaultAlready && answer.Fault != decide.FaultNotNow {
		return fmt.Errorf("demo: %s by %s: %s: %s", kind, memberName(member), answer.Fault, answer.Detail)
	}
	return nil
}

// help is what the pool decides: two members sign that somebody's family in Manila gets PHP 2,000. It waits for the
// dues, then proposes and approves; doing it again, after a restart, is doing it once.
func (s *stage) help(ctx context.Context, d *day, began time.Time) error {
	manila := d.by["gcash-ph"]
	if s.medicine() == nil {
		if err := s.awaitDues(ctx); err != nil {
			return err
		}
		blob, beneficiary, err := pool.Close(person(d.seed, manila, soundAccount(d.seed, manila), "c"))
		if err != nil {
			return err
		}
		subject, err := audit.Canonical(decide.Payout{
			Fund: poolFund, Purpose: "illness", To: manila.Name, Beneficiary: beneficiary,
			Amount: decide.Amount{Minor: poolPayoutMinor, Unit: manila.Currency}, Fixed: fx.FixedDestination,
			MaxCost: decide.Amount{Minor: poolMaxCost, Unit: d.by[poolName].Currency}, Reference: "medicine",
		})
		if err != nil {
			return err
		}
		expires := began.Add(quoteLife).UTC().Truncate(time.Second)
		err = s.say(0, "propose", decide.Proposing{Decision: charter.Payout, Subject: subject, Expires: expires}, blob)
		if err != nil {
			return err
		}
	}
	p := s.medicine()
	for i := range poolThreshold {
		ballot := decide.Ballot{Proposal: p.ID, Hash: hex.EncodeToString(p.Hash[:]), Choice: decide.For}
		if err := s.say(i, "vote", ballot); err != nil {
			return err
		}
	}
	return nil
}

// medicine is the pool's one proposal, nil before it was made.
func (s *stage) medicine() (p *decide.Proposal) {
	s.members.View(func(state *decide.State) {
		if found := state.Proposal("p1"); found != nil {
			known := *found
			p = &known
		}
	})
	return p
}

// awaitDues waits until the members' contributions have come in.
func (s *stage) awaitDues(ctx context.Context) error {
	look := time.NewTicker(poolPatience)
	defer look.Stop()
	for {
		var minor int64
		s.members.View(func(state *decide.State) { minor = state.Balance("fund/"+poolFund, state.Charter().Money()) })
		if minor >= contributions*contributionMinor {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// soundAccount picks a person whose account the sandbox will not decline: the pool helps somebody whose
// wallet works.
func soundAccount(seed uint64, at testdata.Participant) int {
	const beyond = 90_000_000 // no transfer of a day has such a number
	for n := beyond; ; n++ {
		fate := demoFaults.Fate(sandbox.Dice{Seed: seed}, string(messaging.KindPayout), person(seed, at, n, "c").Account)
		if !fate.Decline {
			return n
		}
	}
}
