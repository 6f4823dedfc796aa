package journal_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// row is a posting as readers of Parquet see it.
type row struct {
	Posting       int64     `parquet:"posting" json:"posting"`
	Batch         int64     `parquet:"batch" json:"batch"`
	LogIndex      int64     `parquet:"log_index" json:"log_index"`
	At            time.Time `parquet:"at,timestamp(microsecond)" json:"at"`
	Kind          string    `parquet:"kind" json:"kind"`
	Transfer      *string   `parquet:"transfer,optional" json:"transfer"`
	DebitAccount  int64     `parquet:"debit_account" json:"debit_account"`
	DebitOwner    string    `parquet:"debit_owner" json:"debit_owner"`
	DebitKind     string    `parquet:"debit_kind" json:"debit_kind"`
	CreditAccount int64     `parquet:"credit_account" json:"credit_account"`
	CreditOwner   string    `parquet:"credit_owner" json:"credit_owner"`
	CreditKind    string    `parquet:"credit_kind" json:"credit_kind"`
	Currency      string    `parquet:"currency" json:"currency"`
	Decimals      int32     `parquet:"decimals" json:"decimals"`
	AmountMinor   int64     `parquet:"amount_minor" json:"amount_minor"`
}

// CSV has every posting once, amounts that agree with each other, and nothing that a spreadsheet would carry out.
func TestCSVHasEveryPosting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := someDays(t)
		var out bytes.Buffer
		play(t, w.batches, journal.NewCSV(&out))
		require.Equal(t, strings.Count(out.String(), "\n"), strings.Count(out.String(), "\r\n"))
		lines, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		balances, n := map[int64]int64{}, 1
		for _, b := range w.batches {
			for _, p := range b.Postings {
				line := lines[n]
				n++
				require.Equal(t, strconv.FormatInt(p.ID, 10), line[0])
				at, err := time.Parse(time.RFC3339Nano, line[3])
				require.NoError(t, err)
				require.True(t, at.Equal(b.DecidedAt))
				require.Equal(t, w.names[p.Debit], line[7]+":"+line[8]+":"+line[12])
				require.Equal(t, w.names[p.Credit], line[10]+":"+line[11]+":"+line[12])
				amount, err := fx.ParseMoney(line[15], fx.MustCurrency(line[12]))
				require.NoError(t, err)
				require.Equal(t, p.AmountMinor, amount.Minor)
				require.Equal(t, line[14], strconv.FormatInt(amount.Minor, 10))
				for _, cell := range line {
					require.False(t, strings.ContainsAny(cell, "\r\n\t;,\"'") || strings.IndexAny(cell, "=+-@") == 0, "%q", cell)
				}
				balances[p.Debit] -= amount.Minor
				balances[p.Credit] += amount.Minor
			}
		}
		require.Len(t, lines, n)
		for id := range w.totals {
			require.Equal(t, w.balance(id), balances[id])
		}
	})
}

// Parquet has what CSV has.
func TestParquetHasEveryPosting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := someDays(t)
		var out bytes.Buffer
		play(t, w.batches, journal.NewCSV(&out))
		lines, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		rows := parquetRows(t, w.batches)
		require.Len(t, rows, len(lines)-1)
		for i, r := range rows {
			require.Equal(t, lines[i+1][:15], r.cells())
		}
	})
}

// Row groups are bounded: a log of any length goes through.
func TestParquetRowGroupsAreBounded(t *testing.T) {
	first, batch := busy(100_000)
	var out bytes.Buffer
	batches := []*ledger.Batch{first}
	for range 3 {
		batches = append(batches, batch)
	}
	play(t, batches, journal.NewParquet(&out))
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	require.NoError(t, err)
	require.EqualValues(t, 300_000, f.NumRows())
	require.Len(t, f.RowGroups(), 2)
	t.Logf("%d bytes a posting", int64(out.Len())/f.NumRows())
}

// A reader that has no code in common with ours reads the same postings.
func TestAnotherReaderAgrees(t *testing.T) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("NOT READ BY ANOTHER PROGRAM: hyparquet needs %s, which is not installed", tool)
		}
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "hyparquet"))))
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if said, err := install.CombinedOutput(); err != nil {
		t.Skipf("NOT READ BY ANOTHER PROGRAM: hyparquet cannot be installed: %v: %s", err, said)
	}
	const edge = 1 << 18 // between two row groups
	first, batch := busy(edge + 100)
	for name, c := range map[string]struct {
		batches     []*ledger.Batch
		from, until int
	}{"example": {exampleDay(), 0, 6}, "two row groups": {[]*ledger.Batch{first, batch}, edge - 100, edge + 100}} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "postings.parquet")
			require.NoError(t, os.WriteFile(file, parquetOf(t, c.batches), 0o600))
			out, err := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "read.mjs"), file, strconv.Itoa(c.from), strconv.Itoa(c.until)).Output()
			require.NoError(t, err)
			decoder := json.NewDecoder(bytes.NewReader(out))
			for _, want := range parquetRows(t, c.batches)[c.from:c.until] {
				var cells []string
				require.NoError(t, decoder.Decode(&cells))
				require.Equal(t, want.cells(), cells)
			}
			require.False(t, decoder.More())
		})
	}
}

func parquetOf(t require.TestingT, batches []*ledger.Batch) []byte {
	var out bytes.Buffer
	play(t, batches, journal.NewParquet(&out))
	return out.Bytes()
}

func parquetRows(t require.TestingT, batches []*ledger.Batch) []row {
	data := parquetOf(t, batches)
	rows, err := parquet.Read[row](bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	return rows
}

func parquetSchema(t require.TestingT, batches []*ledger.Batch) string {
	data := parquetOf(t, batches)
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	return f.Schema().String() + "\n"
}

// cells are a row as CSV has it, but for the amount as text.
func (r row) cells() []string {
	transfer := ""
	if r.Transfer != nil {
		transfer = *r.Transfer
	}
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{
		n(r.Posting), n(r.Batch), n(r.LogIndex), r.At.UTC().Format(time.RFC3339Nano), r.Kind, transfer, n(r.DebitAccount), r.DebitOwner, r.DebitKind,
		n(r.CreditAccount), r.CreditOwner, r.CreditKind, r.Currency, n(int64(r.Decimals)), n(r.AmountMinor),
	}
}
