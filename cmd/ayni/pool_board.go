package main

import (
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
)

func (m *member) boardCommands() []*cobra.Command {
	c := group("board", "Needs and offers")
	ofMember := func(use, short string) *cobra.Command {
		return m.says(use+" MEMBER", short, cobra.ExactArgs(1), func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: use, body: map[string]string{"member": args[0]}}, nil
		})
	}
	withdraw := m.says("withdraw POSTING", "Take a need or an offer of yours down", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "withdraw_posting", body: map[string]string{"posting": args[0]}}, nil
		})
	list := m.reads("list", "The board, and the matches that you have a part in", "board")
	c.AddCommand(list, m.post(), withdraw, m.matchPostings(), m.answer(), m.feedback(), m.resolve(),
		ofMember("block", "Be matched with a member no more; only you know"), ofMember("unblock", "End a block of yours"))
	return []*cobra.Command{c}
}

func (m *member) post() *cobra.Command {
	var p decide.Posting
	var kind, category, unit, shown, text string
	var days int
	c := m.says("post need|offer", "Put up what you need, or what you offer", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (w word, err error) {
			kind = args[0]
			p.Kind, p.Category, p.Unit, p.Until = board.Kind(kind), board.Category(category), board.Unit(unit), within(days)
			if p.Place.Area != "" || p.Place.Cell != "" {
				p.Place.Shown = board.Shown(shown)
			}
			p.Text, err = closing(text, &w.closed)
			w.kind, w.body = "post", p
			return w, err
		})
	c.Flags().StringVar(&category, "category", "", "food, transport, …; \"ayni pool board list\" names them all")
	c.Flags().Int64Var(&p.Quantity, "quantity", 1, "how many")
	c.Flags().StringVar(&unit, "unit", string(board.Piece), "of what: piece, hour, day, night, meal, …")
	c.Flags().IntVar(&p.Urgency, "urgency", 2, "1 (some time) to 4 (now)")
	c.Flags().StringVar(&p.Place.Area, "area", "", "where: a name that members know")
	c.Flags().StringVar(&p.Place.Cell, "cell", "", "where: a geohash of up to 6 characters")
	c.Flags().StringVar(&shown, "place-shown", string(board.Members), "who sees the place: nobody, members, public")
	c.Flags().IntVar(&days, "days", 14, "for so many days")
	c.Flags().StringVar(&text, "text", "", "in your own words; members see it")
	demand(c, "category")
	return c
}

func (m *member) matchPostings() *cobra.Command {
	var quantity int64
	c := m.says("match NEED OFFER", "Suggest that an offer answers a need; both members decide", cobra.ExactArgs(2),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "match_posting", body: decide.Matching{Need: args[0], Offer: args[1], Quantity: quantity}}, nil
		})
	c.Flags().Int64Var(&quantity, "quantity", 1, "how many of it")
	return c
}

func (m *member) answer() *cobra.Command {
	return m.says("answer MATCH yes|no", "Take a match that was suggested to you, or leave it", cobra.MatchAll(cobra.ExactArgs(2), yesOrNo),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "answer_match", body: decide.Matching{Match: args[0], Yes: args[1] == "yes"}}, nil
		})
}

func (m *member) feedback() *cobra.Command {
	var stars int
	c := m.says("feedback MATCH yes|no", "Say whether a match was done, and how it was", cobra.MatchAll(cobra.ExactArgs(2), yesOrNo),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "feedback", body: decide.Matching{Match: args[0], Done: args[1] == "yes", Stars: stars}}, nil
		})
	c.Flags().IntVar(&stars, "stars", 0, "1 to 5, or 0 for none")
	return c
}

func (m *member) resolve() *cobra.Command {
	return m.says("resolve MATCH yes|no", "Say as a mediator whether a match was done, where its two disagree", cobra.MatchAll(cobra.ExactArgs(2), yesOrNo),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "resolve_match", body: decide.Matching{Match: args[0], Done: args[1] == "yes"}}, nil
		})
}
