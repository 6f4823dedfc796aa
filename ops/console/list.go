package console

import (
	"encoding/csv"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ayni-switch/ayni/ops/show"
)

// List is what every page of a list says beside its rows.
type List struct {
	Path  string
	Query url.Values // the filters, as they were filled in
	Wrong string     // what cannot be looked for, "" where all can
	Next  string     // address of what is older, "" at the end
	First string     // address of the newest, "" where this is it
	CSV   string     // address of all of it
}

// maxField bounds what is filled into one filter, in bytes.
const maxField = 256

// listOf reads the filters of some names.
func listOf(v *visit, names ...string) List {
	given, kept := v.r.URL.Query(), url.Values{}
	for _, name := range names {
		if value := plain(given.Get(name), maxField); value != "" {
			kept.Set(name, value)
		}
	}
	return List{Path: v.r.URL.Path, Query: kept}
}

// address is the list's with one more thing said.
func (l List) address(name, value string) string {
	query := maps.Clone(l.Query)
	if value != "" {
		query.Set(name, value)
	} else {
		query.Del(name)
	}
	if len(query) == 0 {
		return l.Path
	}
	return l.Path + "?" + query.Encode()
}

// paged adds where the list goes on and begins.
func (l List) paged(after, next string) List {
	if next != "" {
		l.Next = l.address("after", next)
	}
	if after != "" {
		l.First = l.address("after", "")
	}
	l.CSV = l.address("format", "csv")
	return l
}

// Is says whether a filter has a value, for the choices of a form.
func (l List) Is(name, value string) bool { return l.Query.Get(name) == value }

// Has says whether anything is filtered.
func (l List) Has() bool { return len(l.Query) > 0 }

// asCSV tells whether a list is wanted as a file.
func (v *visit) asCSV() bool { return v.r.URL.Query().Get("format") == "csv" }

// maxRows bounds a file.
const maxRows = 100_000

// errCut says that a file has all the rows that one takes.
var errCut = errors.New("console: the file is full")

// csv answers with a file of rows: of more than a file takes, the last row says that it was cut. An error after the first row cuts the file short: the connection breaks, so that no
// part is taken for the whole.
func (v *visit) csv(name string, head []string, rows func(write func(...string) error) error) error {
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	file := csv.NewWriter(v.w)
	err := file.Write(head)
	if err == nil {
		n := 0
		err = rows(func(cells ...string) error {
			if n++; n > maxRows {
				return errCut
			}
			for i, cell := range cells {
				cells[i] = show.Inert(cell)
			}
			return file.Write(cells)
		})
		if errors.Is(err, errCut) {
			last := make([]string, len(head))
			last[0] = "cut off after " + strconv.Itoa(maxRows) + " rows: filter for less"
			err = file.Write(last)
		}
	}
	file.Flush()
	if err == nil {
		err = file.Error()
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return errAnswered
}
