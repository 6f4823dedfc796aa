package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

// MaxPage is how many rows a page has at most.
const MaxPage = 200

// Cursor is where a page ends: a row of an entry. The zero cursor is before the newest. Pages go back in time.
type Cursor struct {
	Index int64
	Place int
	set   bool
}

// At is the cursor of a row.
func At(index int64, place int) Cursor { return Cursor{Index: index, Place: place, set: true} }

// String writes the cursor for an address: index.place, "" for the zero cursor.
func (c Cursor) String() string {
	if !c.set {
		return ""
	}
	return fmt.Sprintf("%d.%d", c.Index, c.Place)
}

// ParseCursor reads what String wrote.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	first, second, _ := strings.Cut(text, ".")
	index, err := strconv.ParseInt(first, 10, 64)
	place, placeErr := strconv.ParseInt(second, 10, 32)
	c := At(index, int(place))
	if err := errors.Join(err, placeErr); err != nil || index < 0 || place < 0 || c.String() != text {
		return Cursor{}, fmt.Errorf("pool: %.40q is no place in the log", text)
	}
	return c, nil
}

// before is the cursor as SQL compares rows with it.
func (c Cursor) before() (index int64, place int) {
	if !c.set {
		return 1<<63 - 1, 0
	}
	return c.Index, c.Place
}

// LineQuery says which lines a page shows. Who asks sees lines of Sections, and those about About.
type LineQuery struct {
	Sections []string // that may be seen
	About    string   // member who may see what is about them; "" for nobody
	Section  string   // of these only this one; "" for any
	Kind     string   // of these only this one; "" for any
	After    Cursor   // what the page before ended with
	Limit    int      // rows; 0 or more than MaxPage for MaxPage
}

// Line is a line of the log, and where it stands.
type Line struct {
	Index int64
	Place int
	At    time.Time // the clock of its entry's input
	diary.Line
}

// Lines returns the newest lines after the cursor, and the cursor of the next page: the zero one where there is none.
func (s *Store) Lines(ctx context.Context, q LineQuery) (lines []Line, next Cursor, err error) {
	limit := pageSize(q.Limit)
	sections := q.Sections
	if sections == nil {
		sections = []string{}
	}
	index, place := q.After.before()
	rows, err := s.pool.Query(ctx, `SELECT index, place, at, blob FROM line JOIN (SELECT index, at FROM input) AS said USING (index)
		WHERE (section = ANY($1) OR $2 <> '' AND about @> ARRAY[$2]) AND ($3 = '' OR section = $3) AND ($4 = '' OR kind = $4)
		AND (index, place) < ($5, $6) ORDER BY index DESC, place DESC LIMIT $7`,
		sections, q.About, q.Section, q.Kind, index, place, limit+1)
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("pool %s: lines: %w", s.name, err)
	}
	lines, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Line, err error) {
		var blob []byte
		if err := row.Scan(&l.Index, &l.Place, &l.At, &blob); err != nil {
			return l, err
		}
		l.At = l.At.UTC()
		_, l.Line, err = diary.ParseBlob(blob)
		return l, err
	})
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("pool %s: lines: %w", s.name, err)
	}
	if len(lines) > limit {
		lines = lines[:limit]
		next = At(lines[limit-1].Index, lines[limit-1].Place)
	}
	return lines, next, nil
}

func pageSize(limit int) int {
	if limit < 1 || limit > MaxPage {
		return MaxPage
	}
	return limit
}
