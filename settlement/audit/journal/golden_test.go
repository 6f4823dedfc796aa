package journal_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The same day always gives the same files.
func TestGoldenFiles(t *testing.T) {
	day := exampleDay()
	var text, lines, table, object, rows bytes.Buffer
	play(t, day, journal.NewText(&text), journal.NewCSV(&lines))
	state, err := journal.Until(stream(day), 4)
	require.NoError(t, err)
	require.NoError(t, state.Table(&table))
	require.NoError(t, state.JSON(&object))
	rows.WriteString(parquetSchema(t, day))
	for _, row := range parquetRows(t, day) {
		line, err := json.Marshal(row)
		require.NoError(t, err)
		rows.Write(append(line, '\n'))
	}
	for name, got := range map[string]*bytes.Buffer{
		"books.journal": &text, "postings.csv": &lines, "state.txt": &table, "state.json": &object, "postings.parquet.txt": &rows,
	} {
		file := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(file, got.Bytes(), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), got.String(), name)
	}
}

// The golden journal is one that other programs accept.
func TestGoldenJournalIsRead(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("testdata", "books.journal"))
	require.NoError(t, err)
	_, err = journaltest.Hledger(t, string(golden), "check", "--strict", "ordereddates")
	require.NoError(t, err)
	_, err = journaltest.Ledger(t, string(golden), "balance")
	require.NoError(t, err)
	require.Equal(t, int64(4_899_50), journaltest.Balances(t, string(golden))["mpesa-ke:settlement:KES KES"])
}

// What was written as Parquet once is what is written today.
func TestGoldenParquetIsRead(t *testing.T) {
	file := filepath.Join("testdata", "postings.parquet")
	day := exampleDay()
	if *update {
		require.NoError(t, os.WriteFile(file, parquetOf(t, day), 0o600))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	rows, err := parquet.Read[row](bytes.NewReader(golden), int64(len(golden)))
	require.NoError(t, err)
	require.Equal(t, parquetRows(t, day), rows)
	again := parquetOf(t, exampleDay())
	require.Equal(t, again, parquetOf(t, day), "the same bytes each time")
}
