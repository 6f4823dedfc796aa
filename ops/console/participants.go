package console

import (
	"cmp"
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
	Sort       string
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
	shown := participantsView{List: listOf(v, "currency", "sort", "name")}
	shown.Sort = shown.Query.Get("sort")
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
	sortStandings(shown.Rows, shown.Sort)
	for i := range shown.Rows {
		shown.Rows[i].Row = i
	}
	if v.asCSV() {
		return view{}, standingsCSV(v, shown.Rows)
	}
	shown.List = shown.paged("", "")
	return view{name: "participants", title: "Participants", at: "Participants", data: &shown}, nil
}

// sortStandings sorts by what was chosen, the greatest first; by name where nothing was.
func sortStandings(rows []standing, by string) {
	slices.SortStableFunc(rows, func(a, b standing) int {
		switch by {
		case "used":
			return cmp.Compare(b.UsedBP, a.UsedBP)
		case "price":
			return cmp.Compare(b.Price, a.Price)
		default:
			return cmp.Or(cmp.Compare(a.Participant, b.Participant), cmp.Compare(a.Currency.String(), b.Currency.String()))
		}
	})
}

func standingsCSV(v *visit, rows []standing) error {
	head := []string{"participant", "currency", "position", "prefunding", "credit_line", "available", "used_basis_points", "reserved", "collateral", "pledged", "guaranteed", "suspended", "rail", "shadow_price"}
	return v.csv("participants", head, func(write func(...string) error) error {
		for _, s := range rows {
			err := write(s.Participant, s.Currency.String(), s.Money(s.PositionMinor).Text(), s.Money(s.PrefundMinor).Text(), s.Money(s.CreditLineMinor).Text(),
				s.Money(s.AvailableMinor).Text(), text64(s.UsedBP), s.Money(s.ReservedMinor).Text(), s.Money(s.CollateralMinor).Text(), s.Money(s.PledgedMinor).Text(),
				s.Money(s.GuaranteedMinor).Text(), strconv.FormatBool(s.Suspended), string(s.Rail), text64(s.Price))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// matches tells whether a name has a text in it; every name has "".
func matches(name, text string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(text))
}

// participantView is one participant.
type participantView struct {
	settlement.Participant
	Standings []standing
	Transfers []ledger.FoundTransfer
	Scheme    bool
	Ask       bool // who reads may ask for changes
	Acts      []entry
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
	for _, a := range participantActs() {
		if a.Kind != request.Suspend && a.Kind != request.Resume || (a.Kind == request.Resume) == shown.Suspended {
			shown.Acts = append(shown.Acts, a.entry("participant", name, "currency", shown.Currency.String()))
		}
	}
	standings, err := s.Books.Standings(v.r.Context(), name)
	if err != nil {
		return view{}, err
	}
	for i, one := range standings {
		shown.Standings = append(shown.Standings, standing{Standing: one, Row: i})
	}
	const few = 8
	page, err := s.Books.FindTransfers(v.r.Context(), ledger.TransferFilter{Scope: name, Limit: few})
	shown.Transfers = page.Transfers
	return view{name: "participant", title: name, at: "Participants", data: &shown}, err
}
