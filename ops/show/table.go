package show

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
)

// gap is between two columns on a screen.
const gap = 2

// writeTables writes sheets below each other, each under its name where there are several. An empty one is left out,
// unless it is the only one: then its head says what there could be.
func writeTables(out io.Writer, sheets []Sheet) error {
	var b bytes.Buffer
	for _, s := range sheets {
		if len(sheets) > 1 {
			if len(s.Rows) == 0 {
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(strings.ToUpper(strings.ReplaceAll(s.Name, "_", " ")) + "\n")
		}
		s.table(&b)
	}
	_, err := out.Write(b.Bytes())
	return err
}

func (s Sheet) table(b *bytes.Buffer) {
	cells := make([][]string, len(s.Rows)+1)
	right := make([]bool, len(s.Heads))
	for i, head := range s.Heads {
		if head.Wide {
			continue
		}
		cells[0] = append(cells[0], head.Title)
		at := len(cells[0]) - 1
		right[at] = len(s.Rows) > 0
		for _, row := range s.Rows {
			right[at] = right[at] && (row[i] == nil || isNumber(row[i]))
		}
	}
	for n, row := range s.Rows {
		for i, value := range row {
			if s.Heads[i].Wide {
				continue
			}
			cells[n+1] = append(cells[n+1], Printable(screen(value)))
		}
	}
	widths := make([]int, len(s.Heads))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if right[i] {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
			line.WriteString(strings.Repeat(" ", gap))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

func isNumber(value any) bool {
	switch value.(type) {
	case int, int32, int64, uint64, fx.Money, time.Duration:
		return true
	default:
		return false
	}
}

// screen is a value as people read it.
func screen(value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format("2006-01-02 15:04:05Z")
	default:
		return plain(value)
	}
}

// plain is a value as one text, which a program reads too.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339Nano)
	case []string:
		return strings.Join(v, ",")
	default:
		return fmt.Sprint(value)
	}
}

// Printable takes from others' words what would move the cursor or pass for a line of ours.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0x202a && r <= 0x202d:
			return -1
		}
		return r
	}, text)
}
