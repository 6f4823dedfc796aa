package decide

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// A large village after years: 10,000 members, 5,000 proposals of which 1,000 are open, 2,000 postings, 4,000 claims.
const (
	benchMembers   = maxMembers
	benchProposals = 5_000
	benchPostings  = 2_000
	benchClaims    = 4_000
)

func benchKey(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "member %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func benchRules() *charter.Charter {
	kes, everybody := fx.MustCurrency("KES"), []string{charter.Everybody}
	majority := []charter.Tier{{Method: charter.Majority, Vote: everybody, Quorum: 500, Hours: 48}}
	return &charter.Charter{
		Version: 1, Pool: "village", Title: "Village", Purpose: "To help each other.",
		Units: []charter.Unit{{Unit: kes, Issue: charter.Outside}},
		Funds: []charter.Fund{{Name: "main", Unit: kes}},
		Dues:  []charter.Due{{Name: "dues", Fund: "main", AmountMinor: 500_00, EveryDays: 30}},
		Decisions: []charter.Decision{
			{Kind: charter.Payout, Propose: everybody, Tiers: majority}, {Kind: charter.RuleChange, Propose: everybody, Tiers: majority},
		},
		Lateness: charter.Lateness{GraceDays: 5, RemindDays: 7, Reminders: 2},
	}
}

func largeVillage(b *testing.B) *State {
	b.Helper()
	s := New("village")
	s.now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	s.charters, s.began = []*charter.Charter{benchRules()}, s.now
	t := &turn{State: s, entry: &Entry{}}
	kes := fx.MustCurrency("KES")
	for i := range benchMembers {
		key := act.Key(benchKey(i).Public().(ed25519.PublicKey)) //nolint:forcetypeassert // it is one
		m := t.newMember(key, act.Commit([]byte("person")), "")
		t.enter(m)
		m.dues["dues"] = 500_00
		m.destination = Destination{To: "mpesa-ke", Beneficiary: act.Commit([]byte("me"))}
	}
	t.entry.Index = 1
	for i := range benchProposals {
		p := &Proposal{
			ID: fmt.Sprintf("p%d", i+1), Kind: charter.Payout, By: "m2", Version: 1, Opened: s.now, Entry: 1, Tier: benchRules().Decisions[0].Tiers[0],
			Begins: s.now, Ends: s.now.Add(48 * time.Hour), Expires: s.now.Add(100 * 24 * time.Hour), State: Voting,
			Subject: &Payout{Fund: "main", Member: "m3", Amount: Amount{Minor: 100, Unit: kes}, MaxCost: Amount{Minor: 100, Unit: kes}, Fixed: fx.FixedSource},
		}
		require.Nil(b, t.put(p, []byte("{}")))
		for v := range 1_000 {
			p.cast(Vote{Member: fmt.Sprintf("m%d", 4000+v), Choice: For, Entry: 2})
		}
		if i >= maxProposals {
			t.close(p, Refused, "")
		}
	}
	for i := range benchPostings {
		require.NoError(b, s.board.Post(board.Posting{
			ID: fmt.Sprintf("b%d", i+1), Member: fmt.Sprintf("m%d", i/50+1), Kind: board.Need, Category: board.Categories()[0], Urgency: 1,
			Quantity: 1, Unit: board.Piece, At: s.now, Until: s.now.Add(20 * 24 * time.Hour),
		}))
	}
	t.boardChanged()
	for i := range benchClaims {
		s.claims = append(s.claims, &Claim{ID: fmt.Sprintf("c%d", i+1), Creditor: "m1", Debtor: "m2", Unit: kes, LeftMinor: 1, State: denied})
	}
	s.inputs = 10
	return s
}

func BenchmarkLargeVillage(b *testing.B) {
	s := largeVillage(b)
	at := func() time.Time { return s.now.Add(time.Millisecond) }
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Decide(Input{At: at(), Word: &Word{Kind: WordClock, Body: []byte("{}")}})
			require.NoError(b, err)
		}
	})
	b.Run("next", func(b *testing.B) {
		for b.Loop() {
			s.Next()
		}
	})
	b.Run("came", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			text, err := audit.Canonical(Coming{
				ID: fmt.Sprintf("o%d", n), Amount: Amount{Minor: 100, Unit: fx.MustCurrency("KES")}, Reference: fmt.Sprintf("m%d dues", n%benchMembers+1),
			})
			require.NoError(b, err)
			_, err = s.Decide(Input{At: at(), Word: &Word{Kind: WordCame, Body: text}})
			require.NoError(b, err)
		}
	})
	b.Run("vote", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			voter, p := n%3_000+10, s.proposals[n/3_000]
			open, err := act.New(act.Act{
				By: fmt.Sprintf("m%d", voter+1), Expires: s.now.Add(time.Hour), ID: fmt.Sprintf("vote-%06d", n), Kind: kindVote, Pool: "village", Version: 1,
			}, Ballot{Proposal: p.ID, Hash: hex.EncodeToString(p.Hash[:]), Choice: For})
			require.NoError(b, err)
			signed := act.Sign(benchKey(voter), open)
			entry, err := s.Decide(Input{At: at(), Act: &signed})
			require.NoError(b, err)
			require.Empty(b, entry.Answer.Fault, entry.Answer.Detail)
		}
	})
}
