package console

import (
	"errors"
	"fmt"
	"html/template"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// readPages parses the templates, for nobody in particular yet.
func readPages() (*template.Template, error) {
	pages, err := template.New("").Funcs(functions(plainStyle(), clock{zone: time.UTC, now: time.Now})).
		Option("missingkey=error").ParseFS(embedded, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("console: templates: %w", err)
	}
	return pages, nil
}

// functions are what templates write with, as one reader reads.
func functions(s style, c clock) template.FuncMap {
	return template.FuncMap{
		"money": s.moneyHTML, "amount": s.amount, "count": s.count, "percent": s.percent, "told": s.told, "unit": unit, "rate": s.rate,
		"when": c.when, "hour": c.hour, "ago": c.ago, "span": span,
		"badge":  badge,
		"cash":   func(minor int64, c fx.Currency) fx.Money { return fx.Money{Minor: minor, Currency: c} },
		"oldest": c.oldest, "said": s.said, "operation": operationPath, "source": sourceWords,
		"picture": picture, "waits": waited,
		"sankey": func(n netting, class string, width, height int) template.HTML {
			return picture(n.sankey(s, "net-"+class, class, width, height))
		}, "arcs": func(f federation, id, class string, width int) template.HTML { return f.arcs(s, id, class, width) },
		"wide":  func(n int) int64 { return int64(n) },
		"words": words, "of": of, "list": func(all ...any) []any { return all },
	}
}

// of makes a map for a template inside another: names and values in turn.
func of(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("console: a name without a value")
	}
	made := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("console: %v is no name", pairs[i])
		}
		made[name] = pairs[i+1]
	}
	return made, nil
}

// picture puts what package draw drew onto a page: it escapes every text that it draws.
func picture(svg string) template.HTML { return template.HTML(svg) } //nolint:gosec // escaped

// waited says why a transfer waits, and what would help.
func waited(w *ledger.Waiting) map[string]string {
	why, help := waits(w)
	return map[string]string{"why": why, "help": help}
}
