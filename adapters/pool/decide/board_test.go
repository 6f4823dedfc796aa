package decide_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
)

func TestANeedIsMet(t *testing.T) {
	v := village(t)
	want := decide.Posting{
		Kind: board.Need, Category: "childcare", Urgency: 3, Quantity: 4, Unit: board.Hour, Until: v.Now.Add(7 * day),
		Place: board.Place{Area: "Kibera", Shown: board.Members},
	}
	if !want.Category.Known() {
		want.Category = board.Categories()[0]
	}
	need := v.Done("m3", "post", want)
	offered := want
	offered.Kind, offered.Quantity = board.Offer, 6
	offer := v.Done("m4", "post", offered)
	suggested, err := v.State.Suggestions()
	require.NoError(t, err)
	require.Len(t, suggested.Pairs, 1)
	assert.Equal(t, need, suggested.Pairs[0].Need)

	match := v.Done("m4", "match_posting", decide.Matching{Need: need, Offer: offer, Quantity: 4})
	assert.Equal(t, decide.FaultRole, v.Say("m4", "answer_match", decide.Matching{Match: match, Yes: true}).Fault, "the other side answers")
	v.Done("m3", "answer_match", decide.Matching{Match: match, Yes: true})
	v.Done("m3", "feedback", decide.Matching{Match: match, Done: true, Stars: 5})
	v.Done("m4", "feedback", decide.Matching{Match: match, Done: true, Stars: 5})
	assert.Equal(t, board.Fulfilled, v.State.Board().Postings[need].State)
	v.Wait(8 * day)
	assert.Equal(t, board.Expired, v.State.Board().Postings[offer].State)
}

func TestAPlaceIsShownToMembersAlone(t *testing.T) {
	v := village(t)
	v.Done("m3", "post", decide.Posting{
		Kind: board.Need, Category: board.Categories()[0], Urgency: 1, Quantity: 1, Unit: board.Piece, Until: v.Now.Add(day),
		Place: board.Place{Area: "Kibera", Shown: board.Members},
	})
	for _, line := range v.Entries[len(v.Entries)-1].Lines {
		if line.Section != decide.SectionWithin {
			assert.NotContains(t, fmt.Sprintf("%v", line.Body), "Kibera")
		}
	}
}
