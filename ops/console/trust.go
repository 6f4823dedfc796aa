package console

import (
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// fxView is the FX pool and what it is valued and covered by.
type fxView struct {
	CSV    string // address of the quotes as a file
	Acts   []entry
	Pool   []ledger.PoolExposure
	Rates  ledger.RatesInForce
	Holds  bool // the sheet is in force now
	Quotes []ledger.StandingQuote
	Uses   []ledger.PoolUse
}

func (s *Site) fx(v *visit) (view, error) {
	ctx, now := v.r.Context(), s.Now()
	if v.asCSV() {
		return view{}, s.quotesCSV(v, now)
	}
	shown := fxView{CSV: "/console/fx?format=csv"}
	if v.who.Is(auth.Operator) {
		for _, a := range rateActs() {
			shown.Acts = append(shown.Acts, a.entry())
		}
	}
	var err error
	if shown.Pool, err = s.Books.PoolExposures(ctx); err != nil {
		return view{}, err
	}
	if shown.Rates, err = s.Books.Rates(ctx); err != nil {
		return view{}, err
	}
	if shown.Quotes, err = s.Books.Quotes(ctx, now, ledger.DefaultPage); err != nil {
		return view{}, err
	}
	shown.Holds = shown.Rates.Sheet.Serial > 0 && shown.Rates.Sheet.HoldsAt(now)
	shown.Uses, err = s.Books.PoolUses(ctx, ledger.DefaultPage)
	return view{name: "fx", title: "FX", at: "FX", data: &shown}, err
}

// differencesView is what statements, log and postings do not say alike.
type differencesView struct {
	List
	Heads map[string]head
	Rows  []differenceRow
}

type differenceRow struct {
	ledger.Difference
	Act string // address of its resolution; "" where it is not for who reads, or was resolved
}

// resolvedLast puts what is open first.
func resolvedLast(a, b differenceRow) int {
	switch {
	case a.Resolution == nil && b.Resolution != nil:
		return -1
	case a.Resolution != nil && b.Resolution == nil:
		return 1
	default:
		return 0
	}
}

func (s *Site) reconciliation(v *visit) (view, error) {
	shown := differencesView{List: listOf(v, "participant", "all", "sort")}
	found, err := s.Books.Differences(v.r.Context(), shown.Query.Get("participant"), !shown.Is("all", "yes"), alarmsRead)
	if err != nil {
		return view{}, err
	}
	resolve, err := actOf(string(request.ResolveDifference))
	if err != nil {
		return view{}, err
	}
	for _, d := range found {
		row := differenceRow{Difference: d}
		if d.Resolution == nil && v.who.Is(auth.Operator) {
			row.Act = resolve.entry("participant", d.Participant, "difference", d.ID).Path
		}
		shown.Rows = append(shown.Rows, row)
	}
	shown.Heads = sorted(shown.List, shown.Rows,
		column[differenceRow]{Key: "day", Name: "Difference", Num: true, compare: by(func(d differenceRow) string { return string(d.Day) })},
		column[differenceRow]{Key: "participant", Name: "Rail of", compare: by(func(d differenceRow) string { return d.Participant })},
		column[differenceRow]{Key: "state", Name: "State", compare: resolvedLast})
	if v.asCSV() {
		return view{}, differencesCSV(v, shown.Rows)
	}
	shown.List = shown.paged("", "")
	return view{name: "reconciliation", title: "Reconciliation", at: "Reconciliation", data: &shown}, nil
}
