package web

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Money writes an amount in a language.
func Money(language string, m fx.Money) string { return (&speech{language: language}).money(m) }

// Dates writes a day in every language.
func Dates(day time.Time) (map[string]string, error) {
	speeches, err := readSpeeches(time.UTC)
	dates := map[string]string{}
	for language, s := range speeches {
		dates[language] = s.date(day)
	}
	return dates, err
}
