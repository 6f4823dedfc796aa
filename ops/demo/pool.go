package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	node "github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/testdata"
)

// poolRoles are those of a pool's first members, in their order.
var poolRoles = [][]string{{"facilitator"}, {"treasurer"}, {"auditor"}}

// device is what a pool's i-th member signs with.
func (k *keys) device(pooled string, i int) pool.Device {
	seed := sha256.Sum256([]byte(k.derive("pool member", pooled+"/"+memberName(i))))
	return pool.Device{Key: ed25519.NewKeyFromSeed(seed[:]), Pool: pooled, Member: memberName(i)}
}

// openPool opens a community's node: its own book, its own keys.
func (s *stage) openPool(p testdata.Participant) error {
	home, err := pool.Open(s.ctx, pool.Config{
		Name: p.Name, Dir: filepath.Join(s.servers.Dir, "pools", p.Name), DatabaseURL: s.servers.DatabaseURL(),
		Currency: p.Currency, Account: communityOf(p.Name).account, Peers: peers{s, p.Name}, Logger: s.log,
	})
	if err == nil {
		s.pools[p.Name] = home
	}
	return err
}

// runPools has every pool carry out what is due, each with a runner of its own.
func (s *stage) runPools() error {
	for _, c := range communities {
		home, a := s.pools[c.name], s.actors[c.name]
		if err := s.run(a, s.doors[c.name], home.Rail, s.log); err != nil {
			return err
		}
		home.Join(a.runner)
		s.group.Go(func() error { return home.Run(s.ctx) })
	}
	return nil
}

// peers are the other pools of the stage, as one of them reaches them.
type peers struct {
	stage *stage
	self  string
}

var _ node.Peers = peers{}

// Names implements node.Peers.
func (p peers) Names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.stage.pools)), func(name string) bool { return name == p.self })
}

// Tell implements node.Peers. Whoever has nothing to do with this pool has heard it, and that is all.
func (p peers) Tell(ctx context.Context, to string, receipt []byte, closed [][]byte) error {
	home := p.stage.pools[to]
	if home == nil {
		return fmt.Errorf("demo: no pool is %q", to)
	}
	_, err := home.Hear(ctx, receipt, closed)
	if errors.Is(err, node.ErrUnknownPool) {
		return nil
	}
	return err
}

// found has the members found their pool and agree to its charter, once.
func (s *stage) found(c community) error {
	home := s.pools[c.name]
	var agreed int
	home.View(func(state *decide.State) {
		for _, m := range state.Members() {
			if m.Has(charter.Everybody) {
				agreed++
			}
		}
	})
	if agreed == c.members() {
		return nil
	}
	rules, err := c.rules(s.actors[c.name].Currency)
	if err != nil {
		return err
	}
	if home.Checkpoint() == "" {
		founding, err := s.founding(c, rules)
		if err != nil {
			return err
		}
		if answer, err := home.Found(s.ctx, founding); err != nil || answer.Fault != "" {
			return fmt.Errorf("demo: found %s: %s %w", c.name, answer.Detail, err)
		}
	}
	hash := rules.Hash()
	for i := agreed; i < c.members(); i++ { // in their order
		if err := s.say(c.name, i, "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])}); err != nil {
			return err
		}
	}
	return nil
}

// founding names those who found a pool: its people, and at poolName the pools that save there.
func (s *stage) founding(c community, rules *charter.Charter) (f decide.Founding, err error) {
	if f.Charter, err = rules.Canonical(); err != nil {
		return f, err
	}
	for i := range c.members() {
		_, person, err := pool.Close(messaging.Party{Name: memberName(i)})
		if err != nil {
			return f, err
		}
		founder := decide.Founder{Key: s.keys.device(c.name, i).Public(), Person: person}
		if i < len(poolRoles) {
			founder.Roles = poolRoles[i]
		}
		if i >= c.people {
			founder.Pool = guests()[i-c.people].name
		}
		f.Founders = append(f.Founders, founder)
	}
	return f, nil
}

// rules is a template with what these members changed before they signed it: they save with other pools, what they
// pledge is in force as soon as most have signed, everybody may see pledges and what became of them, and what somebody
// pays in is for its own eyes and the auditors'.
func (c community) rules(money fx.Currency) (*charter.Charter, error) {
	hours, err := fx.ParseCurrency("hours." + c.name + ".2")
	if err != nil {
		return nil, err
	}
	rules, err := charter.Template(c.template, charter.Founding{
		Pool: c.name, Title: c.account.Name, Currency: money, Unit: hours, ShareMinor: c.shareMinor,
	})
	if err != nil {
		return nil, err
	}
	most := []charter.Tier{{
		Method: charter.Majority, Vote: []string{charter.Everybody}, Quorum: 500, Signatures: 3, Hours: 168,
	}}
	for _, kind := range []charter.Kind{charter.Pledging, charter.Rotating} {
		rules.Decisions = slices.DeleteFunc(rules.Decisions, func(d charter.Decision) bool { return d.Kind == kind })
		rules.Decisions = append(rules.Decisions, charter.Decision{Kind: kind, Propose: []string{charter.Everybody}, Tiers: most})
	}
	shown := map[charter.Section][]charter.Audience{
		charter.SectionPledges:  {charter.Members, charter.Federation, charter.Public},
		charter.SectionRotation: {charter.Members, charter.Federation},
	}
	rules.Visibility = slices.DeleteFunc(rules.Visibility, func(v charter.Visible) bool {
		return v.Section == charter.SectionContributions || shown[v.Section] != nil
	})
	for _, section := range slices.Sorted(maps.Keys(shown)) {
		rules.Visibility = append(rules.Visibility, charter.Visible{Section: section, To: shown[section]})
	}
	err = rules.Check()
	return rules, err
}

// say has a member of a pool say something that is not refused, but for having been said.
func (s *stage) say(pooled string, member int, kind string, body any, closed ...[]byte) error {
	signed, err := s.keys.device(pooled, member).Sign(kind, 1, body)
	if err != nil {
		return err
	}
	answer, err := s.pools[pooled].Act(s.ctx, signed, closed)
	if err != nil {
		return err
	}
	if answer.Fault != "" && answer.Fault != decide.FaultAlready && answer.Fault != decide.FaultNotNow {
		return fmt.Errorf("demo: %s by %s of %s: %s: %s", kind, memberName(member), pooled, answer.Fault, answer.Detail)
	}
	return nil
}
