package pool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// No stranger halts a node by what cannot be kept.
func TestNoTextHaltsANode(t *testing.T) {
	c := found(t)
	_, err := c.Act(t.Context(), act.Signed{Open: []byte(strings.Repeat("\x01", act.MaxBytes)), Signature: make([]byte, 64)}, nil)
	require.ErrorAs(t, err, new(*decide.InputError))
	c.Done(pooltest.ID(0), "person", decide.ChangedPerson{Person: act.Commit([]byte("new"))})
}

// What is public can be handed in by anybody, without end: the log has it once.
func TestAReceiptHandedInAgainIsLoggedOnce(t *testing.T) {
	rules := decidetest.Rules()
	rules.Decisions = append(rules.Decisions, charter.Decision{Kind: charter.Pledging, Propose: []string{charter.Everybody}, Tiers: []charter.Tier{
		{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 1, Hours: 48},
	}})
	c := commune{pooltest.Found(t, pgtest.New(t), rules, 3)}
	subject := decide.Pledge{
		Pool: "chama-mombasa", Key: decidetest.LogKey(t, "chama-mombasa"), Kinds: []string{"flood"}, Fund: "main", EachMinor: 1, TotalMinor: 1,
		Until: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second),
	}
	village := &decidetest.Village{T: t, Now: time.Now().UTC()}
	id := c.Done(pooltest.ID(0), "propose", village.Proposing(charter.Pledging, subject))
	c.Done(pooltest.ID(0), "vote", c.Ballot(id))
	text, err := decidetest.Proven(t, "chama-mombasa", "pledges", decide.LineDeclaration, struct{}{}).Text()
	require.NoError(t, err)
	var before, after int64
	var answers []decide.Answer
	for i := range 3 {
		answer, err := c.Hear(t.Context(), text, nil)
		require.NoError(t, err)
		answers = append(answers, answer)
		c.View(func(s *decide.State) { after = s.Inputs() })
		if i == 0 {
			before = after
		}
	}
	assert.Equal(t, before, after)
	assert.Equal(t, answers[0], answers[2])
}
