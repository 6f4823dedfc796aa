package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/console/draw"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// alarmBP is from which use of a cap on it is shown as close, in hundredths of a percent.
const alarmBP = 8_000

// participantsView is everybody's position against their caps.
type participantsView struct {
	List
	Rows       []standing
	Currencies []string
	Heads      map[string]head
	Ask        bool // who reads may ask for another
}

// standing is a participant's place in one currency, as it is shown.
type standing struct {
	ledger.Standing
	Row int
}

// Money is an amount in the standing's currency.
func (s standing) Money(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: s.Currency} }

// Most is how much it may owe.
func (s standing) Most() int64 { return s.PrefundMinor + s.CreditLineMinor }

// Bar draws how much of that is used.
func (s standing) Bar() string {
	return draw.Cap{
		About: draw.About{ID: "cap-" + strconv.Itoa(s.Row), Title: "Used of what may be owed", Desc: plainStyle().percent(s.UsedBP)},
		Class: "inline", Width: 104, Used: s.UsedBP, Most: 10_000, MarkBP: alarmBP,
	}.SVG()
}

// Wide draws it over the width of a page.
func (s standing) Wide() string {
	return draw.Cap{
		About: draw.About{ID: "wide-" + strconv.Itoa(s.Row), Title: "Used of what may be owed in " + unit(s.Currency), Desc: plainStyle().percent(s.UsedBP)},
		Width: 720, Used: s.UsedBP, Most: 10_000, MarkBP: alarmBP,
	}.SVG()
}

func (s *Site) participants(v *visit) (view, error) {
	scope, err := auth.Scope(v.r.Context())
	if err != nil {
		return view{}, err
	}
	all, err := s.Books.Standings(v.r.Context(), scope)
	if err != nil {
		return view{}, err
	}
	shown := participantsView{List: listOf(v, "currency", "sort", "name"), Ask: v.who.Is(auth.Operator)}
	seen := map[string]bool{}
	for _, one := range all {
		if one.Participant == ledger.SchemeName {
			continue // the FX pool has a page of its own
		}
		code := one.Currency.String()
		if !seen[code] {
			seen[code] = true
			shown.Currencies = append(shown.Currencies, code)
		}
		if only := shown.Query.Get("currency"); only != "" && only != code || !matches(one.Participant, shown.Query.Get("name")) {
			continue
		}
		shown.Rows = append(shown.Rows, standing{Standing: one})
	}
	slices.Sort(shown.Currencies)
	shown.Heads = sortStandings(shown.List, shown.Rows)
	for i := range shown.Rows {
		shown.Rows[i].Row = i
	}
	if v.asCSV() {
		return view{}, standingsCSV(v, shown.Rows)
	}
	shown.List = shown.paged("", "")
	return view{name: "participants", title: "Participants", at: "Participants", data: &shown}, nil
}

// sortStandings sorts by what was chosen; by name where nothing was.
func sortStandings(l List, rows []standing) map[string]head {
	return sorted(l, rows,
		column[standing]{Key: "name", Name: "Participant", compare: func(a, b standing) int {
			return cmp.Or(cmp.Compare(a.Participant, b.Participant), cmp.Compare(a.Currency.String(), b.Currency.String()))
		}},
		column[standing]{Key: "used", Name: "Used", Num: true, compare: by(func(s standing) int64 { return s.UsedBP })},
		column[standing]{Key: "price", Name: "More would release", Num: true, compare: by(func(s standing) int64 { return s.Price })},
		column[standing]{Key: "rail", Name: "Rail", compare: by(func(s standing) string { return string(s.Rail) })},
	)
}

// matches tells whether a name has a text in it; every name has "".
func matches(name, text string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(text))
}

// participantView is one participant.
type participantView struct {
	settlement.Participant
	Standings   []standing
	Transfers   []ledger.FoundTransfer
	Scheme      bool
	Ask         bool // who reads may ask for changes
	Acts        []entry
	More        []entry // what is asked for less often
	Credentials credentials
	Lacking     []ledger.AccountLack // what transfers that wait lack on its accounts, as of the newest choice
}

// Money is an amount in its own currency.
func (p participantView) Money(minor int64) fx.Money {
	return fx.Money{Minor: minor, Currency: p.Currency}
}

func (s *Site) participant(v *visit) (view, error) {
	name := v.r.PathValue("name")
	if err := auth.Own(v.r.Context(), name); err != nil {
		return view{}, err
	}
	everybody, err := s.Books.Participants(v.r.Context())
	if err != nil {
		return view{}, err
	}
	at := slices.IndexFunc(everybody, func(p settlement.Participant) bool { return p.Name == name })
	if at < 0 {
		return view{}, errNoPage
	}
	shown := participantView{Participant: everybody[at], Scheme: v.who.SeesAll(), Ask: v.who.Is(auth.Operator)}
	shown.offer()
	standings, err := s.Books.Standings(v.r.Context(), name)
	if err != nil {
		return view{}, err
	}
	for i, one := range standings {
		shown.Standings = append(shown.Standings, standing{Standing: one, Row: i})
	}
	if shown.Credentials, err = s.credentials(v, name); err != nil {
		return view{}, err
	}
	if shown.Lacking, err = s.lacking(v.r.Context(), standings); err != nil {
		return view{}, err
	}
	const few = 8
	page, err := s.Books.FindTransfers(v.r.Context(), ledger.TransferFilter{Scope: name, Limit: few})
	shown.Transfers = page.Transfers
	return view{name: "participant", title: name, at: "Participants", data: &shown}, err
}

// offer adds what may be asked for, with what is in force now filled in.
func (p *participantView) offer() {
	pairs := []string{
		"participant", p.Name, "currency", p.Currency.String(),
		"min", p.Money(p.PayoutMinMinor).Text(), "max", p.Money(p.PayoutMaxMinor).Text(), "step", p.Money(p.PayoutIncrementMinor).Text(),
	}
	for _, a := range participantActs() {
		if a.Kind != request.Suspend && a.Kind != request.Resume || (a.Kind == request.Resume) == p.Suspended {
			p.Acts = append(p.Acts, a.entry(pairs...))
		}
	}
	for _, a := range slices.Concat(capActs(), doorActs()) {
		if a.Kind != request.Add {
			p.More = append(p.More, a.entry(pairs...))
		}
	}
}

// lacking tells what transfers that wait lack on somebody's accounts that bind, by the batch that found it.
func (s *Site) lacking(ctx context.Context, standings []ledger.Standing) (lack []ledger.AccountLack, err error) {
	at := slices.IndexFunc(standings, func(s ledger.Standing) bool { return s.Price > 0 })
	if at < 0 {
		return nil, nil
	}
	story, err := s.Books.BatchStory(ctx, standings[at].PriceBatch)
	if err != nil {
		return nil, err
	}
	for _, one := range story.Lacking {
		if one.Owner == standings[at].Participant {
			lack = append(lack, one)
		}
	}
	return lack, nil
}
