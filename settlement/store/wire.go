package store

import (
	"encoding/binary"
	"strings"
	"time"
)

// wire is one batch as PostgreSQL reads it: a query of many statements, which is one implicit transaction,
// and behind it the rows of every COPY among them, in order. It is written in one go and answered in one
// go: on two busy cores each round trip waits 10 to 80 ms for its turn, and a batch has some twenty tables.
// The server takes rows that it did not ask for yet, and throws away those of a COPY that it did not come to.
//
// Rows are encoded by hand: 1.4 times as fast as by the driver's reflection, and arrays through unnest cost
// the server twice what COPY does.
type wire struct {
	statements strings.Builder
	rows       []byte
	row        row
}

// copyChunk is about how many bytes of rows go into one message.
const copyChunk = 64 << 10

// run adds a statement that takes no rows.
func (w *wire) run(statement string) {
	w.statements.WriteString(statement)
	w.statements.WriteString(";\n")
}

// copyIn adds rows to a table: columns are those that write writes of each item, in order.
func copyIn[T any](w *wire, table, columns string, items []T, write func(*row, T)) {
	if len(items) == 0 {
		return
	}
	w.run("COPY ledger." + table + " (" + columns + ") FROM STDIN (FORMAT binary)")
	fields := uint16(strings.Count(columns, ",") + 1) //nolint:gosec // a handful
	w.row.buf, w.row.fields = w.rows, 0
	chunk := w.row.openChunk()
	w.row.buf = append(w.row.buf, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for _, item := range items {
		if len(w.row.buf)-chunk > copyChunk {
			w.row.closeChunk(chunk)
			chunk = w.row.openChunk()
		}
		w.row.buf = binary.BigEndian.AppendUint16(w.row.buf, fields)
		w.row.fields = 0
		if write(&w.row, item); w.row.fields != int(fields) {
			panic("ledger: a row of " + table + " does not have its columns")
		}
	}
	w.row.buf = append(w.row.buf, 0xff, 0xff)
	w.row.closeChunk(chunk)
	w.row.buf = append(w.row.buf, 'c', 0, 0, 0, 4) // CopyDone
	w.rows = w.row.buf
}

// message returns everything, the query first.
func (w *wire) message() [][]byte {
	query := make([]byte, 0, w.statements.Len()+6)
	query = append(query, 'Q')
	query = binary.BigEndian.AppendUint32(query, uint32(w.statements.Len())+5) //nolint:gosec // some kilobytes
	query = append(query, w.statements.String()...)
	return [][]byte{append(query, 0), w.rows}
}

// row is a row of a binary COPY in the making.
type row struct {
	buf    []byte
	fields int
}

func (r *row) openChunk() (at int) {
	r.buf = append(r.buf, 'd', 0, 0, 0, 0)
	return len(r.buf)
}

func (r *row) closeChunk(at int) {
	binary.BigEndian.PutUint32(r.buf[at-4:], uint32(len(r.buf)-at+4)) //nolint:gosec // bounded by copyChunk and a row
}

func (r *row) length(n int) {
	r.fields++
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(n)) //nolint:gosec // a value is far below 4 GiB
}

func (r *row) null() {
	r.fields++
	r.buf = append(r.buf, 0xff, 0xff, 0xff, 0xff)
}

func (r *row) bigint(v int64) {
	r.length(8)
	r.buf = binary.BigEndian.AppendUint64(r.buf, uint64(v)) //nolint:gosec // the same bits
}

// reference is a number of which 0 is none.
func (r *row) reference(v int64) {
	if v == 0 {
		r.null()
		return
	}
	r.bigint(v)
}

func (r *row) integer(v int32) {
	r.length(4)
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(v)) //nolint:gosec // the same bits
}

func (r *row) boolean(v bool) {
	r.length(1)
	if v {
		r.buf = append(r.buf, 1)
	} else {
		r.buf = append(r.buf, 0)
	}
}

func (r *row) text(v string) {
	r.length(len(v))
	r.buf = append(r.buf, v...)
}

// bytes of nil is null.
func (r *row) bytes(v []byte) {
	if v == nil {
		r.null()
		return
	}
	r.length(len(v))
	r.buf = append(r.buf, v...)
}

// postgresEpoch is what PostgreSQL counts microseconds from, the year 2000, in those of Unix.
const postgresEpoch = 946_684_800_000_000

func (r *row) timestamp(v time.Time) { r.bigint(v.UnixMicro() - postgresEpoch) }

// OIDs of array elements.
const (
	oidBigint = 20
	oidText   = 25
)

// interval is a span of time: microseconds, days, months.
func (r *row) interval(v time.Duration) {
	r.length(16)
	r.buf = binary.BigEndian.AppendUint64(r.buf, uint64(v.Microseconds())) //nolint:gosec // the same bits
	r.buf = append(r.buf, 0, 0, 0, 0, 0, 0, 0, 0)
}

// moment is a time of which the zero is none.
func (r *row) moment(v time.Time) {
	if v.IsZero() {
		r.null()
		return
	}
	r.timestamp(v)
}

// array begins an array of n elements without nulls, which follow without being fields of their own.
func (r *row) array(n, oid int, elements func()) {
	r.fields++
	at := len(r.buf)
	r.buf = append(r.buf, 0, 0, 0, 0)
	dimensions := uint32(1)
	if n == 0 {
		dimensions = 0
	}
	r.buf = binary.BigEndian.AppendUint32(r.buf, dimensions)
	r.buf = binary.BigEndian.AppendUint32(r.buf, 0)
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(oid)) //nolint:gosec // a constant
	if n > 0 {
		r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(n)) //nolint:gosec // bounded by what a batch holds
		r.buf = binary.BigEndian.AppendUint32(r.buf, 1)
		fields := r.fields
		elements()
		r.fields = fields
	}
	binary.BigEndian.PutUint32(r.buf[at:], uint32(len(r.buf)-at-4)) //nolint:gosec // as above
}
