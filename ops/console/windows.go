package console

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// windowView is one window.
type windowView struct {
	*ledger.WindowStory
	Acts         []entry
	Legs         []leg
	Nets         []netRow
	Instructions []instructionRow
	Ended        int // instructions that the agent has answered
}

// leg is what a closed window comes to in one currency.
type leg struct{ ledger.WindowSum }

// SetOffBP is how much of what all owed cancelled itself out, in hundredths of a percent.
func (l leg) SetOffBP() int64 { return int64(share(l.GrossMinor-l.NetMinor, l.GrossMinor)) }

// netRow is a position of a window, with what its owner is told of it.
type netRow struct {
	ledger.WindowPosition
	Papers []entry
}

// instructionRow is what the settlement agent was told, with what may be asked for.
type instructionRow struct {
	ledger.ListedInstruction
	Act string // address; "" where it is not for who reads, or has ended
}

func (s *Site) window(v *visit) (view, error) {
	id, err := number64(v.r.PathValue("id"))
	if err != nil {
		return view{}, errNoPage
	}
	story, err := s.Books.WindowStory(v.r.Context(), settlement.WindowID(id))
	if errors.Is(err, ledger.ErrNoWindow) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	shown := windowView{WindowStory: story}
	for _, sum := range story.Currencies {
		shown.Legs = append(shown.Legs, leg{sum})
	}
	for _, net := range story.Nets {
		shown.Nets = append(shown.Nets, netRow{net, papersOf(v.r.URL.Path, story, net, s.Now())})
	}
	operates := v.who.Is(auth.Operator)
	for _, i := range story.Instructions {
		row := instructionRow{ListedInstruction: i}
		if i.Result != "" {
			shown.Ended++
		} else if operates {
			row.Act = settlingActs()[0].entry("instruction", i.ID.String(), "currency", i.Amount.Currency.String(), "amount", i.Amount.Text()).Path
		}
		shown.Instructions = append(shown.Instructions, row)
	}
	if operates {
		shown.Acts = windowActs(story)
	}
	return view{name: "window", title: "Window " + text64(id), at: "Windows", data: &shown}, nil
}

// windowActs are what an operator may ask for on a window.
func windowActs(w *ledger.WindowStory) (acts []entry) {
	for _, a := range otherActs() {
		switch {
		case a.Kind == request.CloseWindow && w.State == settlement.WindowOpen:
			acts = append(acts, a.entry("group", w.Group))
		case a.Kind == request.Resettle && w.State == settlement.WindowFailed:
			acts = append(acts, a.entry("window", text64(int64(w.ID))))
		}
	}
	if len(w.Defaults) > 0 {
		acts = append(acts, settlingActs()[1].entry("participant", w.Defaults[0].Owed.Owner, "currency", w.Defaults[0].Amount.Currency.String()))
	}
	return acts
}

// papersOf are what a participant can be handed of a closed window: what it owes or is owed, and the day (UTC) on which
// it closed, as far as that went.
func papersOf(path string, w *ledger.WindowStory, net ledger.WindowPosition, now time.Time) (all []entry) {
	if w.ClosedAt.IsZero() || net.Kind != ledger.Position {
		return nil
	}
	formats := []string{"camt.053", "csv"}
	if now.UTC().Format(time.DateOnly) == w.ClosedAt.UTC().Format(time.DateOnly) {
		formats[0] = "camt.052"
	}
	if net.NetMinor != 0 {
		formats = append([]string{"pacs.009"}, formats...)
	}
	for _, format := range formats {
		all = append(all, entry{Name: format, Path: path + "/paper?participant=" + net.Owner + "&currency=" + net.Currency.String() + "&format=" + format})
	}
	return all
}

// settlingActs are what is asked for while a window settles: what the agent made of an instruction, what a defaulter brought later.
func settlingActs() []act {
	return []act{
		{Kind: request.InstructionResult, Title: "Book what the settlement agent did", Button: "The agent answered", Danger: true, Fields: []actField{
			{Name: "instruction", Label: "Instruction", Fixed: true}, in(), {Name: "amount", Label: "Amount", Fixed: true},
			{Name: "did", Label: "The agent", Choices: []string{"moved", "refused"}},
			{Name: "evidence", Label: "The agent’s reference", Hint: "Of the movement. It is used once.", Optional: true}},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				return request.InstructionPlan(settlement.InstructionResult{
					Instruction: f.Get("instruction"), Currency: m.Currency, AmountMinor: m.Minor, Evidence: f.Get("evidence"), Refused: f.Get("did") == "refused",
				}, f.reason())
			}},
		{Kind: request.Recover, Title: "Book what a defaulter brought later", Button: "Money from the defaulter", Fields: []actField{
			who(), in(), {Name: "brought", Label: "What it brought", Hint: "As the settlement agent received it.", Amount: true}, {Name: "evidence", Label: "The agent’s reference", Hint: "It proves that the money came, and is used once."}},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("brought")
				if err != nil {
					return request.Plan{}, err
				}
				return request.RecoverPlan(settlement.Recover{Participant: f.Get("participant"), Currency: m.Currency, AmountMinor: m.Minor, Evidence: f.Get("evidence")}, f.reason())
			}},
	}
}
