package netting

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// given is the folder of instances with known optima.
const given = "../../shared/netting"

// readRows reads a file of the folder, without its header.
func readRows(t *testing.T, name string) [][]string {
	t.Helper()
	path := filepath.Join(given, name)
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is not here: the instances with known optima are not tried", path)
	}
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(given, name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, into))
}

func minor(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}

// names numbers what is named, in the order of first sight.
type names map[string]int32

func (n names) of(name string) int32 {
	number, known := n[name]
	if !known {
		number = int32(len(n))
		n[name] = number
	}
	return number
}

// optimum is what is known of a unit's set-off.
type optimum struct {
	Gross   int64 `json:"gross"`
	Cleared int64 `json:"optimum_cleared"`
}

// requireOptimum sets off one unit's rows (debtor, creditor, ..., amount).
func requireOptimum(t *testing.T, rows [][]string, want optimum) {
	t.Helper()
	participants, in := names{}, debts{}
	for _, row := range rows {
		in.all = append(in.all, Debt{participants.of(row[0]), participants.of(row[1]), minor(t, row[len(row)-1])})
	}
	c, err := SetOff(len(participants), in.all, nil)
	require.NoError(t, err)
	assert.Equal(t, want, optimum{c.GrossMinor, c.TotalMinor})
	assert.Equal(t, make([]int64, len(participants)), c.DrawnMinor)
	for i, amount := range c.AmountMinor {
		require.True(t, 0 <= amount && amount <= in.all[i].AmountMinor)
	}
}

func TestGivenSetOffs(t *testing.T) {
	for _, name := range []string{"mtcs_s1", "mtcs_s2", "mtcs_s3"} {
		t.Run(name, func(t *testing.T) {
			units := map[string][][]string{}
			for _, row := range readRows(t, name+".csv") {
				units[row[2]] = append(units[row[2]], row)
			}
			var want map[string]optimum
			readJSON(t, name+".optimum.json", &want)
			require.Len(t, units, len(want))
			for unit, rows := range units {
				requireOptimum(t, rows, want[unit])
			}
		})
	}
}

func TestGivenRealSetOffs(t *testing.T) {
	for _, name := range []string{"wb2017_usd.csv", "wb2017_ccy_usd.csv"} {
		t.Run(name, func(t *testing.T) {
			rows := readRows(t, "real/"+name)
			var want map[string]optimum
			readJSON(t, "real/optimum.json", &want)
			requireOptimum(t, rows, want[name])
		})
	}
}

// On sparse sets the choice is worth at least 99 % of the best known, and the bound is above that.
func TestGivenSelections(t *testing.T) {
	for _, name := range []string{"cap_a", "cap_b", "cap_c", "cap_d", "cap_f"} {
		t.Run(name, func(t *testing.T) {
			in, accounts, currencies, ids := instance{}, names{}, names{}, map[string]int{}
			for _, row := range readRows(t, name+".caps.csv") {
				accounts.of(row[0] + " " + row[1])
				in.book.Currency = append(in.book.Currency, currencies.of(row[1]))
				in.book.Liquidity = append(in.book.Liquidity, minor(t, row[2]))
			}
			in.book.Pools = slices.Repeat([]Pool{{Value: One}}, len(currencies))
			for i, row := range readRows(t, name+".intents.csv") {
				ids[row[0]] = i
				o := pay(accounts.of(row[1]+" "+row[3]), accounts.of(row[2]+" "+row[3]), minor(t, row[4]))
				o.Weight = int32(minor(t, row[5]))
				in.obligations = append(in.obligations, o)
			}
			var known struct {
				Best int64 `json:"best_weighted"`
			}
			readJSON(t, name+".best.json", &known)
			best := make([]bool, len(in.obligations))
			for _, row := range readRows(t, name+".best_selected_ids.csv") {
				best[ids[strings.TrimSpace(row[0])]] = true
			}
			in.keeps(t, best)
			require.Equal(t, known.Best, in.reached(best).Int64())

			s := in.selected(t, MaxSearch)
			assert.GreaterOrEqual(t, s.Reached*100, known.Best*99)
			assert.GreaterOrEqual(t, s.Bound, known.Best)
			t.Logf("%s: reached %d of %d best known, bound %d, tier %s, FIFO %d", name, s.Reached, known.Best, s.Bound, s.Tier, s.FIFO)
		})
	}
}
