package web

import (
	"maps"
	"slices"
)

// alike are the tasks whose forms are made alike.
func alike() []Task {
	return []Task{
		TaskPayout, TaskInvite, TaskVouch, TaskDelegate, TaskUndelegate, TaskPay, TaskPayMe, TaskFeedback, TaskAskSwap, TaskAgreeSwap,
		TaskStatement, TaskAppeal,
	}
}

// asks are the fields of a task that is asked for in templates/ask.html, nil of any other.
func asks(task Task) []field {
	of := func(name string) field { return field{name: name, runes: 64, choose: true} }
	amount := field{name: "amount", runes: 32, help: true}
	words := field{name: "words", runes: 500, lines: true}
	to := field{name: "to", runes: 64, help: true}
	receiver, account := field{name: "receiver", runes: 80, help: true}, field{name: "account", runes: 80}
	switch task {
	case TaskPayout:
		return []field{
			of("fund"), {name: "purpose", runes: 64, choose: true, optional: true}, of("payee"), receiver, to, account, amount,
			{name: "unit", runes: 64, help: true}, of("fixed"),
			{name: "max_cost", runes: 32, optional: true, help: true}, {name: "reference", runes: 35, help: true},
			{name: "days", runes: 3, kind: "number"}, {name: "reason", runes: 500, lines: true, optional: true, help: true},
		}
	case TaskInvite:
		return []field{}
	case TaskVouch:
		return []field{of("member")}
	case TaskDelegate:
		return []field{of("decision"), of("member"), {name: "until", runes: 10, kind: "date"}}
	case TaskUndelegate:
		return []field{of("decision")}
	case TaskPay:
		words.optional = true
		return []field{of("member"), amount, of("unit"), words}
	case TaskPayMe:
		to.optional, receiver.optional, account.optional = true, true, true
		return []field{to, receiver, account}
	case TaskFeedback:
		return []field{of("match"), of("done"), of("stars")}
	case TaskAskSwap, TaskAgreeSwap:
		return []field{of("swap")}
	case TaskStatement:
		return []field{of("proposal"), words}
	case TaskAppeal:
		return []field{of("sanction"), words}
	default:
		return nil
	}
}

// entry is a field as its form shows it.
type entry struct {
	Name, Value, Kind     string
	Max                   int
	Optional, Lines, Help bool
	Choices               []Choice
	Wrong                 bool
}

// asking is what a form shows.
type asking struct {
	Task    Task
	Entries []entry
	Wrong   *FormError
	Nothing bool // a field has nothing to choose
}

// ask makes the action that shows a task's form, with what its address fills in.
func (s *Site) ask(task Task) action {
	return func(v *visit) (page, error) {
		form := Form{Task: task, Member: v.member, Fields: map[string]string{}}
		for _, f := range asks(task) {
			if value, fault := f.read(v.r.URL.Query().Get(f.name)); fault == "" && value != "" {
				form.Fields[f.name] = value
			}
		}
		return s.askingForm(v, form, nil)
	}
}

func (s *Site) askingForm(v *visit, form Form, wrong *FormError) (page, error) {
	given := form
	given.Fields = maps.Clone(form.Fields) // the node's to keep
	choices, err := s.Node.Choices(v.r.Context(), given)
	if err != nil {
		return page{}, err
	}
	view := asking{Task: form.Task, Wrong: wrong}
	for _, f := range asks(form.Task) {
		few, known := choices[f.name]
		e := entry{
			Name: f.name, Value: form.Fields[f.name], Kind: f.kind, Max: f.runes, Optional: f.optional, Lines: f.lines, Help: f.help,
			Wrong: wrong != nil && wrong.Field == f.name,
		}
		if f.choose && known {
			e.Choices = few
			view.Nothing = view.Nothing || len(few) == 0
		}
		view.Entries = append(view.Entries, e)
	}
	if wrong != nil && !slices.ContainsFunc(view.Entries, func(e entry) bool { return e.Wrong }) {
		view.Wrong = &FormError{Fault: wrong.Fault} // of no field that is shown
	}
	return page{name: string(form.Task), template: "ask", data: view}, nil
}
