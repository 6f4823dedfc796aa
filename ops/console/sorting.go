package console

import (
	"cmp"
	"slices"
	"strings"
)

// head is the head of a column that sorts its table: a link, so that it needs no script.
type head struct {
	Name, Path string
	Order      string // as aria-sort says it, "" where the table is not sorted by it
	Num        bool
}

// column is how rows are sorted by a column, the least first.
type column[R any] struct {
	Key, Name string
	Num       bool // its greatest comes first
	compare   func(a, b R) int
}

// sorted sorts the rows of a whole table by what its address says, else by the first column, and makes the heads, by key.
// Rows that are alike keep their order. Only tables that are read whole are sorted: a page of a longer list has the
// list's own order.
func sorted[R any](l List, rows []R, columns ...column[R]) map[string]head {
	key, down := strings.CutPrefix(l.Query.Get("sort"), "-")
	by := slices.IndexFunc(columns, func(c column[R]) bool { return c.Key == key })
	if by < 0 {
		by, down = 0, columns[0].Num
	}
	heads := make(map[string]head, len(columns))
	for i, c := range columns {
		wanted := c.Num // first its natural way, then the other
		if i == by {
			wanted = !down
		}
		made := head{Name: c.Name, Path: l.address("sort", direction(c.Key, wanted)), Num: c.Num}
		if i == by {
			made.Order = map[bool]string{false: "ascending", true: "descending"}[down]
		}
		heads[c.Key] = made
	}
	slices.SortStableFunc(rows, func(a, b R) int {
		if down {
			a, b = b, a
		}
		return columns[by].compare(a, b)
	})
	return heads
}

func direction(key string, down bool) string {
	if down {
		return "-" + key
	}
	return key
}

// by compares rows by what a function takes from them.
func by[R any, V cmp.Ordered](of func(R) V) func(a, b R) int {
	return func(a, b R) int { return cmp.Compare(of(a), of(b)) }
}
