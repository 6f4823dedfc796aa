package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/testdata"
)

// The pool of the demo: three members, two of whom must sign.
const (
	poolMembers   = 3
	poolThreshold = 2
	poolPatience  = 100 * time.Millisecond // between looks at whether the dues have come in
)

func memberName(i int) string { return fmt.Sprintf("member%c", 'A'+i) }

// openPool starts the community's node: its own book, its own key, its own runner.
func (s *stage) openPool(p testdata.Participant) error {
	var members []pool.Member
	for i, seed := range s.keys.Members {
		signer, err := messaging.NewSigner([]byte(seed))
		if err != nil {
			return err
		}
		members = append(members, pool.Member{Name: memberName(i), Key: signer.PublicKey()})
	}
	var err error
	s.members, err = pool.New(pool.Config{
		Name: p.Name, Dir: filepath.Join(s.servers.Dir, "pools", p.Name), Currency: p.Currency, Account: chama,
		Members: members, Threshold: poolThreshold, Logger: s.log,
	})
	if err != nil {
		return err
	}
	on, err := s.listen()
	if err != nil {
		return err
	}
	a := s.actors[p.Name]
	if err := s.run(a, on, s.members.Rail, s.log); err != nil {
		return err
	}
	s.members.Join(a.runner)
	return nil
}

// help is what the pool decides: two members sign that somebody's family in Manila gets PHP 2,000. It
// waits for the dues, then proposes and approves; doing it again, after a restart, is doing it once.
func (s *stage) help(ctx context.Context, d *day, began time.Time) error {
	manila := d.by["gcash-ph"]
	beneficiary := person(d.seed, manila, soundAccount(d.seed, manila), "c")
	proposal := pool.Proposal{
		Pool: poolName, To: manila.Name, Beneficiary: beneficiary,
		Amount: messaging.NewAmount(fx.Money{Minor: poolPayoutMinor, Currency: manila.Currency}),
		Fixed:  fx.FixedDestination, Expires: began.Add(quoteLife).UTC(), Reference: "medicine",
	}
	status, err := s.members.Propose(proposal)
	if err != nil {
		return err
	}
	s.proposal = status.ID
	if status.State == pool.Proposed {
		if err := s.awaitDues(ctx); err != nil {
			return err
		}
	}
	for _, seed := range s.keys.Members[:poolThreshold] {
		approval, err := pool.Sign([]byte(seed), proposal)
		if err != nil {
			return err
		}
		_, err = s.members.Approve(ctx, status.ID, approval)
		var refusal *pool.RefusalError
		if errors.As(err, &refusal) && (refusal.Fault == pool.FaultSignedAlready || refusal.Retry) {
			continue
		}
		if err != nil {
			return err
		}
	}
	_, err = s.members.Execute(ctx, status.ID)
	return err
}

// awaitDues waits until the members' contributions have come in.
func (s *stage) awaitDues(ctx context.Context) error {
	look := time.NewTicker(poolPatience)
	defer look.Stop()
	for {
		balance, err := s.members.Balance()
		if err != nil || balance.Minor >= contributions*contributionMinor {
			return err
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
