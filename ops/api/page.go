package api

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Limits of lists.
const (
	maxPage  = 500
	maxTable = 100_000 // rows of a table; Next-Cursor says where the next begins
)

// nextHeader is the trailer of a table that was cut off.
const nextHeader = "Next-Cursor"

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; without it this is the last."`
}

// Paging is what every list takes.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"The last page's next. The same filters go with it."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Items on a page."`
	Format string `query:"format" enum:"json,csv" doc:"csv streams all that match, up to 100,000 rows, as Accept: text/csv does."`
	Accept string `header:"Accept" hidden:"true"`
}

func (p *Paging) paging() *Paging { return p }

// table says whether all of a list is wanted as CSV.
func (p *Paging) table() bool {
	if p.Format != "" {
		return p.Format == "csv"
	}
	kind, _, _ := strings.Cut(p.Accept, ";")
	kind, _, _ = strings.Cut(kind, ",")
	return strings.TrimSpace(kind) == "text/csv"
}

// paged is the input of a list.
type paged[I any] interface {
	*I
	paging() *Paging
}

// list mounts a route that answers with pages, or streams all of them as CSV.
func list[T, I any, P paged[I]](a *API, r route, page func(context.Context, *I) (Page[T], error)) {
	r.method = http.MethodGet
	columns := columnsOf[T]()
	op := r.operation()
	op.Responses["200"] = &huma.Response{Description: "A page, or all of it as a table", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schema[Page[T]](a)},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString, Description: "Columns: " + strings.Join(columns.names, ", ")}},
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		first, err := page(ctx, in)
		if err != nil {
			return nil, a.tell(ctx, r.id, err)
		}
		if first.Items == nil {
			first.Items = []T{}
		}
		how := P(in).paging()
		if !how.table() {
			return &huma.StreamResponse{Body: func(w huma.Context) {
				w.SetHeader("Content-Type", "application/json")
				if err := a.huma.Marshal(w.BodyWriter(), "application/json", first); err != nil {
					a.log.Warn("a page was not sent", "operation", r.id, "error", err)
				}
			}}, nil
		}
		return &huma.StreamResponse{Body: func(w huma.Context) {
			w.SetHeader("Content-Type", "text/csv; charset=utf-8")
			w.SetHeader("Content-Disposition", `attachment; filename="`+r.id+`.csv"`)
			w.SetHeader("Trailer", nextHeader)
			out := csv.NewWriter(w.BodyWriter())
			next, err := copyTable(out, columns, first, func(cursor string) (Page[T], error) {
				how.Cursor, how.Limit = cursor, maxPage
				return page(ctx, in)
			})
			if err != nil {
				a.log.Warn("a table was cut off", "operation", r.id, "error", err)
				panic(http.ErrAbortHandler) // a table that ends early must not look whole
			}
			w.SetHeader(nextHeader, next)
		}}, nil
	})
}

// copyTable writes pages as one table.
func copyTable[T any](out *csv.Writer, columns columns[T], page Page[T], turn func(cursor string) (Page[T], error)) (next string, err error) {
	if err := out.Write(columns.names); err != nil {
		return "", err
	}
	for rows := 0; ; {
		for _, item := range page.Items {
			if err := out.Write(columns.row(item)); err != nil {
				return "", err
			}
		}
		if rows += len(page.Items); page.Next == "" || rows >= maxTable {
			out.Flush()
			return page.Next, out.Error()
		}
		if page, err = turn(page.Next); err != nil {
			return "", err
		}
	}
}

// mark makes a cursor that stands behind a key. list keeps one list's cursors from another's.
func mark(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\x00" + key))
}

// marked reads what mark made; "" of no cursor.
func marked(list, cursor string) (key string, err error) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	of, key, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok || of != list || key == "" {
		return "", problem("cursor", "")
	}
	return key, nil
}

// ordered is a number as text that sorts as numbers do.
func ordered(number string) string { return fmt.Sprintf("%020s", number) }

// sorted is a list in the order of a key.
func sorted[T any](all []T, key func(T) string) []T {
	slices.SortFunc(all, func(x, y T) int { return strings.Compare(key(x), key(y)) })
	return all
}

// pageOf cuts a page out of a whole list that is sorted by a key, for lists that are short.
func pageOf[T any](p *Paging, list string, all []T, key func(T) string) (Page[T], error) {
	after, err := marked(list, p.Cursor)
	if err != nil {
		return Page[T]{}, err
	}
	if after != "" {
		if n := slices.IndexFunc(all, func(item T) bool { return key(item) > after }); n >= 0 {
			all = all[n:]
		} else {
			all = nil
		}
	}
	page := Page[T]{Items: all}
	if limit := max(1, p.Limit); len(all) > limit {
		page.Items, page.Next = all[:limit], mark(list, key(all[limit-1]))
	}
	return page, nil
}
