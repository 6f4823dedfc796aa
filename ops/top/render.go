// Package top shows on a terminal how a switch does, as long as somebody looks: what clears, what waits and where, whose
// liquidity is used most, which rails are down. It reads the ledger and nothing else.
package top

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Snapshot is what is shown at one moment.
type Snapshot struct {
	At      time.Time
	Pulse   *ledger.Pulse // since the day of the newest batch began
	Queued  []ledger.QueuedValue
	Rails   []ledger.RailStanding
	Windows []ledger.Window
	Fault   string // why there is nothing newer, "" where there is
}

// What is shown of lists that may be long; and of a bar.
const (
	mostAccounts = 10
	barWidth     = 20
)

// Render draws a snapshot on so many columns and lines. It depends on nothing else.
func Render(s Snapshot, width, height int) string {
	var lines []string
	add := func(format string, about ...any) { lines = append(lines, fmt.Sprintf(format, about...)) }
	newest := s.Pulse.Newest
	add("ayni top  %s  batch %d", s.At.UTC().Format("2006-01-02 15:04:05Z"), newest.ID)
	for _, alarm := range alarms(s) {
		add("ALARM  %s", alarm)
	}
	if newest.ID == 0 {
		add("no batch yet: participants come first (ayni participant add), then money moves")
	} else {
		rate, p := s.Pulse.Rate, s.Pulse
		add("")
		add("%-12s %10s %10s %10s %10s %10s", "", "accepted", "cleared", "paid", "returned", "expired")
		add("%-12s %10s %10s %10s", "last minute", count(rate.Accepted), count(rate.Cleared), count(rate.Paid))
		add("%-12s %10s %10s %10s %10s %10s", "today", count(p.Accepted), count(p.Cleared), count(p.Paid), count(p.Returned), count(p.Expired))
		add("%-12s %10s %10s   %s wait", "newest batch", count(newest.Accepted), count(newest.Cleared), count(newest.Queued))
		add("")
		add("latency      batch to written %s, oldest message to written %s; newest batch %s ago", short(newest.WrittenAt.Sub(newest.DecidedAt)),
			short(p.Oldest), short(s.At.Sub(newest.WrittenAt)))
	}
	lines = append(lines, queue(s)...)
	lines = append(lines, liquidity(s.Pulse.Accounts)...)
	lines = append(lines, rails(s.Rails)...)
	lines = append(lines, windows(s.Windows)...)
	return fit(lines, width, height)
}

// alarms are what somebody has to look at now.
func alarms(s Snapshot) (all []string) {
	if s.Fault != "" {
		all = append(all, s.Fault)
	}
	if tiers := s.Pulse.Newest.Clearing.Alarm; len(tiers) > 0 {
		all = append(all, fmt.Sprintf("netting passed a limit in batch %d; its choice was thrown away", s.Pulse.Newest.ID))
	}
	for _, w := range s.Windows {
		if w.State == settlement.WindowFailed {
			all = append(all, fmt.Sprintf("window %d of %s failed", w.ID, w.Group))
		}
	}
	return all
}

func queue(s Snapshot) (lines []string) {
	for _, q := range s.Queued {
		lines = append(lines, fmt.Sprintf("%10s  %24s  oldest %s", count(q.Transfers), q.Value, short(s.At.Sub(q.Oldest))))
	}
	return titled("WAITING", lines)
}

// liquidity shows the accounts that use most of what they may.
func liquidity(all []ledger.AccountPulse) (lines []string) {
	used := slices.DeleteFunc(slices.Clone(all), func(a ledger.AccountPulse) bool { return a.UsedMinor == 0 })
	slices.SortFunc(used, func(a, b ledger.AccountPulse) int {
		return cmp.Or(cmp.Compare(perMille(b), perMille(a)), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Currency.String(), b.Currency.String()))
	})
	for _, a := range used[:min(len(used), mostAccounts)] {
		share := perMille(a)
		filled := min(barWidth, share*barWidth/1000)
		lines = append(lines, fmt.Sprintf("%-24s %s%s %3d%%  %s of %s", a.Owner, strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), share/10,
			fx.Money{Minor: a.UsedMinor, Currency: a.Currency}.Text(), fx.Money{Minor: a.MayMinor, Currency: a.Currency}))
	}
	return titled("LIQUIDITY USED", lines)
}

// perMille is how much of what it may owe an account owes; all of it where it may owe nothing.
func perMille(a ledger.AccountPulse) int {
	if a.MayMinor <= 0 {
		return 1000
	}
	share := new(big.Int).Mul(big.NewInt(a.UsedMinor), big.NewInt(1000))
	share.Div(share, big.NewInt(a.MayMinor))
	if !share.IsInt64() || share.Int64() > 9999 {
		return 9999
	}
	return int(share.Int64())
}

func rails(all []ledger.RailStanding) (lines []string) {
	for _, r := range all {
		if r.State != messaging.RailUp {
			lines = append(lines, fmt.Sprintf("%-24s %s since %s, %s waited", r.Participant, r.State, r.Since.UTC().Format("15:04:05Z"), count(r.Waiting)))
		}
	}
	return titled("RAILS THAT ARE NOT UP", lines)
}

func windows(all []ledger.Window) (lines []string) {
	for _, w := range all {
		if w.State != settlement.WindowSettled {
			lines = append(lines, fmt.Sprintf("%-24s %d %s", w.Group, w.ID, w.State))
		}
	}
	return titled("WINDOWS", lines)
}

func titled(title string, lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return append([]string{"", title}, lines...)
}

// fit cuts lines to a screen, of which the last line says how to leave.
func fit(lines []string, width, height int) string {
	const leave = "q quits"
	if room := max(0, height-1); len(lines) > room {
		lines = lines[:room]
	}
	for i, line := range append(lines, leave) {
		line = show.Printable(line)
		for utf8.RuneCountInString(line) > width {
			_, size := utf8.DecodeLastRuneInString(line)
			line = line[:len(line)-size]
		}
		line = strings.TrimRight(line, " ")
		if i < len(lines) {
			lines[i] = line
			continue
		}
		return strings.Join(append(slices.Clip(lines), line), "\n")
	}
	return ""
}

// count groups digits by thousands.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// short is a time in two figures or so.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(max(0, d.Milliseconds()), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	case d < time.Hour:
		return strconv.FormatInt(int64(d/time.Minute), 10) + " min"
	default:
		return strconv.FormatInt(int64(d/time.Hour), 10) + " h"
	}
}

// Line is a snapshot in one line, for who reads it from a file.
func Line(s Snapshot) string {
	p := s.Pulse
	line := fmt.Sprintf("%s batch %d: last minute accepted %d, cleared %d, paid %d; %d wait; written in %s", s.At.UTC().Format(time.RFC3339), p.Newest.ID,
		p.Rate.Accepted, p.Rate.Cleared, p.Rate.Paid, p.Newest.Queued, short(p.Newest.WrittenAt.Sub(p.Newest.DecidedAt)))
	return show.Printable(strings.Join(append([]string{line}, alarms(s)...), "; ALARM "))
}
