package view

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Draft implements web.Desk.
func (v *View) Draft(ctx context.Context, form web.Form) (web.Draft, error) {
	write, known := map[web.Task]func(*View, web.Form) (Asking, error){
		web.TaskVote: (*View).ballot, web.TaskPost: (*View).post, web.TaskWithdraw: (*View).withdraw,
		web.TaskMatch: (*View).match, web.TaskJoin: (*View).join,
	}[form.Task]
	if !known {
		write, known = asks()[form.Task]
	}
	if form.Task == web.TaskInvite {
		return v.invite(ctx, form)
	}
	if !known {
		return web.Draft{}, &web.FormError{Fault: "bad_form"}
	}
	ask, err := write(v, form)
	if err != nil {
		return web.Draft{}, err
	}
	draft, err := v.Compose(ctx, ask)
	if errors.As(err, new(*act.FormError)) {
		err = &web.FormError{Fault: "bad_form"}
	}
	return draft, err
}

func (v *View) ballot(form web.Form) (ask Asking, err error) {
	_, seen := v.look(form.Member, func(g *glance) {
		p := g.State.Proposal(form.Fields["proposal"])
		if p == nil || !g.seesProposal(p) {
			err = web.ErrUnknown
			return
		}
		ask = Asking{Member: form.Member, Kind: "vote", Body: decide.Ballot{
			Proposal: p.ID, Hash: hex.EncodeToString(p.Hash[:]), Choice: decide.Choice(form.Fields["choice"]),
		}}
	})
	return ask, errors.Join(seen, err)
}

func (v *View) post(form web.Form) (Asking, error) {
	p := decide.Posting{Kind: board.Kind(form.Fields["kind"]), Category: board.Category(form.Fields["category"])}
	if p.Kind != board.Need && p.Kind != board.Offer {
		return Asking{}, &web.FormError{Field: "kind", Fault: "bad_form"}
	}
	if !p.Category.Known() {
		return Asking{}, &web.FormError{Field: "category", Fault: "bad_form"}
	}
	var ok bool
	if p.Quantity, p.Unit, ok = readQuantity(form.Fields["quantity"]); !ok {
		return Asking{}, &web.FormError{Field: "quantity", Fault: "bad_quantity"}
	}
	var err error
	if p.Urgency, err = strconv.Atoi(form.Fields["urgency"]); err != nil || p.Urgency < 1 || p.Urgency > board.MaxUrgency {
		return Asking{}, &web.FormError{Field: "urgency", Fault: "bad_form"}
	}
	day, err := time.Parse(time.DateOnly, form.Fields["until"])
	now := v.node.Now()
	if p.Until = day.AddDate(0, 0, 1); err != nil || !p.Until.After(now) || p.Until.Sub(now) > board.MaxTerm {
		return Asking{}, &web.FormError{Field: "until", Fault: "bad_date"}
	}
	if area := form.Fields["place"]; len([]rune(area)) > board.MaxArea {
		return Asking{}, &web.FormError{Field: "place", Fault: "too_long"}
	} else if area != "" {
		p.Place = board.Place{Area: area, Shown: board.Members}
	}
	return Asking{Member: form.Member, Kind: "post", Body: p, Closed: map[string]any{"text": form.Fields["text"]}}, nil
}

// readQuantity reads "3 hours", "2.5 kes", "4": a number and a unit, pieces where there is none.
func readQuantity(text string) (n int64, unit board.Unit, ok bool) {
	number, name, _ := strings.Cut(strings.TrimSpace(text), " ")
	name = strings.TrimSpace(name)
	if name == "" {
		name = string(board.Piece)
	}
	if currency, err := fx.ParseCurrency(strings.ToUpper(name)); err == nil {
		money, err := fx.ParseMoney(number, currency)
		return money.Minor, board.Unit(currency.String()), err == nil && money.Minor > 0
	}
	unit = board.Unit(strings.ToLower(name))
	if singular := board.Unit(strings.TrimSuffix(string(unit), "s")); !unit.Known() && singular.Known() {
		unit = singular
	}
	if currency, err := fx.ParseCurrency(string(unit)); err == nil { // of the community
		money, err := fx.ParseMoney(number, currency)
		return money.Minor, unit, err == nil && money.Minor > 0
	}
	n, err := strconv.ParseInt(number, 10, 64)
	return n, unit, err == nil && n > 0 && n <= board.MaxQuantity && unit.Known()
}

func (v *View) withdraw(form web.Form) (Asking, error) {
	return Asking{Member: form.Member, Kind: "withdraw_posting", Body: map[string]string{"posting": form.Fields["posting"]}}, nil
}

// match answers a match, or proposes one that is suggested.
func (v *View) match(form web.Form) (ask Asking, err error) {
	ask.Member = form.Member
	yes := form.Fields["choice"] == "accept"
	need, offer, suggested := strings.Cut(form.Fields["match"], pairMark)
	if !suggested {
		ask.Kind, ask.Body = "answer_match", decide.Matching{Match: need, Yes: yes}
		return ask, nil
	}
	_, seen := v.look(form.Member, func(g *glance) {
		of, by := g.State.Board().Postings[need], g.State.Board().Postings[offer]
		if !yes || !g.isMe(of.Member) && !g.isMe(by.Member) {
			err = web.ErrUnknown
			return
		}
		ask.Kind, ask.Body = "match_posting", decide.Matching{Need: need, Offer: offer, Quantity: min(of.Left(), by.Left())}
	})
	return ask, errors.Join(seen, err)
}

// minCode is how long an invitation's code is at least.
const minCode = 16

func (v *View) join(form web.Form) (Asking, error) {
	code := form.Fields["code"]
	if len(code) < minCode {
		return Asking{}, &web.FormError{Field: "code", Fault: "bad_code"}
	}
	if _, err := act.ParseKey(form.Fields["key"]); err != nil {
		return Asking{}, &web.FormError{Field: "key", Fault: "bad_key"}
	}
	person := messaging.Party{Name: form.Fields["name"], Account: form.Fields["contact"]}
	return Asking{Kind: "join", Body: map[string]string{"code": code}, Closed: map[string]any{"person": person}}, nil
}

// Act implements web.Desk.
func (v *View) Act(ctx context.Context, signed web.Signed) (web.Answer, error) {
	a, err := act.Read(signed.Draft.Act)
	if err != nil {
		return refused(err)
	}
	said := act.Signed{Open: signed.Draft.Act, Signature: signed.Signature}
	if signed.Key != nil {
		if len(signed.Key) != len(said.Key) {
			return web.Answer{Fault: string(decide.FaultSignature)}, nil
		}
		said.Key = act.Key(signed.Key)
	} else {
		v.node.View(func(s *decide.State) {
			if m := s.Member(a.By); m != nil {
				said.Key = m.Key
			}
		})
	}
	answer, err := v.node.Act(ctx, said, theirs(a, signed.Closed))
	if err != nil {
		return refused(err)
	}
	view := web.Answer{Accepted: answer.Fault == "", Index: answer.Index, Fault: string(answer.Fault), Detail: answer.Detail}
	if a.Kind == "join" {
		view.Member = answer.Made
	}
	return view, nil
}

// theirs are the closed values that an act itself names: those that its documents name are in the pool already.
func theirs(a act.Act, closed [][]byte) (own [][]byte) {
	for _, blob := range closed {
		name := act.Commit(blob)
		if strings.Contains(string(a.Body), fmt.Sprintf("%x", name[:])) {
			own = append(own, blob)
		}
	}
	return own
}

// refused makes an answer of what is wrong with an act, of which the log has nothing. Any other error is the node's.
func refused(err error) (web.Answer, error) {
	var fault decide.Fault
	switch {
	case errors.As(err, new(*act.FormError)):
		fault = decide.FaultForm
	case errors.As(err, new(*pool.ClosedError)):
		fault = decide.FaultCommitments
	case errors.As(err, new(*decide.InputError)):
		fault = decide.FaultTooMany
	default:
		return web.Answer{}, err
	}
	return web.Answer{Fault: string(fault), Detail: err.Error()}, nil
}
