package board

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sane holds a board against what must be true after any acts.
func (b *Board) sane(t require.TestingT) {
	agreed, done := map[string]int64{}, map[string]int64{}
	for id, m := range b.Matches {
		require.Equal(t, id, m.ID)
		need, offer := b.Postings[m.Need].Posting, b.Postings[m.Offer].Posting
		require.True(t, legal(need, offer), id)
		require.Positive(t, m.Quantity)
		require.LessOrEqual(t, len(m.Feedback), 2)
		ended := m.State == Declined || m.State == Done || m.State == Failed
		require.Equal(t, ended, !m.Ended.IsZero(), m.State)
		if m.State == Proposed {
			require.False(t, b.blocked(need.Member, offer.Member))
			require.False(t, b.Postings[m.Need].over() || b.Postings[m.Offer].over())
		}
		for _, posting := range []string{m.Need, m.Offer} {
			if m.State == Agreed || m.State == Disputed || m.State == Done {
				agreed[posting] += m.Quantity
			}
			if m.State == Done {
				done[posting] += m.Quantity
			}
		}
	}
	for id, l := range b.Postings {
		require.NoError(t, l.Check())
		require.Equal(t, agreed[id], l.Agreed, id)
		require.Equal(t, done[id], l.Done, id)
		require.LessOrEqual(t, l.Agreed, l.Quantity, id)
		require.Equal(t, l.Done == l.Quantity, l.State == Fulfilled, id)
		require.True(t, l.State != Open || l.Agreed == 0, id)
		require.True(t, l.State != Matched || l.Agreed > 0, id)
	}
}

// Any acts in any order leave a sane board; what is refused changes nothing, and what has ended stays so.
func TestAnyLifeIsSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := New(), noon
		some := func(prefix string) string { return fmt.Sprintf("%s%d", prefix, rapid.IntRange(1, 4).Draw(t, prefix)) }
		side := func(m Match) string { // or, now and then, somebody else
			return rapid.SampledFrom([]string{b.Postings[m.Need].Member, b.Postings[m.Offer].Member, "m9"}).Draw(t, "side")
		}
		for range rapid.IntRange(1, 60).Draw(t, "acts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			before, err := b.Clone(), error(nil)
			switch rapid.IntRange(0, 11).Draw(t, "act") {
			case 0, 1, 2:
				p := Posting{
					ID: some("p"), Member: some("m"), Kind: Need, Category: "meals", Urgency: 1, Unit: Meal,
					Quantity: rapid.Int64Range(1, 5).Draw(t, "quantity"), At: now, Until: now.Add(30 * 24 * time.Hour),
				}
				if p.ID > "p2" {
					p.Kind = Offer
				}
				err = b.Post(p)
			case 3, 4:
				m := Match{ID: some("x"), Need: rapid.SampledFrom([]string{"p1", "p2"}).Draw(t, "need"), Offer: rapid.SampledFrom([]string{"p3", "p4", "p1"}).Draw(t, "offer"), At: now}
				m.By, m.Quantity = side(m), rapid.Int64Range(0, 6).Draw(t, "quantity")
				err = b.Propose(m)
			case 5, 6:
				id := some("x")
				err = b.Answer(id, side(b.Matches[id]), rapid.Bool().Draw(t, "yes"), now)
			case 7, 8:
				id := some("x")
				err = b.Say(id, Feedback{By: side(b.Matches[id]), Done: rapid.Bool().Draw(t, "done"), Stars: rapid.IntRange(0, 6).Draw(t, "stars"), At: now})
			case 9:
				id := some("p")
				err = b.Withdraw(id, b.Postings[id].Member, now)
			case 10:
				err = b.Resolve(some("x"), rapid.Bool().Draw(t, "done"), now)
				b.Expire(now)
				b.Conclude(now)
				if err != nil {
					before = b.Clone()
				}
			case 11:
				block := Block{some("m"), some("m")}
				if err = b.Block(block, now); err != nil {
					err = b.Unblock(block)
				}
			}
			if err != nil {
				require.ErrorAs(t, err, new(*RefusalError))
				require.Equal(t, before, b)
			}
			for id, m := range before.Matches {
				if !m.Ended.IsZero() {
					require.Equal(t, m, b.Matches[id])
				}
			}
			b.sane(t)
		}
		_, err := b.Suggest(Rules{FairnessPermille: 300}, now)
		require.NoError(t, err)
	})
}

func posting(id, member string, kind Kind, quantity int64) Posting {
	return Posting{
		ID: id, Member: member, Kind: kind, Category: "meals", Urgency: 2, Quantity: quantity, Unit: Meal,
		At: noon, Until: noon.Add(30 * 24 * time.Hour),
	}
}

// lunch is a board on which Amina's need of ten meals has been met by four of Baraka's, as both agreed.
func lunch(t *testing.T) *Board {
	t.Helper()
	b := New()
	require.NoError(t, b.Post(posting("need", "amina", Need, 10)))
	require.NoError(t, b.Post(posting("offer", "baraka", Offer, 4)))
	require.NoError(t, b.Propose(Match{ID: "match", Need: "need", Offer: "offer", Quantity: 4, By: "baraka", At: noon}))
	require.NoError(t, b.Answer("match", "amina", true, noon))
	return b
}

func say(by string, done bool) Feedback { return Feedback{By: by, Done: done, Stars: 5, At: noon} }

func TestAMatchIsDoneWhenBothSidesSaySo(t *testing.T) {
	b := lunch(t)
	assert.Equal(t, Matched, b.Postings["need"].State)
	assert.EqualValues(t, 6, b.Postings["need"].Left())
	assert.EqualValues(t, 0, b.Postings["offer"].Left())
	require.NoError(t, b.Say("match", say("amina", true)))
	assert.Equal(t, Agreed, b.Matches["match"].State)
	require.NoError(t, b.Say("match", say("baraka", true)))
	assert.Equal(t, Done, b.Matches["match"].State)
	assert.Equal(t, Fulfilled, b.Postings["offer"].State)
	assert.Equal(t, Matched, b.Postings["need"].State)
}

func TestAMatchThatFailedFreesItsQuantity(t *testing.T) {
	b := lunch(t)
	require.NoError(t, b.Say("match", say("amina", false)))
	require.NoError(t, b.Say("match", say("baraka", false)))
	assert.Equal(t, Failed, b.Matches["match"].State)
	assert.Equal(t, Open, b.Postings["offer"].State)
	assert.EqualValues(t, 4, b.Postings["offer"].Left())
}

func TestADisputeIsForPeople(t *testing.T) {
	b := lunch(t)
	require.NoError(t, b.Say("match", say("amina", false)))
	require.NoError(t, b.Say("match", say("baraka", true)))
	assert.Equal(t, Disputed, b.Matches["match"].State)
	assert.Empty(t, b.Conclude(noon.Add(2*FeedbackTerm)))
	require.NoError(t, b.Resolve("match", true, noon))
	assert.Equal(t, Done, b.Matches["match"].State)
}

func TestSilenceIsNotWaitedForForever(t *testing.T) {
	b := lunch(t)
	require.NoError(t, b.Say("match", say("amina", true)))
	assert.Empty(t, b.Conclude(noon.Add(FeedbackTerm-1)))
	assert.Equal(t, []string{"match"}, b.Conclude(noon.Add(FeedbackTerm)))
	assert.Equal(t, Done, b.Matches["match"].State)
}

func TestWhatIsAgreedOutlivesItsPostings(t *testing.T) {
	b := lunch(t)
	require.NoError(t, b.Post(posting("other", "chipo", Offer, 9)))
	require.NoError(t, b.Propose(Match{ID: "second", Need: "need", Offer: "other", Quantity: 6, By: "amina", At: noon}))
	assert.Equal(t, []string{"need"}, b.Leave("amina", noon))
	assert.Equal(t, Declined, b.Matches["second"].State)
	assert.Equal(t, Agreed, b.Matches["match"].State)
	assert.Equal(t, []string{"offer", "other"}, b.Expire(noon.Add(30*24*time.Hour)))
	require.NoError(t, b.Say("match", say("amina", true)))
	require.NoError(t, b.Say("match", say("baraka", true)))
	assert.Equal(t, Fulfilled, b.Postings["offer"].State)
	assert.Equal(t, Withdrawn, b.Postings["need"].State)
}

func TestWhoHasReceivedIsRemembered(t *testing.T) {
	b := lunch(t)
	require.NoError(t, b.Post(posting("hers", "dalila", Need, 10)))
	require.NoError(t, b.Post(posting("more", "chipo", Offer, 1)))
	s, err := b.Suggest(Rules{FairnessPermille: 100}, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, s.Pairs, 1)
	assert.Equal(t, "hers", s.Pairs[0].Need) // Amina's need is as urgent and comes first by its id
	assert.EqualValues(t, 1000, s.Pairs[0].Terms[4].Points)

	require.NoError(t, b.Withdraw("hers", "dalila", noon))
	for after, points := range map[time.Duration]int64{Lately - 1: 500, Lately: 1000} {
		late := b.Clone()
		need, offer := posting("again", "amina", Need, 1), posting("late", "chipo", Offer, 1)
		need.At, offer.At = noon.Add(after), noon.Add(after)
		need.Until, offer.Until = need.At.Add(time.Hour), need.At.Add(time.Hour)
		require.NoError(t, late.Post(need))
		require.NoError(t, late.Post(offer))
		s, err := late.Suggest(Rules{FairnessPermille: 100}, noon.Add(after))
		require.NoError(t, err)
		require.Len(t, s.Pairs, 1)
		assert.Equal(t, points, s.Pairs[0].Terms[4].Points)
	}
}

func TestABlockKeepsTwoApart(t *testing.T) {
	b := lunch(t)
	require.NoError(t, b.Post(posting("other", "chipo", Offer, 9)))
	require.NoError(t, b.Propose(Match{ID: "second", Need: "need", Offer: "other", Quantity: 6, By: "amina", At: noon}))
	require.NoError(t, b.Block(Block{"chipo", "amina"}, noon))
	assert.Equal(t, Declined, b.Matches["second"].State)
	requireFault(t, FaultPair, b.Propose(Match{ID: "third", Need: "need", Offer: "other", Quantity: 6, By: "amina", At: noon}))
	s, err := b.Suggest(Rules{}, noon)
	require.NoError(t, err)
	assert.Equal(t, []Waiting{{Need: "need", Quantity: 6, Why: NoOffer}}, s.Waiting) // and nothing says that there is a block
	require.NoError(t, b.Unblock(Block{"chipo", "amina"}))
	require.NoError(t, b.Propose(Match{ID: "third", Need: "need", Offer: "other", Quantity: 6, By: "amina", At: noon}))
}

func requireFault(t *testing.T, want Fault, err error) {
	t.Helper()
	var refusal *RefusalError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, want, refusal.Fault)
}
