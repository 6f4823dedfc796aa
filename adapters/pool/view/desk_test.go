package view_test

import (
	"crypto/ed25519"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// signs has a member's device read a draft, sign it and hand it in.
func (w *world) signs(t *testing.T, member string, draft web.Draft) web.Answer {
	t.Helper()
	_, err := web.Read(draft, w.Config.Name)
	require.NoError(t, err, "a device signs only what it can read")
	key := pooltest.Key(member)
	signed := act.Sign(key, draft.Act)
	answer, err := w.View.Act(t.Context(), web.Signed{Draft: draft, Key: key.Public().(ed25519.PublicKey), Signature: signed.Signature})
	require.NoError(t, err)
	return answer
}

// fills has a member fill in a form, and sign what comes of it.
func (w *world) fills(t *testing.T, member string, task web.Task, fields map[string]string) web.Answer {
	t.Helper()
	by := member
	if task == web.TaskJoin {
		by = ""
	}
	draft, err := w.Draft(t.Context(), web.Form{Task: task, Member: by, Fields: fields})
	require.NoError(t, err)
	return w.signs(t, member, draft)
}

func TestEveryFormMakesAnActThatIsTaken(t *testing.T) {
	w := newWorld(t)
	w.open()
	until := w.Clock().Add(72 * time.Hour).Format(time.DateOnly)
	taken := func(member string, task web.Task, fields map[string]string) web.Answer {
		t.Helper()
		answer := w.fills(t, member, task, fields)
		require.True(t, answer.Accepted, "%s: %s %s", task, answer.Fault, answer.Detail)
		return answer
	}
	taken(receiver, web.TaskPost, map[string]string{
		"kind": "offer", "category": "food", "quantity": "5 pieces", "urgency": "3", "place": "Kibera", "until": until, "text": "maize",
	})
	board, err := w.View.Board(t.Context(), receiver)
	require.NoError(t, err)
	require.Len(t, board.Matches, 1, "something is suggested")
	suggested := board.Matches[0]
	assert.Len(t, suggested.Why, 5)
	taken(receiver, web.TaskMatch, map[string]string{"match": suggested.ID, "choice": "accept"})
	board, err = w.View.Board(t.Context(), facing)
	require.NoError(t, err)
	require.Equal(t, []string{"accept", "decline"}, board.Matches[0].Choices)
	taken(facing, web.TaskMatch, map[string]string{"match": board.Matches[0].ID, "choice": "accept"})
	board, err = w.View.Board(t.Context(), facing)
	require.NoError(t, err)
	assert.Equal(t, person(receiver).Name, board.Matches[0].Offer.By.Name)
	taken(facing, web.TaskWithdraw, map[string]string{"posting": "b2"})

	open, err := w.Proposals(t.Context(), receiver)
	require.NoError(t, err)
	vote := map[string]string{"proposal": open.Open[0].ID, "choice": "for"}
	taken(receiver, web.TaskVote, vote)
	again := w.fills(t, receiver, web.TaskVote, vote)
	assert.Equal(t, string(decide.FaultAlready), again.Fault)

	code, invitation := view.Code()
	w.Done(treasurer, "invite", invitation)
	joined := taken("somebody", web.TaskJoin, map[string]string{
		"code": code, "name": "Somebody", "contact": "254700000001", "key": pooltest.Public("somebody").String(),
	})
	assert.Equal(t, "m9", joined.Member)
	home, err := w.Overview(t.Context(), joined.Member)
	require.NoError(t, err)
	assert.Equal(t, "Somebody", home.You.Name)
}

func TestWrongFormsSayWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	good := map[string]string{"kind": "need", "category": "food", "quantity": "3 hours", "urgency": "2", "until": w.Clock().Add(48 * time.Hour).Format(time.DateOnly), "text": "x"}
	for field, cases := range map[string]map[string]string{
		"kind": {"wish": "bad_form"}, "category": {"gold": "bad_form"}, "urgency": {"9": "bad_form"},
		"quantity": {"many": "bad_quantity", "3 parsecs": "bad_quantity", "-1": "bad_quantity", "1.5 hours": "bad_quantity"},
		"until":    {"2020-01-01": "bad_date", "soon": "bad_date", "2999-01-01": "bad_date"},
	} {
		for value, fault := range cases {
			fields := maps.Clone(good)
			fields[field] = value
			_, err := w.Draft(t.Context(), web.Form{Task: web.TaskPost, Member: facing, Fields: fields})
			var wrong *web.FormError
			require.ErrorAs(t, err, &wrong, value)
			assert.Equal(t, web.FormError{Field: field, Fault: fault}, *wrong)
		}
	}
	_, err := w.Draft(t.Context(), web.Form{Task: web.TaskVote, Member: facing, Fields: map[string]string{"proposal": "p999"}})
	require.ErrorIs(t, err, web.ErrUnknown)
	_, err = w.Draft(t.Context(), web.Form{Task: web.TaskJoin, Fields: map[string]string{"code": "short"}})
	require.ErrorAs(t, err, new(*web.FormError))
}

func TestWhatIsNoActIsAnsweredToo(t *testing.T) {
	w := newWorld(t)
	answer, err := w.View.Act(t.Context(), web.Signed{Draft: web.Draft{Act: []byte("{}")}, Signature: make([]byte, ed25519.SignatureSize)})
	require.NoError(t, err)
	assert.Equal(t, string(decide.FaultForm), answer.Fault)

	ask := w.helpFor(facing)
	draft, err := w.Compose(t.Context(), ask)
	require.NoError(t, err)
	draft.Closed = nil // the account is kept back
	signed := act.Sign(pooltest.Key(facing), draft.Act)
	answer, err = w.View.Act(t.Context(), web.Signed{Draft: draft, Signature: signed.Signature}) // the member's current key
	require.NoError(t, err)
	assert.Equal(t, string(decide.FaultCommitments), answer.Fault)
	_, err = w.Compose(t.Context(), view.Asking{Member: "m99", Kind: "leave", Body: struct{}{}})
	require.ErrorIs(t, err, web.ErrUnknown)
	_, err = w.Compose(t.Context(), view.Asking{Member: facing, Kind: "leave", Body: "no object"})
	require.ErrorAs(t, err, new(*act.FormError))
}

// helpFor asks for a payout, of which the account and the reason are closed.
func (w *world) helpFor(member string) view.Asking {
	return view.Asking{
		Member: member, Kind: "propose",
		Body: w.Proposing(charter.Payout, decide.Payout{
			Fund: "main", To: "gcash-ph", Amount: decide.Amount{Minor: 5, Unit: php}, Fixed: fx.FixedDestination,
			MaxCost: decide.Amount{Minor: 20, Unit: kes}, Reference: "seeds",
		}),
		Closed: map[string]any{"subject.beneficiary": maria, "reason": "for the field"},
	}
}

// What is personal comes to whoever votes on it, and nothing that is not named.
func TestWhateverAnActNamesComesWithIt(t *testing.T) {
	w := newWorld(t)
	says := func(ask view.Asking) web.Draft {
		t.Helper()
		draft, err := w.Compose(t.Context(), ask)
		require.NoError(t, err)
		answer := w.signs(t, ask.Member, draft)
		require.True(t, answer.Accepted, "%s: %s %s", ask.Kind, answer.Fault, answer.Detail)
		return draft
	}
	first, second := w.helpFor(facing), w.helpFor(facing)
	assert.NotEqual(t, says(first).Closed, says(second).Closed, "each closed under a salt of its own")

	page, err := w.Proposals(t.Context(), receiver)
	require.NoError(t, err)
	draft, err := w.Draft(t.Context(), web.Form{Task: web.TaskVote, Member: receiver, Fields: map[string]string{"proposal": page.Open[0].ID, "choice": "for"}})
	require.NoError(t, err)
	require.Len(t, draft.Documents, 1)
	require.Len(t, draft.Closed, 1)
	assert.Contains(t, string(draft.Closed[0]), maria.Account)

	says(view.Asking{Member: heard, Kind: "appeal", Body: map[string]string{"sanction": w.suspension}, Closed: map[string]any{"ground": "I paid."}})
	var panel []string
	w.Commune.View(func(s *decide.State) { panel = s.Sanctions()[1].Appeal.Panel })
	require.NotEmpty(t, panel)
	shown, err := w.Proposal(t.Context(), panel[0], w.suspension)
	require.NoError(t, err)
	assert.True(t, slices.Contains(shown.Facts, web.Fact{Name: "ground", Value: "I paid."}), "who judges reads it")
	ruling := says(view.Asking{Member: panel[0], Kind: "verdict", Body: decide.Verdict{
		Sanction: w.suspension, Hash: w.Ballot(w.suspension).Hash, Ruling: decide.Lift,
	}})
	assert.Len(t, ruling.Documents, 1)
	says(view.Asking{Member: facing, Kind: "person", Body: struct{}{}, Closed: map[string]any{"person": maria}})
}
