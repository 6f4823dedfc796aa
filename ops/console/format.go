package console

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// style is how a reader writes numbers: what stands between groups of digits and before decimals, and how long
// the groups are from the right: the last one, and those before it.
type style struct {
	group, point string
	last, before int
}

// plainStyle is for readers of whom nothing is known.
func plainStyle() style { return style{group: ",", point: ".", last: 3, before: 3} }

// maxLanguages bounds the header that names a reader's languages, in bytes.
const maxLanguages = 200

// styleOf takes a style from the first language that a browser asks for. Digits are Latin ones everywhere, because
// ids and references beside them are.
func styleOf(r *http.Request) style {
	header := r.Header.Get("Accept-Language")
	tags, _, err := language.ParseAcceptLanguage(header[:min(len(header), maxLanguages)])
	if err != nil || len(tags) == 0 {
		return plainStyle()
	}
	tag, err := tags[0].SetTypeForKey("nu", "latn")
	if err != nil {
		return plainStyle()
	}
	printer := message.NewPrinter(tag)
	whole, tenth := printer.Sprint(number.Decimal(1_000_000_000)), printer.Sprint(number.Decimal(1, number.Scale(1)))
	s := style{point: strings.TrimFunc(tenth, unicode.IsDigit)}
	groups := strings.FieldsFunc(whole, func(c rune) bool { return !unicode.IsDigit(c) })
	if rest := strings.TrimLeftFunc(whole, unicode.IsDigit); rest != "" {
		s.group = rest[:strings.IndexFunc(rest, unicode.IsDigit)]
	}
	if len(groups) < 3 || s.point == "" || s.group == "" {
		return plainStyle()
	}
	s.last, s.before = len(groups[len(groups)-1]), len(groups[len(groups)-2])
	return s
}

// digits writes the digits of a whole number in groups.
func (s style) digits(text string) string {
	var parts []string
	for size := s.last; len(text) > size; size = s.before {
		parts = append(parts, text[len(text)-size:])
		text = text[:len(text)-size]
	}
	slices.Reverse(parts)
	return strings.Join(append([]string{text}, parts...), s.group)
}

// count writes a whole number.
func (s style) count(n int64) string {
	text := strconv.FormatInt(n, 10)
	if rest, minus := strings.CutPrefix(text, "-"); minus {
		return "−" + s.digits(rest)
	}
	return s.digits(text)
}

// amount writes money without its currency, with as many decimals as the currency has.
func (s style) amount(m fx.Money) string {
	sign, text := "", m.Text()
	if rest, minus := strings.CutPrefix(text, "-"); minus {
		sign, text = "−", rest
	}
	whole, decimals, has := strings.Cut(text, ".")
	if !has {
		return sign + s.digits(whole)
	}
	return sign + s.digits(whole) + s.point + decimals
}

// money writes money for a line of text.
func (s style) money(m fx.Money) string { return s.amount(m) + " " + unit(m.Currency) }

// moneyHTML writes money for a page.
func (s style) moneyHTML(m fx.Money) template.HTML {
	class := "whole"
	if m.Minor < 0 {
		class += " minus"
	}
	return template.HTML(`<span class="` + class + `">` + s.amount(m) + //nolint:gosec // escaped
		`<span class="cur">` + template.HTMLEscapeString(unit(m.Currency)) + `</span></span>`)
}

// said writes an amount as somebody else said it: one that is no money, as it was said.
func (s style) said(a messaging.Amount) template.HTML {
	m, err := a.Money()
	if err != nil {
		return template.HTML(template.HTMLEscapeString(a.Amount + " " + a.Currency)) //nolint:gosec // escaped
	}
	return s.moneyHTML(m)
}

// percent writes hundredths of a percent, with one decimal.
func (s style) percent(basisPoints int64) string {
	tenths := (basisPoints + 5) / 10
	return s.digits(strconv.FormatInt(tenths/10, 10)) + s.point + strconv.FormatInt(tenths%10, 10) + " %"
}

// unit is a currency as people read it: of a community unit, its name and whose it is.
func unit(c fx.Currency) string {
	name, rest, community := strings.Cut(c.String(), ".")
	if !community {
		return name
	}
	owner, _, _ := strings.Cut(rest, ".")
	return name + " of " + owner
}

// span writes how long something took or takes, in its two greatest units.
func span(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatInt(d.Milliseconds()/1000, 10) + "." + strconv.FormatInt(d.Milliseconds()/100%10, 10) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int64(d.Minutes()), int64(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int64(d.Hours()), int64(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d days", int64(d.Hours())/24)
	}
}

// clock writes moments in a reader's zone.
type clock struct {
	zone *time.Location
	now  func() time.Time
}

// when is a moment to the second; the whole of it, in UTC, is its title.
func (c clock) when(at time.Time) template.HTML {
	if at.IsZero() {
		return `<span class="soft">–</span>`
	}
	form := "2 Jan 15:04:05"
	if at.In(c.zone).Year() != c.now().In(c.zone).Year() {
		form = "2 Jan 2006 15:04"
	}
	return timed(at, at.In(c.zone).Format(form))
}

// hour is a moment to the millisecond, for things that follow each other closely.
func (c clock) hour(at time.Time) template.HTML {
	return timed(at, at.In(c.zone).Format("15:04:05.000"))
}

// ago is how long a moment has passed, or is ahead.
func (c clock) ago(at time.Time) template.HTML {
	if at.IsZero() {
		return `<span class="soft">–</span>`
	}
	past := c.now().Sub(at)
	if past.Abs() < time.Second {
		return timed(at, "now")
	}
	if past < 0 {
		return timed(at, "in "+span(past))
	}
	return timed(at, span(past)+" ago")
}

// oldest says since when something waits, and nothing of what does not.
func (c clock) oldest(at time.Time) template.HTML {
	if at.IsZero() {
		return ""
	}
	return "the oldest " + c.ago(at)
}

func timed(at time.Time, text string) template.HTML {
	return template.HTML(`<time datetime="` + at.UTC().Format(time.RFC3339Nano) + //nolint:gosec // escaped
		`" title="` + at.UTC().Format("2006-01-02 15:04:05.000 MST") + `">` + template.HTMLEscapeString(text) + `</time>`)
}

// rate writes a rate with six digits that say something, as people compare rates.
func (s style) rate(r fx.Rate) string {
	const digits, most = 6, 18
	for decimals := 0; ; decimals++ {
		text := r.Text(decimals)
		said := len(strings.TrimLeft(strings.ReplaceAll(text, ".", ""), "0"))
		if said >= digits || decimals == most {
			return strings.Replace(text, ".", s.point, 1)
		}
	}
}
