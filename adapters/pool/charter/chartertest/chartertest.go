// Package chartertest draws charters for tests by property.
package chartertest

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Charters draws charters that pass Check, of any size and in any units.
func Charters() *rapid.Generator[*charter.Charter] {
	return rapid.Custom(func(t *rapid.T) *charter.Charter {
		c := &charter.Charter{
			Version: rapid.Int64Min(1).Draw(t, "version"),
			Pool:    rapid.StringMatching(`[a-z][a-z0-9-]{1,20}`).Draw(t, "pool"),
			Title:   texts(1).Draw(t, "title"), Purpose: texts(0).Draw(t, "purpose"),
			Matching: charter.MatchingRules{FairnessPermille: rapid.IntRange(0, 1000).Draw(t, "fairness")},
		}
		units(t, c)
		purses(t, c)
		power(t, c)
		justice(t, c)
		visibility(t, c)
		return c
	})
}

// texts draws what people might write, in several scripts and with what YAML takes for something else.
func texts(least int) *rapid.Generator[string] {
	words := rapid.SampledFrom([]string{
		"chama", "the", "सहायता", "क्ष\u200dत्र", "ngân quỹ", "née", "- ", "#", ":", "yes", "0x1", "1.50", "null", "~", `"`, "'", `\`,
		"{", "]", "*", "&", "!", "|", ">", "%", "@", "`", "🌽", "<<", "2026-01-01", "true",
	})
	return rapid.Map(rapid.SliceOfN(words, least, 8), func(parts []string) string {
		text := ""
		for i, p := range parts {
			if i > 0 && text[len(text)-1] != ' ' {
				text += " "
			}
			text += p
		}
		for len(text) > 0 && text[len(text)-1] == ' ' {
			text = text[:len(text)-1]
		}
		return text
	})
}

func amounts(least, most int64) *rapid.Generator[int64] { return rapid.Int64Range(least, most) }

func names(prefix string, least, most int) *rapid.Generator[[]string] {
	return rapid.SliceOfNDistinct(rapid.StringMatching(prefix+`[a-z0-9_-]{0,12}`), least, most, rapid.ID)
}

// some draws one thing or more of a list, each once.
func some[T comparable](t *rapid.T, from []T, label string) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, len(from), rapid.ID).Draw(t, label)
}

// units draws the pool's own money and units of its community, with a rule for those issued mutually.
func units(t *rapid.T, c *charter.Charter) {
	own := rapid.SampledFrom([]string{"KES", "UGX", "KWD", "PHP", "INR", "ZAR", "CLF"}).Draw(t, "money")
	c.Units = []charter.Unit{{Unit: fx.MustCurrency(own), Issue: charter.Outside}}
	codes := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{2,8}\.[a-z]{2,8}\.[0-6]`), 0, 4, rapid.ID).Draw(t, "units")
	for _, code := range codes {
		u := charter.Unit{Unit: fx.MustCurrency(code), Issue: rapid.SampledFrom(charter.Issues()).Draw(t, "issue")}
		switch u.Issue {
		case charter.Decided:
			u.ExpiryDays = rapid.IntRange(0, 1000).Draw(t, "expiry")
		case charter.Mutually:
			c.Credit = append(c.Credit, credit(t, u.Unit))
		case charter.Outside:
		}
		c.Units = append(c.Units, u)
	}
	if rapid.Bool().Draw(t, "community first") {
		slices.Reverse(c.Units)
	}
}

func credit(t *rapid.T, unit fx.Currency) charter.CreditRule {
	r := charter.CreditRule{
		Unit: unit, MaxOweMinor: amounts(1, charter.MaxMinor).Draw(t, "max owe"),
		PerVouchMinor: amounts(0, charter.MaxMinor).Draw(t, "vouch"), PerYearMinor: amounts(0, charter.MaxMinor).Draw(t, "year"),
		MaxHoldMinor: amounts(0, charter.MaxMinor).Draw(t, "max hold"),
	}
	r.BaseMinor = amounts(0, r.MaxOweMinor).Draw(t, "base")
	if rapid.Bool().Draw(t, "turnover") {
		r.TurnoverDays = rapid.IntRange(1, 400).Draw(t, "turnover days")
		r.TurnoverPermille = rapid.IntRange(1, 2000).Draw(t, "turnover permille")
	}
	return r
}

// purses draws funds, limits, dues and what follows when they are not paid.
func purses(t *rapid.T, c *charter.Charter) {
	for i, name := range names("f", 0, 4).Draw(t, "funds") {
		c.Funds = append(c.Funds, charter.Fund{
			Name: name, Unit: rapid.SampledFrom(c.Units).Draw(t, "unit").Unit,
			Purpose: texts(0).Draw(t, "fund's purpose"), Reserve: i == 0,
		})
	}
	if len(c.Funds) == 0 {
		return
	}
	if purposes := names("p", 0, 3).Draw(t, "purposes"); len(purposes) > 0 {
		c.Purposes = purposes
	}
	for i, f := range c.Funds {
		for days := range rapid.IntRange(0, 3).Draw(t, "limits") {
			l := charter.Limit{Fund: f.Name, Days: days + 1, MaxMinor: amounts(1, charter.MaxMinor).Draw(t, "max")}
			if len(c.Purposes) > 0 && rapid.Bool().Draw(t, "for a purpose") {
				l.Purpose = rapid.SampledFrom(c.Purposes).Draw(t, "purpose")
			}
			c.Limits = append(c.Limits, l)
		}
		if rapid.Bool().Draw(t, "due") {
			c.Dues = append(c.Dues, charter.Due{
				Name: "due" + string(rune('a'+i)), Fund: f.Name, AmountMinor: amounts(1, charter.MaxMinor).Draw(t, "amount"),
				EveryDays: rapid.IntRange(1, 366).Draw(t, "every"),
			})
		}
		for j, r := range c.Credit {
			if r.Unit == f.Unit && rapid.Bool().Draw(t, "demurrage") {
				c.Credit[j].DemurrageFund, c.Credit[j].DemurrageDays = f.Name, rapid.IntRange(1, 366).Draw(t, "demurrage days")
				c.Credit[j].DemurragePermille = rapid.IntRange(1, 1000).Draw(t, "demurrage permille")
			}
		}
	}
	c.Lateness = charter.Lateness{
		GraceDays: rapid.IntRange(0, 60).Draw(t, "grace"), RemindDays: rapid.IntRange(1, 30).Draw(t, "remind"),
		Reminders: rapid.IntRange(0, 5).Draw(t, "reminders"), Reserve: c.Funds[0].Name,
	}
}
