package console

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// transfersView is the search for transfers.
type transfersView struct {
	List
	Transfers    []ledger.FoundTransfer
	Refused      []ledger.RefusedIntent // ids that were looked for and never became transfers
	Participants []string
	Currencies   []string
	States       []messaging.State
}

// states are those that a transfer is looked for by.
func states() []messaging.State {
	return []messaging.State{
		messaging.StateQueued, messaging.StateCleared, messaging.StatePaid, messaging.StateReturnPending, messaging.StateReturned, messaging.StateExpired,
	}
}

func (s *Site) transfers(v *visit) (view, error) {
	scope, err := auth.Scope(v.r.Context())
	if err != nil {
		return view{}, err
	}
	shown := transfersView{States: states(), List: listOf(v, "text", "debtor", "creditor", "state", "waiting", "currency", "min", "max", "from", "until", "batch")}
	after := v.r.URL.Query().Get("after")
	filter, wrong := transferFilter(shown.List, v.zone())
	filter.Scope, filter.Cursor = scope, after
	if wrong == "" && v.asCSV() {
		return view{}, s.transfersCSV(v, filter)
	}
	if shown.Participants, shown.Currencies, err = s.names(v, scope); err != nil {
		return view{}, err
	}
	title := view{name: "transfers", title: "Transfers", at: "Transfers", data: &shown}
	if shown.Wrong = wrong; wrong != "" {
		return title, nil
	}
	page, err := s.Books.FindTransfers(v.r.Context(), filter)
	if errors.Is(err, ledger.ErrCursor) || errors.Is(err, ledger.ErrFilter) {
		shown.Wrong = "This address is damaged: begin with the newest."
		return title, nil
	}
	if err != nil {
		return view{}, err
	}
	shown.Transfers, shown.List = page.Transfers, shown.paged(after, page.Next)
	if filter.Text != "" && len(page.Transfers) == 0 {
		if shown.Refused, err = s.Books.RefusedIntents(v.r.Context(), scope, filter.Text); err != nil {
			return view{}, err
		}
	}
	return title, nil
}

// names are the participants and currencies that a reader chooses from. Who sees its own alone is told the names
// that it deals with by its transfers, not by a list.
func (s *Site) names(v *visit, scope string) (participants, currencies []string, err error) {
	all, err := s.Books.Participants(v.r.Context())
	seen := map[string]bool{}
	for _, p := range all {
		if scope == "" || p.Name == scope {
			participants = append(participants, p.Name)
		}
		if code := p.Currency.String(); !seen[code] {
			seen[code] = true
			currencies = append(currencies, code)
		}
	}
	slices.Sort(currencies)
	return participants, currencies, err
}

// transferFilter reads what was filled in; wrong says for people what cannot be looked for.
func transferFilter(l List, zone *time.Location) (f ledger.TransferFilter, wrong string) {
	q := l.Query.Get
	f = ledger.TransferFilter{
		Text: q("text"), Debtor: q("debtor"), Creditor: q("creditor"), State: messaging.State(q("state")), Waiting: q("waiting") != "",
	}
	var err error
	if code := q("currency"); code != "" {
		if f.Currency, err = fx.ParseCurrency(strings.ToUpper(code)); err != nil {
			if f.Currency, err = fx.ParseCurrency(code); err != nil {
				return f, "No currency has that code."
			}
		}
	}
	for name, minor := range map[string]*int64{"min": &f.MinMinor, "max": &f.MaxMinor} {
		text := q(name)
		if text == "" {
			continue
		}
		if f.Currency.IsZero() {
			return f, "An amount needs its currency: choose one."
		}
		amount, err := fx.ParseMoney(text, f.Currency)
		if err != nil || amount.Minor < 0 {
			return f, "An amount is written as 1234.50, with no more decimals than its currency has."
		}
		*minor = amount.Minor
	}
	for name, at := range map[string]*time.Time{"from": &f.From, "until": &f.Until} {
		if text := q(name); text != "" {
			if *at, err = time.ParseInLocation("2006-01-02T15:04", text, zone); err != nil {
				return f, "A time is written as 2026-11-22T09:30."
			}
		}
	}
	if text := q("batch"); text != "" {
		if f.Batch, err = number64(text); err != nil {
			return f, "A batch has a whole number."
		}
	}
	return f, ""
}

// transfersCSV answers with all that a filter finds, amounts as exact decimals.
func (s *Site) transfersCSV(v *visit, filter ledger.TransferFilter) error {
	filter.Cursor = ""
	head := []string{"transfer", "intent", "debtor", "creditor", "source", "source_currency", "destination", "destination_currency", "state", "reason", "since", "received_at", "accepted_at", "deadline", "batch"}
	return v.csv("transfers", head, func(write func(...string) error) error {
		return s.Books.EachTransfer(v.r.Context(), filter, func(t ledger.FoundTransfer) error {
			return write(t.ID.String(), t.Intent, t.Debtor, t.Creditor, t.Source.Text(), t.Source.Currency.String(), t.Destination.Text(),
				t.Destination.Currency.String(), string(t.State), t.Reason, stamp(t.Since), stamp(t.ReceivedAt), stamp(t.AcceptedAt), stamp(t.Deadline), text64(t.Batch))
		})
	})
}

// transferView is one transfer's story.
type transferView struct {
	ledger.TransferStory
	Steps []step
	Acts  []entry // that who reads may ask for
}

func (s *Site) transfer(v *visit) (view, error) {
	id, err := settlement.ParseTransferID(v.r.PathValue("id"))
	if err != nil {
		return view{}, errNoPage
	}
	story, err := s.Books.Transfer(v.r.Context(), id)
	if errors.Is(err, ledger.ErrNoTransfer) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	if err := auth.Own(v.r.Context(), story.Debtor, story.Creditor); err != nil {
		return view{}, err
	}
	seen := *story
	if !v.who.SeesAll() {
		seen = story.SeenBy(v.who.Participant)
	}
	shown := transferView{TransferStory: seen, Steps: stepsOf(seen)}
	if v.who.Is(auth.Operator) && story.Waits != nil {
		held := story.Waits.Cause == ledger.WaitHeld
		for _, a := range transferActs() {
			if (a.Kind != request.Hold) == held {
				shown.Acts = append(shown.Acts, a.entry("transfer", id.String()))
			}
		}
	}
	if at, waits := atRail(story); waits && resolves(v.who) {
		shown.Acts = append(shown.Acts, at)
	}
	return view{name: "transfer", title: id.String(), at: "Transfers", data: shown}, nil
}
