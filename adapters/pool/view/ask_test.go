package view_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/web"
)

// signs drafts what a form asks for, holds that it reads as pages show it, and hands it in signed.
func (w *world) puts(task web.Task, member string, fields map[string]string) (web.Draft, web.Answer) {
	w.T.Helper()
	form := web.Form{Task: task, Member: member, Fields: fields}
	draft, err := w.Draft(w.T.Context(), form)
	require.NoError(w.T, err, task)
	_, err = web.Read(draft, w.Config.Name)
	require.NoError(w.T, err, "%s: %s", task, draft.Act)
	signed := act.Sign(pooltest.Key(member), draft.Act)
	answer, err := w.View.Act(w.T.Context(), web.Signed{Draft: draft, Key: ed25519.PublicKey(signed.Key[:]), Signature: signed.Signature})
	require.NoError(w.T, err, task)
	return draft, answer
}

// chosen is the last value that a field offers.
func (w *world) chosen(task web.Task, member, field string) string {
	w.T.Helper()
	choices, err := w.Choices(w.T.Context(), web.Form{Task: task, Member: member})
	require.NoError(w.T, err)
	require.NotEmpty(w.T, choices[field], "%s of %s", field, task)
	return choices[field][len(choices[field])-1].Value
}

// readied adds what forms are about: a match that was agreed, a group whose turns are to come, a sanction to speak on.
func (w *world) readied() {
	w.T.Helper()
	until := w.Clock().Add(500 * time.Hour).UTC().Truncate(time.Second)
	post := func(by string, kind board.Kind) string {
		return w.Done(by, "post", decide.Posting{Kind: kind, Category: "tools", Urgency: 1, Quantity: 2, Unit: board.Piece, Until: until})
	}
	match := w.Done(facing, "match_posting", decide.Matching{Need: post(facing, board.Need), Offer: post(treasurer, board.Offer), Quantity: 2})
	if match == "" {
		w.Commune.View(func(s *decide.State) {
			for id := range s.Board().Matches {
				match = id
			}
		})
	}
	w.Done(treasurer, "answer_match", decide.Matching{Match: match, Yes: true})
	seat := func(id string) rotation.Seat { return rotation.Seat{Member: id, Unit: kes, ContributionMinor: each} }
	w.Approve(w.decides(charter.Rotating, decide.Rotation{Begin: &decide.Beginning{
		Terms: rotation.Terms{Method: rotation.Fixed, Start: until, RoundDays: 30, DueDays: 20, GraceDays: 5, RemindDays: 5, Reminders: 1, GiveBack: rotation.AtEnd},
		Seats: []rotation.Seat{seat(receiver), seat(facing), seat(saver)},
	}}, ""), treasurer, facing)
	blob, evidence := w.Close("evidence of another")
	x := decide.Sanction{Member: saver, Measure: charter.Reminder, Rule: "dues", Version: 1, Evidence: evidence}
	w.Approve(w.decides(charter.Sanction, x, "", blob), treasurer, facing)
	x.Measure = charter.Suspension
	w.decides(charter.Sanction, x, "", blob)
	w.Pass(time.Minute)
}

func TestWhatFormsAskForIsDone(t *testing.T) {
	w := newWorld(t)
	var shown []charter.Visible
	for _, section := range charter.Sections() {
		shown = append(shown, charter.Visible{Section: section, To: []charter.Audience{charter.Members}})
	}
	w.show(shown)
	w.readied()
	tomorrow := w.Clock().AddDate(0, 0, 1).Format(time.DateOnly)
	for _, x := range []struct {
		task   web.Task
		member string
		fields map[string]string
	}{
		{web.TaskPayout, receiver, map[string]string{
			"fund": "main", "to": "gcash-ph", "receiver": "Rosa Cruz", "account": "+639170000001", "payee": "nobody", "amount": "12.50", "unit": "php",
			"fixed": "destination", "max_cost": "30", "reference": "school", "days": "20", "reason": "For books.",
		}},
		{web.TaskInvite, receiver, nil},
		{web.TaskVouch, receiver, map[string]string{"member": newcomer}},
		{web.TaskDelegate, receiver, map[string]string{"decision": "payout", "member": w.chosen(web.TaskDelegate, receiver, "member"), "until": tomorrow}},
		{web.TaskUndelegate, receiver, map[string]string{"decision": "payout"}},
		{web.TaskPay, treasurer, map[string]string{"member": facing, "amount": "1.5", "unit": hours.String(), "words": "For the roof."}},
		{web.TaskPayMe, receiver, map[string]string{"to": "gcash-ph", "receiver": "Rosa Cruz", "account": "+639170000001"}},
		{web.TaskPayMe, receiver, nil},
		{web.TaskFeedback, facing, map[string]string{"match": w.chosen(web.TaskFeedback, facing, "match"), "done": "yes", "stars": "5"}},
		{web.TaskAskSwap, facing, map[string]string{"swap": "g2/2/1"}},
		{web.TaskAgreeSwap, receiver, map[string]string{"swap": "g2/1/2"}},
		{web.TaskStatement, saver, map[string]string{"proposal": w.chosen(web.TaskStatement, saver, "proposal"), "words": "I was ill."}},
		{web.TaskAppeal, heard, map[string]string{"sanction": w.chosen(web.TaskAppeal, heard, "sanction"), "words": "Nobody asked me."}},
	} {
		if swap := x.fields["swap"]; swap != "" {
			choices, err := w.Choices(t.Context(), web.Form{Task: x.task, Member: x.member})
			require.NoError(t, err)
			assert.Contains(t, values(choices["swap"]), swap)
		}
		draft, answer := w.puts(x.task, x.member, x.fields)
		assert.True(t, answer.Accepted, "%s: %s %s", x.task, answer.Fault, answer.Detail)
		for _, personal := range []string{"Rosa", "+6391", "books", "roof", "ill", "Nobody"} {
			assert.NotContains(t, string(draft.Act), personal, x.task)
		}
	}
}

func values(choices []web.Choice) (all []string) {
	for _, choice := range choices {
		all = append(all, choice.Value)
	}
	return all
}

// What is wrong with a form is said of its field, before anything is signed.
func TestFormsSayWhichFieldIsWrong(t *testing.T) {
	w := newWorld(t)
	payout := func(name, value string) map[string]string {
		fields := map[string]string{
			"fund": "main", "to": "cash", "receiver": "Rosa", "account": "1", "payee": "nobody", "amount": "5", "unit": "KES", "fixed": "source", "reference": "x", "days": "9",
		}
		fields[name] = value
		return fields
	}
	for _, x := range []struct {
		task   web.Task
		fields map[string]string
		field  string
	}{
		{web.TaskPayout, payout("fund", "moon"), "fund"},
		{web.TaskPayout, payout("to", "No Such"), "to"},
		{web.TaskPayout, payout("to", w.Config.Name), "to"},
		{web.TaskPayout, payout("amount", "-5"), "amount"},
		{web.TaskPayout, payout("amount", "0.001"), "amount"},
		{web.TaskPayout, payout("unit", "shells"), "unit"},
		{web.TaskPayout, payout("unit", "PHP"), "max_cost"},
		{web.TaskPayout, payout("max_cost", "lots"), "max_cost"},
		{web.TaskPayout, payout("days", "900"), "days"},
		{web.TaskDelegate, map[string]string{"decision": "any", "member": saver, "until": "2020-01-01"}, "until"},
		{web.TaskPay, map[string]string{"member": saver, "amount": "x", "unit": hours.String()}, "amount"},
		{web.TaskPayMe, map[string]string{"to": "gcash-ph"}, "receiver"},
		{web.TaskFeedback, map[string]string{"match": "x", "stars": "many"}, "stars"},
		{web.TaskAskSwap, map[string]string{"swap": "g1"}, "swap"},
		{web.TaskAskSwap, map[string]string{"swap": "g1/a/2"}, "swap"},
	} {
		_, err := w.Draft(t.Context(), web.Form{Task: x.task, Member: receiver, Fields: x.fields})
		var wrong *web.FormError
		if assert.ErrorAs(t, err, &wrong, "%s %v", x.task, x.fields) {
			assert.Equal(t, x.field, wrong.Field, "%s %v", x.task, x.fields)
		}
	}
}
