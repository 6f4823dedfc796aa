package charter

import (
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// purses checks funds, and what goes in and out of them.
func (k *checker) purses() {
	c := k.c
	for i, f := range c.Funds {
		path := at("funds", i)
		k.token(f.Name, path+".name")
		k.once(slices.IndexFunc(c.Funds, func(o Fund) bool { return o.Name == f.Name }), i, path+".name")
		k.unit(f.Unit, path+".unit")
		k.text(f.Purpose, path+".purpose", maxText)
	}
	for i, p := range c.Purposes {
		k.token(p, at("purposes", i))
		k.once(slices.Index(c.Purposes, p), i, at("purposes", i))
	}
	for i, l := range c.Limits {
		path := at("limits", i)
		k.fund(l.Fund, path+".fund")
		k.want(l.Purpose == "" || slices.Contains(c.Purposes, l.Purpose), path+".purpose", "it is none of the purposes")
		k.between(l.Days, 1, maxDays, path+".days")
		k.amount(l.MaxMinor, 1, path+".max")
		k.once(slices.IndexFunc(c.Limits, func(o Limit) bool {
			return o.Fund == l.Fund && o.Purpose == l.Purpose && o.Days == l.Days
		}), i, path)
	}
	for i, d := range c.Dues {
		path := at("dues", i)
		k.token(d.Name, path+".name")
		k.once(slices.IndexFunc(c.Dues, func(o Due) bool { return o.Name == d.Name }), i, path+".name")
		k.fund(d.Fund, path+".fund")
		_, fund := c.Fund(d.Name)
		k.want(!fund || d.Name == d.Fund, path+".name", "it is the name of another fund, and payers name one or the other")
		k.amount(d.AmountMinor, 1, path+".amount")
		k.between(d.EveryDays, 1, maxDays, path+".every_days")
	}
}

func (k *checker) fund(name, path string) Fund {
	f, ok := k.c.Fund(name)
	k.want(ok, path, "no fund is %.40q", name)
	return f
}

func (k *checker) unit(unit fx.Currency, path string) {
	_, ok := k.c.Unit(unit)
	k.want(ok, path, "the pool keeps no books in %q", unit)
}

// late checks what follows when somebody has not paid.
func (k *checker) late() {
	l := k.c.Lateness
	k.between(l.GraceDays, 0, maxDays, "lateness.grace_days")
	k.between(l.RemindDays, 0, maxDays, "lateness.remind_days")
	k.between(l.Reminders, 0, maxCount, "lateness.reminders")
	k.want(l.Reminders == 0 || l.RemindDays > 0, "lateness.remind_days", "it says how many days lie between reminders")
	if l.Reserve != "" {
		k.want(k.fund(l.Reserve, "lateness.reserve").Reserve, "lateness.reserve", "the fund is no reserve")
	}
}

// credit checks what members may owe each other.
func (k *checker) credit() {
	for i, r := range k.c.Credit {
		path := at("credit", i)
		u, _ := k.c.Unit(r.Unit)
		k.want(u.Issue == Mutually, path+".unit", "members do not issue %s mutually", r.Unit)
		k.once(slices.IndexFunc(k.c.Credit, func(o CreditRule) bool { return o.Unit == r.Unit }), i, path+".unit")
		k.amount(r.BaseMinor, 0, path+".base")
		k.amount(r.PerVouchMinor, 0, path+".per_vouch")
		k.amount(r.PerYearMinor, 0, path+".per_year")
		k.amount(r.MaxOweMinor, 1, path+".max_owe")
		k.amount(r.MaxHoldMinor, 0, path+".max_hold")
		k.want(r.BaseMinor <= r.MaxOweMinor, path+".max_owe", "it is less than what anybody may owe")
		k.between(r.TurnoverDays, 0, maxDays, path+".turnover_days")
		k.between(r.TurnoverPermille, 0, maxCount, path+".turnover_permille")
		k.want((r.TurnoverDays == 0) == (r.TurnoverPermille == 0), path+".turnover_permille", "it goes with turnover_days")
		k.demurrage(r, path)
	}
}

func (k *checker) demurrage(r CreditRule, path string) {
	k.between(r.DemurragePermille, 0, 1000, path+".demurrage_permille")
	k.between(r.DemurrageDays, 0, maxDays, path+".demurrage_days")
	parts := []bool{r.DemurragePermille != 0, r.DemurrageDays != 0, r.DemurrageFund != ""}
	if k.want(len(slices.Compact(parts)) == 1, path+".demurrage_permille", "it goes with demurrage_days and demurrage_fund") && parts[0] {
		f := k.fund(r.DemurrageFund, path+".demurrage_fund")
		k.want(f.Unit == r.Unit, path+".demurrage_fund", "the fund is in another unit")
	}
}
