package console

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/console/draw"
	"github.com/ayni-switch/ayni/ops/pools"
)

// poolsView is the directory of pools, what ties them, and the emergencies that they declared.
type poolsView struct {
	List
	Rows        []pools.Entry
	Sections    []charter.Section
	States      []pools.State
	Known       bool // some pool is to be seen at all
	Ties        federation
	Emergencies []pools.Emergency
	Over        int // emergencies that are over, and not shown
}

// seenPools are the pools that whoever visits may see.
func (s *Site) seenPools(v *visit) []pools.Entry {
	return s.Pools.Seen(func(participant string) bool { return v.who.Sees(participant) })
}

func (s *Site) poolDirectory(v *visit) (view, error) {
	all, now := s.seenPools(v), s.Now()
	shown := poolsView{
		List: listOf(v, "name", "shows", "state", "over"), Sections: charter.Sections(), States: pools.States(), Known: len(all) > 0,
		Ties: federationOf(all, now),
	}
	for _, e := range all {
		state, section := shown.Query.Get("state"), shown.Query.Get("shows")
		if named(e, shown.Query.Get("name")) && (state == "" || state == string(e.State)) && (section == "" || shows(e, section)) {
			shown.Rows = append(shown.Rows, e)
		}
	}
	if v.asCSV() {
		return view{}, poolsCSV(v, shown.Rows)
	}
	for _, e := range pools.Emergencies(all, now) {
		if e.Open || shown.Is("over", "yes") {
			shown.Emergencies = append(shown.Emergencies, e)
		} else {
			shown.Over++
		}
	}
	shown.List = shown.paged("", "")
	return view{name: "pools", title: "Pools", at: "Pools", data: &shown}, nil
}

// named tells whether a pool is called so, by its participant's name or its own title.
func named(e pools.Entry, text string) bool {
	return matches(e.Participant, text) || e.Card != nil && matches(e.Card.Title, text)
}

func shows(e pools.Entry, section string) bool {
	return e.Card != nil && slices.Contains(e.Card.Shown, section)
}

func poolsCSV(v *visit, rows []pools.Entry) error {
	head := []string{"pool", "title", "state", "heard_at", "shows", "members", "needs", "offers", "entries", "root"}
	return v.csv("pools", head, func(write func(...string) error) error {
		for _, e := range rows {
			c := cmp.Or(e.Card, &pools.Card{})
			needs, offers := c.Open()
			err := write(e.Participant, c.Title, string(e.State), stamp(e.Heard), strings.Join(c.Shown, " "), strconv.Itoa(c.Members),
				strconv.Itoa(needs), strconv.Itoa(offers), text64(c.Size), c.Root)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// poolView is one pool.
type poolView struct {
	pools.Entry
	Own         bool // who reads may see what is the pool's own at the switch
	Now         time.Time
	Ties        federation
	Emergencies []pools.Emergency
}

// Tells tells whether the pool shows a section to everybody.
func (p *poolView) Tells(section string) bool { return shows(p.Entry, section) }

func (s *Site) pool(v *visit) (view, error) {
	all, now := s.seenPools(v), s.Now()
	name := v.r.PathValue("pool")
	at := slices.IndexFunc(all, func(e pools.Entry) bool { return e.Participant == name })
	if at < 0 {
		return view{}, errNoPage
	}
	shown := poolView{Entry: all[at], Own: v.who.Sees(name), Now: now, Ties: federationOf(all, now).of(name)}
	for _, e := range pools.Emergencies(all, now) {
		if e.Pool == name {
			shown.Emergencies = append(shown.Emergencies, e)
		}
	}
	title := name
	if shown.Card != nil && shown.Card.Title != "" {
		title = shown.Card.Title
	}
	return view{name: "pool", title: title, at: "Pools", data: &shown}, nil
}

// lookTime is how long somebody waits who has a pool looked at.
const lookTime = 10 * time.Second

// lookAgain has a pool looked at now. What that found stands on its page.
func (s *Site) lookAgain(v *visit) (view, error) {
	name := v.r.PathValue("pool")
	if err := auth.Own(v.r.Context(), name); err != nil {
		return view{}, err
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), lookTime)
	defer cancel()
	switch err := s.Pools.Look(ctx, name); {
	case errors.Is(err, pools.ErrUnknown):
		return view{}, errNoPage
	case err != nil && ctx.Err() == nil:
		return view{}, err
	}
	http.Redirect(v.w, v.r, "/console/pools/"+url.PathEscape(name), http.StatusSeeOther)
	return view{}, errAnswered
}

// federation is what ties pools.
type federation struct {
	Ties  []pools.Tie
	names map[string]string // what a pool shows of itself, in a word or two
}

func federationOf(all []pools.Entry, now time.Time) federation {
	f := federation{Ties: pools.Ties(all, now), names: map[string]string{}}
	for _, e := range all {
		f.names[e.Participant] = string(e.State)
		if e.Card != nil {
			f.names[e.Participant] = e.Card.Title
		}
	}
	return f
}

// of leaves the ties of one pool.
func (f federation) of(pool string) federation {
	f.Ties = slices.DeleteFunc(slices.Clone(f.Ties), func(t pools.Tie) bool { return t.From != pool && t.To != pool })
	return f
}

// shownTies bounds how many ties are drawn; the table beside the picture has all.
const shownTies = 24

// arcs draws it: whom each pool has paid, has pledged to, or saves with.
func (f federation) arcs(s style, id, class string, width int) template.HTML {
	ties := f.Ties[:min(len(f.Ties), shownTies)]
	drawn := draw.Arcs{About: draw.About{ID: id, Title: "Who aids whom, and who saves with whom"}, Class: class, Width: width}
	var stops []string
	for _, t := range ties {
		stops = append(stops, t.From, t.To)
	}
	slices.Sort(stops)
	stops = slices.Compact(stops)
	place := func(name string) int { return slices.Index(stops, name) }
	for _, name := range stops {
		drawn.Stops = append(drawn.Stops, draw.Stop{Name: name, Note: f.names[name]})
	}
	var said []string
	for _, t := range ties {
		arc := draw.Arc{From: place(t.From), To: place(t.To), Note: sums(s, t.Paid), Hint: t.From + " has paid " + t.To + " " + sums(s, t.Paid)}
		switch {
		case t.Kind == pools.Saves:
			arc.Stroke, arc.Headless, arc.Note, arc.Hint = draw.Dotted, true, "saves", t.From+" saves with "+t.To
		case len(t.Paid) == 0:
			arc.Stroke, arc.Note = draw.Dashed, sums(s, t.Pledged)
			arc.Hint = strings.TrimSpace(t.From + " has pledged to " + t.To + " " + arc.Note)
		}
		drawn.Arcs = append(drawn.Arcs, arc)
		said = append(said, arc.Hint)
	}
	drawn.Desc = strings.Join(said, "; ") + "."
	return picture(drawn.SVG())
}

// sums writes sums of several currencies in a line; one whose currency is not known is not written.
func sums(s style, all []fx.Money) string {
	var parts []string
	for _, m := range all {
		if !m.Currency.IsZero() {
			parts = append(parts, s.money(m))
		}
	}
	return strings.Join(parts, ", ")
}
