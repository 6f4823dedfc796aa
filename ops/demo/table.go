package demo

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
)

// WriteTable prints the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	w := &printer{to: tabwriter.NewWriter(out, 2, 8, 2, ' ', 0)}
	w.line("\nTRANSFERS\t%d accepted\t%.0f a second\t%.1f s", r.Transfers, r.ThroughputPerS, r.Seconds)
	for _, state := range slices.Sorted(maps.Keys(r.ByState)) {
		w.line("  %s\t%d", state, r.ByState[state])
	}
	w.line("  to cleared\tp50 %d ms\tp99 %d ms", r.Latency.ClearedP50, r.Latency.ClearedP99)
	w.line("  to paid\tp50 %d ms\tp99 %d ms\t(rails answer with delays and silences on purpose)", r.Latency.PaidP50, r.Latency.PaidP99)
	w.line("\nCURRENCY\tgross\tnet\tsaved\tpaid out")
	for _, c := range r.PerCurrency {
		money := func(minor int64) string {
			currency, err := fx.ParseCurrency(c.Currency)
			if err != nil {
				return fmt.Sprint(minor)
			}
			return grouped(fx.Money{Minor: minor, Currency: currency}.Text())
		}
		w.line("  %s\t%s\t%s\t%.1f %%\t%s", c.Currency, money(c.GrossMinor), money(c.NetMinor), c.SavedPct, money(c.PaidMinor))
	}
	w.line("  across currencies\tUSD %s\t%.1f %% of it met inside the pool", grouped(fmt.Sprintf("%.0f", r.FXTotalUSD)), r.FXMatchedPct)
	c := r.Clearing
	w.line("\nCLEARING\tof what any choice could have cleared at the same liquidity, by value, weighted with priority and age")
	w.line("  chosen\t%.2f %%\tin %d batches; the worst, number %d, %.2f %%", 100*c.BusyReachedOfBound, c.Batches-c.IdleBatches,
		c.WorstBatch, 100*c.WorstRatio)
	w.line("  first in, first out\t%.2f %%\twould have cleared by age alone", 100*c.BusyFIFOOfBound)
	w.line("  nothing cleared\t%d\tbatches more; with them chosen was %.2f %%, for each bounds anew what waits", c.IdleBatches,
		100*c.ReachedOfBound)
	for _, tier := range slices.Sorted(maps.Keys(c.Tiers)) {
		w.line("  %s\t%d\tbatches", tierName(tier), c.Tiers[tier])
	}
	w.line("\nRAIL OF\tpaid out\trefused\trefunded\tlearned from")
	for _, rail := range r.byRail() {
		w.line("  %s\t%d\t%d\t%d\t%v", rail.participant, rail.paid, rail.refused, rail.refunded, rail.learned)
	}
	w.line("  unknown for a while\t%d\tstill: %d\tended by %v", r.Unknowns.Seen, r.Unknowns.Open, r.Unknowns.ResolvedBy)
	w.line("  contradictions and other exceptions\t%v", r.Exceptions)
	w.line("\nREFUSED\tcount")
	for _, fault := range slices.Sorted(maps.Keys(r.Refusals)) {
		w.line("  %s\t%d", fault, r.Refusals[fault])
	}
	r.Pools.write(w)
	w.line("\nINVARIANT\t\t(%d batches, %d windows)", r.Batches, len(r.Windows))
	for _, f := range r.Invariants {
		mark := "holds"
		if !f.OK {
			mark = "BROKEN"
		}
		w.line("  %s\t%s\t%s", f.Name, mark, f.Detail)
	}
	return w.flush()
}

// write prints the pools' day.
func (r *PoolsReport) write(w *printer) {
	w.line("\nPOOL\tmembers\tpaid in\tpaid out\tdecisions\tsignatures\tentries")
	for _, one := range r.Each {
		w.line("  %s\t%d\t%s\t%s\t%d\t%d\t%d", one.Name, one.Members, amount(one.PaidInMinor, one.Currency), amount(one.PaidOutMinor, one.Currency),
			one.Decisions, one.Signatures, one.Entries)
	}
	w.line("  saved together\t%d legs\tin batch %d\tinto %s, which paid its member: %s", len(r.Round.Legs), r.Round.Batch, r.Round.Receiver, r.Round.PaidOut)
	for _, leg := range r.Round.Legs {
		w.line("    %s\t%s\t%s", leg.Pool, amount(leg.Minor, leg.Currency), leg.State)
	}
	w.line("  needs met\tin %s for hours: %s\tby %s at %s on %d signatures: %s", r.Needs.Pool, r.Needs.Match, r.Needs.PaidBy, r.Needs.PaidTo,
		r.Needs.Signatures, r.Needs.Payout)
	w.line("  %s in %s\tdeclared by %d votes\t%d pledges paid %d ms later", r.Emergency.Kind, r.Emergency.Pool, r.Emergency.Votes, len(r.Emergency.Kept),
		r.Emergency.MS)
	for _, kept := range r.Emergency.Kept {
		w.line("    %s\t%s\t%s", kept.Pool, amount(kept.Minor, kept.Currency), kept.State)
	}
}

// amount is minor units of a currency as people write them, before its code.
func amount(minor int64, code string) string {
	currency, err := fx.ParseCurrency(code)
	if err != nil {
		return fmt.Sprint(minor, " ", code)
	}
	return grouped(fx.Money{Minor: minor, Currency: currency}.Text()) + " " + code
}

// tierName says in words how a choice was found.
func tierName(t netting.Tier) string {
	switch t {
	case netting.TierA:
		return "chosen by age"
	case netting.TierB:
		return "chosen by price"
	case netting.TierC:
		return "chosen by search"
	default:
		return string(t)
	}
}

// railLine is what one participant's rail did.
type railLine struct {
	participant             string
	paid, refused, refunded int64
	learned                 map[string]int64
}

// byRail sums the outcomes of each participant, in their order.
func (r *Report) byRail() []railLine {
	var lines []railLine
	for _, o := range r.Rails {
		if len(lines) == 0 || lines[len(lines)-1].participant != o.Participant {
			lines = append(lines, railLine{participant: o.Participant, learned: map[string]int64{}})
		}
		line := &lines[len(lines)-1]
		line.learned[o.ResolvedBy] += o.Count
		switch {
		case o.Kind == messaging.KindRefund:
			line.refunded += o.Count
		case o.State == string(messaging.OutcomePaid):
			line.paid += o.Count
		default:
			line.refused += o.Count
		}
	}
	return lines
}

// printer keeps the first error, so that lines need not look.
type printer struct {
	to  *tabwriter.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.to, format+"\n", args...)
	}
}

func (p *printer) flush() error {
	if p.err != nil {
		return p.err
	}
	return p.to.Flush()
}

// grouped puts thin separators between thousands.
func grouped(text string) string {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if hasFraction {
		return sign + b.String() + "." + fraction
	}
	return sign + b.String()
}
