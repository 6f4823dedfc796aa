package show

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// member of a JSON object, in its order.
type field struct {
	name  string
	value jsontext.Value
}

// fieldsOf are those of an object; nil of what is none.
func fieldsOf(text jsontext.Value) (all []field, err error) {
	in := jsontext.NewDecoder(strings.NewReader(string(text)))
	if in.PeekKind() != '{' {
		return nil, nil
	}
	if _, err := in.ReadToken(); err != nil {
		return nil, err
	}
	for in.PeekKind() != '}' {
		name, err := in.ReadToken()
		if err != nil {
			return nil, err
		}
		f := field{name: name.String()}
		value, err := in.ReadValue()
		if err != nil {
			return nil, err
		}
		f.value = value.Clone()
		all = append(all, f)
	}
	return all, nil
}

// View shows a view, a JSON object that somebody else made. CSV has its first list.
func (f Format) View(out io.Writer, view jsontext.Value) error {
	switch f {
	case JSON:
		if err := view.Indent(jsontext.WithIndent("  ")); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, view)
		return err
	case CSV:
		return viewCSV(out, view)
	default:
		return viewTable(out, view)
	}
}

// ErrNoRows says that something has no list that a spreadsheet could take.
var ErrNoRows = errors.New("there is no list in it, and so no CSV; -o json has all of it")

func viewCSV(out io.Writer, view jsontext.Value) error {
	fields, err := fieldsOf(view)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if !isList(f.value) {
			continue
		}
		names, rows, err := rowsOf(f.value)
		if err != nil {
			return err
		}
		sheet := Sheet{Name: f.name}
		for _, name := range names {
			sheet.Heads = append(sheet.Heads, Head{Name: name})
		}
		for _, row := range rows {
			cells := make([]any, len(names))
			for i, name := range names {
				cells[i] = row[name]
			}
			sheet.Rows = append(sheet.Rows, cells)
		}
		return writeCSV(out, sheet)
	}
	return ErrNoRows
}

// viewTable writes a view for people: what is single as lines, and lists as tables under their names.
func viewTable(out io.Writer, text jsontext.Value) error {
	fields, err := fieldsOf(text)
	if err != nil {
		return err
	}
	var lists []field
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		switch {
		case isList(f.value):
			lists = append(lists, f)
		case inLine(f.value) != "":
			fmt.Fprintf(w, "%s\t%s\n", spaced(f.name), inLine(f.value)) //nolint:errcheck // Flush says it
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range lists {
		if err := writeList(out, f); err != nil {
			return err
		}
	}
	return nil
}

// isList tells whether a value is a list of objects.
func isList(v jsontext.Value) bool {
	var items []jsontext.Value
	return v.Kind() == '[' && json.Unmarshal(v, &items) == nil && len(items) > 0 && items[0].Kind() == '{'
}

// rowsOf are a list's rows, as text, and the names that any of them has a value for.
func rowsOf(list jsontext.Value) (names []string, rows []map[string]string, err error) {
	var items []jsontext.Value
	if err := json.Unmarshal(list, &items); err != nil {
		return nil, nil, err
	}
	rows = make([]map[string]string, len(items))
	for i, item := range items {
		fields, err := fieldsOf(item)
		if err != nil {
			return nil, nil, err
		}
		rows[i] = map[string]string{}
		for _, f := range fields {
			if rows[i][f.name] = inLine(f.value); rows[i][f.name] != "" && !slices.Contains(names, f.name) {
				names = append(names, f.name)
			}
		}
	}
	return names, rows, nil
}

func writeList(out io.Writer, list field) error {
	names, rows, err := rowsOf(list.value)
	if err != nil {
		return err
	}
	if isLong(rows) {
		return writeBlocks(out, list.name, names, rows)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s\n  %s\n", strings.ToUpper(spaced(list.name)), spaced(strings.Join(names, "\t"))) //nolint:errcheck // Flush says it
	for _, row := range rows {
		cells := make([]string, len(names))
		for i, name := range names {
			cells[i] = row[name]
		}
		fmt.Fprintf(w, "  %s\n", strings.Join(cells, "\t")) //nolint:errcheck // likewise
	}
	return w.Flush()
}

// isLong tells whether rows hold sentences, which make no columns.
func isLong(rows []map[string]string) bool {
	const widest = 90
	for _, row := range rows {
		for _, cell := range row {
			if utf8.RuneCountInString(cell) > widest {
				return true
			}
		}
	}
	return false
}

// writeBlocks writes each row as lines of its own.
func writeBlocks(out io.Writer, title string, names []string, rows []map[string]string) error {
	if _, err := fmt.Fprintf(out, "\n%s\n", strings.ToUpper(spaced(title))); err != nil {
		return err
	}
	for _, row := range rows {
		for i, name := range names {
			lead := "    "
			if i == 0 {
				lead = "  * "
			}
			if row[name] == "" {
				continue
			}
			if _, err := fmt.Fprintf(out, "%s%s: %s\n", lead, spaced(name), row[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// inLine is a value in a line: an amount as "500.00 KES", a person as its name or id, a list with commas.
func inLine(v jsontext.Value) string {
	switch v.Kind() {
	case '{':
		fields, err := fieldsOf(v)
		if err != nil {
			return ""
		}
		var parts []string
		for _, f := range fields {
			if text := inLine(f.value); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, " ")
	case '[':
		var items []jsontext.Value
		if json.Unmarshal(v, &items) != nil {
			return ""
		}
		parts := make([]string, len(items))
		for i, item := range items {
			parts[i] = inLine(item)
		}
		return strings.Join(parts, ", ")
	case '"':
		var text string
		if json.Unmarshal(v, &text) != nil || text == "0001-01-01T00:00:00Z" {
			return ""
		}
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.UTC().Format("2006-01-02 15:04 UTC")
		}
		return Printable(text)
	case 'n', 'f':
		return ""
	case 't':
		return "yes"
	default:
		if string(v) == "0" {
			return ""
		}
		return string(v)
	}
}
