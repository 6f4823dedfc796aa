package show

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/ayni-switch/ayni/fx"
)

// writeCSV writes a sheet. Money takes two columns, NAME and NAME_currency, so that a spreadsheet sums the first.
func writeCSV(out io.Writer, s Sheet) error {
	w := csv.NewWriter(out)
	var names []string
	for _, head := range s.Heads {
		names = append(names, head.Name)
		if head.Money {
			names = append(names, head.Name+"_currency")
		}
	}
	if err := w.Write(names); err != nil {
		return err
	}
	for _, row := range s.Rows {
		var cells []string
		for i, value := range row {
			money, ok := value.(fx.Money)
			switch {
			case ok:
				cells = append(cells, money.Text(), money.Currency.String())
			case s.Heads[i].Money:
				cells = append(cells, "", "")
			case isNumber(value):
				cells = append(cells, plain(value))
			default:
				cells = append(cells, Inert(plain(value)))
			}
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Inert keeps a spreadsheet from taking others' words for a formula (OWASP, CSV injection). Numbers below zero stay numbers.
func Inert(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) || text[0] == '-' && strings.Trim(text[1:], "0123456789.") == "" {
		return text
	}
	return "'" + text
}
