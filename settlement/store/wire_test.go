package store

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// thing is a row of every type that the wire knows.
type thing struct {
	Big   int64
	Ref   *int64
	Int   int32
	Bool  bool
	Text  string
	Bytes []byte
	Time  time.Time
	Bigs  []int64
	Texts []string
}

// What goes over the wire by hand is what the driver reads back, in as many chunks as it takes, in one
// transaction with whatever stands around it.
func TestRowsArriveAsTheyWereWritten(t *testing.T) {
	url := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context()) //nolint:errcheck // the test is over
	_, err = conn.Exec(t.Context(), `CREATE SCHEMA ledger; CREATE TABLE ledger.thing (n int, big bigint, ref bigint, int integer, bool boolean,
		text text, bytes bytea, time timestamptz, bigs bigint[], texts text[])`)
	require.NoError(t, err)
	lead := &Lead{conn: conn}
	number := rapid.Int64()
	anyThing := rapid.Custom(func(t *rapid.T) thing {
		v := thing{
			Big: number.Draw(t, "big"), Int: rapid.Int32().Draw(t, "int"), Bool: rapid.Bool().Draw(t, "bool"),
			Text: rapid.StringMatching(`[^\x00]{0,20}`).Draw(t, "text"), Bytes: rapid.SliceOfN(rapid.Byte(), 0, 70_000).Draw(t, "bytes"),
			Time: time.UnixMicro(rapid.Int64Range(-1e15, 1e16).Draw(t, "time")).UTC(),
			Bigs: rapid.SliceOfN(number, 0, 5).Draw(t, "bigs"), Texts: rapid.SliceOfN(rapid.StringMatching(`[a-z"{},]{0,5}`), 0, 3).Draw(t, "texts"),
		}
		if ref := number.Draw(t, "ref"); ref != 0 {
			v.Ref = &ref
		}
		return v
	})
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(anyThing, 0, 40).Draw(rt, "rows")
		w := &wire{}
		w.run("DELETE FROM ledger.thing")
		n := int32(-1)
		copyIn(w, "thing", "n, big, ref, int, bool, text, bytes, time, bigs, texts", rows, func(r *row, v thing) {
			n++
			r.integer(n)
			r.bigint(v.Big)
			if v.Ref == nil {
				r.reference(0)
			} else {
				r.reference(*v.Ref)
			}
			r.integer(v.Int)
			r.boolean(v.Bool)
			r.text(v.Text)
			r.bytes(v.Bytes)
			r.timestamp(v.Time)
			r.array(len(v.Bigs), oidBigint, func() {
				for _, b := range v.Bigs {
					r.bigint(b)
				}
			})
			r.array(len(v.Texts), oidText, func() {
				for _, s := range v.Texts {
					r.text(s)
				}
			})
		})
		require.NoError(rt, lead.exchange(t.Context(), w.message()))
		got, err := conn.Query(t.Context(), "SELECT big, ref, int, bool, text, bytes, time, bigs, texts FROM ledger.thing ORDER BY n")
		require.NoError(rt, err)
		read, err := pgx.CollectRows(got, pgx.RowToStructByPos[thing])
		require.NoError(rt, err)
		for i := range read {
			read[i].Time = read[i].Time.UTC()
		}
		require.Equal(rt, rows, append([]thing{}, read...))

		broken := &wire{}
		broken.run("DELETE FROM ledger.thing")
		copyIn(broken, "thing", "n", []int32{1, 2}, func(r *row, v int32) { r.integer(v) })
		broken.run("SELECT 1 / 0")
		copyIn(broken, "thing", "n", []int32{3}, func(r *row, v int32) { r.integer(v) })
		require.ErrorContains(rt, lead.exchange(t.Context(), broken.message()), "division by zero")
		var left int
		require.NoError(rt, conn.QueryRow(t.Context(), "SELECT count(*) FROM ledger.thing").Scan(&left))
		require.Len(rt, rows, left, "nothing of it is there")
	})
}

// Rows of one month go into its partition, others into the table, whatever their order.
func TestPartOfAMonth(t *testing.T) {
	at := func(text string) int64 {
		moment, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return ledger.FirstID(moment)
	}
	id := func(id int64) int64 { return id }
	november, end, december := at("2026-11-01T00:00:00Z"), at("2026-11-30T23:59:59.999Z"), at("2026-12-01T00:00:00Z")
	require.Equal(t, "posting", part("posting", nil, id))
	require.Equal(t, "posting", part("posting", []int64{1, 2}, id), "from before ids were times")
	require.Equal(t, "posting_2026_11", part("posting", []int64{end, november, end - 1}, id))
	require.Equal(t, "posting_2026_12", part("posting", []int64{december}, id))
	require.Equal(t, "posting", part("posting", []int64{end, december}, id))
	require.Equal(t, "posting", part("posting", []int64{december, end, december}, id))
	require.Equal(t, "posting", part("posting", []int64{1, november}, id))
	require.Positive(t, settlement.TransferID(ledger.FirstID(time.Date(2247, 1, 1, 0, 0, 0, 0, time.UTC))))
}
