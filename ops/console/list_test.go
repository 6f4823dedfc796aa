package console

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file has so many rows and no more, and says so where there were more; one that breaks off breaks the connection.
func TestFilesAreBounded(t *testing.T) {
	file := func(rows int, fails error) [][]string {
		w := httptest.NewRecorder()
		v := &visit{w: w, r: httptest.NewRequest(http.MethodGet, "/console/", http.NoBody)}
		err := v.csv("name", []string{"a", "b"}, func(write func(...string) error) error {
			for range rows {
				if err := write("1", "-2"); err != nil {
					return err
				}
			}
			return fails
		})
		require.ErrorIs(t, err, errAnswered)
		all, err := csv.NewReader(w.Body).ReadAll()
		require.NoError(t, err)
		return all
	}
	require.Len(t, file(maxRows, nil), maxRows+1)
	cut := file(maxRows+5, nil)
	require.Len(t, cut, maxRows+2)
	require.Contains(t, cut[maxRows+1][0], "cut off")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { file(3, errNoPage) })
}

// Heads turn a table's order round, and keep its filters.
func TestSorted(t *testing.T) {
	l := List{Path: "/p", Query: map[string][]string{"name": {"x"}, "sort": {"-b"}}}
	type row struct{ a, b int }
	rows := []row{{1, 5}, {2, 9}, {3, 5}}
	columns := []column[row]{{Key: "a", Name: "A", compare: by(func(r row) int { return r.a })}, {Key: "b", Name: "B", Num: true, compare: by(func(r row) int { return r.b })}}
	heads := sorted(l, rows, columns...)
	require.Equal(t, []row{{2, 9}, {1, 5}, {3, 5}}, rows, "rows that are alike keep their order")
	require.Equal(t, head{Name: "B", Path: "/p?name=x&sort=b", Order: "descending", Num: true}, heads["b"])
	require.Equal(t, head{Name: "A", Path: "/p?name=x&sort=a"}, heads["a"])
	l.Query.Set("sort", "nothing")
	require.Equal(t, "ascending", sorted(l, rows, columns...)["a"].Order)
}
