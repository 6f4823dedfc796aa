package netfiles

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instances is the folder of given instances; where it is not, the test is skipped.
func instances(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "netting")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no instances with known optima in %s", folder)
	}
	return folder
}

// records reads a CSV file by another reader, each row by its columns' names.
func records(t *testing.T, file string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	list := make([]map[string]string, 0, len(rows))
	for _, row := range rows[1:] {
		record := make(map[string]string, len(row))
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		list = append(list, record)
	}
	return list
}

func integer(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}

// readJSON reads an object whose numbers stay as they are written.
func readJSON(t *testing.T, text []byte) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	require.NoError(t, decoder.Decode(&object))
	require.False(t, decoder.More(), "more than one object")
	return object
}

func readJSONFile(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return readJSON(t, text)
}

func TestSelectPassesNoCapOfAGivenInstance(t *testing.T) {
	folder := instances(t)
	for _, name := range []string{"cap_a", "cap_b", "cap_c", "cap_d", "cap_f"} {
		t.Run(name, func(t *testing.T) {
			base, out := filepath.Join(folder, name), filepath.Join(t.TempDir(), "ids.csv")
			var stdout bytes.Buffer
			require.NoError(t, Select(&stdout, SelectFiles{Intents: base + ".intents.csv", Caps: base + ".caps.csv", Out: out, JSON: true}))
			answer := readJSON(t, stdout.Bytes())

			chosen := map[string]bool{}
			for _, r := range records(t, out) {
				require.False(t, chosen[r["id"]], "twice")
				chosen[r["id"]] = true
			}
			left := map[string]int64{}
			for _, r := range records(t, base+".caps.csv") {
				left[r["participant"]+" "+r["currency"]] = integer(t, r["cap"])
			}
			weighted, count := int64(0), 0
			for _, r := range records(t, base+".intents.csv") {
				if chosen[r["id"]] {
					amount := integer(t, r["amount"])
					left[r["debtor"]+" "+r["currency"]] -= amount
					left[r["creditor"]+" "+r["currency"]] += amount
					weighted += amount * integer(t, r["priority"])
					count++
				}
			}
			require.Len(t, chosen, count, "ids that no intent has")
			for account, minor := range left {
				require.GreaterOrEqual(t, minor, int64(0), account)
			}
			best := readJSONFile(t, base+".best.json")
			assert.Equal(t, strconv.FormatInt(weighted, 10), answer["objective"].(json.Number).String())
			assert.Equal(t, strconv.Itoa(count), answer["chosen"].(json.Number).String())
			bound := integer(t, answer["bound"].(json.Number).String())
			assert.GreaterOrEqual(t, bound, integer(t, best["best_weighted"].(json.Number).String()), "a bound below what is known to be reached")
			assert.Equal(t, ratio(weighted, bound), answer["ratio"])
			t.Logf("%s of best known", ratio(weighted, integer(t, best["best_weighted"].(json.Number).String())))
		})
	}
}

func TestSetOffIsTheOptimumOfEveryGivenInstance(t *testing.T) {
	folder := instances(t)
	world := readJSONFile(t, filepath.Join(folder, "real", "optimum.json"))
	optima := map[string]map[string]any{
		"real/wb2017_usd.csv":     {"": world["wb2017_usd.csv"]},
		"real/wb2017_ccy_usd.csv": {"": world["wb2017_ccy_usd.csv"]},
	}
	for _, name := range []string{"mtcs_s1", "mtcs_s2", "mtcs_s3"} {
		optima[name+".csv"] = readJSONFile(t, filepath.Join(folder, name+".optimum.json"))
	}
	for name, units := range optima {
		t.Run(name, func(t *testing.T) {
			file, out := filepath.Join(folder, filepath.FromSlash(name)), filepath.Join(t.TempDir(), "cleared.csv")
			var stdout bytes.Buffer
			require.NoError(t, SetOff(&stdout, SetOffFiles{Obligations: file, Out: out, JSON: true}))
			obligations, cleared := records(t, file), records(t, out)
			require.Len(t, cleared, len(obligations))
			nets, totals := map[string]int64{}, map[string]int64{}
			for i, o := range obligations {
				minor := integer(t, cleared[i]["cleared"])
				require.True(t, 0 <= minor && minor <= integer(t, o["amount"]))
				nets[o["currency"]+" "+o["debtor"]] -= minor
				nets[o["currency"]+" "+o["creditor"]] += minor
				totals[o["currency"]] += minor
			}
			for participant, net := range nets {
				require.Zero(t, net, participant)
			}
			sum := int64(0)
			for unit, of := range units {
				assert.Equal(t, of.(map[string]any)["optimum_cleared"].(json.Number).String(), strconv.FormatInt(totals[unit], 10), unit)
				sum += totals[unit]
			}
			assert.Equal(t, strconv.FormatInt(sum, 10), readJSON(t, stdout.Bytes())["objective"].(json.Number).String())
		})
	}
}

func TestExchangeEqualsTheGivenNetsAndPools(t *testing.T) {
	folder := instances(t)
	for _, name := range []string{"fx_s1", "fx_s2"} {
		t.Run(name, func(t *testing.T) {
			base, dir := filepath.Join(folder, name), t.TempDir()
			f := ExchangeFiles{Intents: base + ".intents.csv", Rates: base + ".rates.csv", OutNet: filepath.Join(dir, "net.csv"), OutPool: filepath.Join(dir, "pool.csv"), JSON: true}
			var stdout bytes.Buffer
			require.NoError(t, Exchange(&stdout, f))
			assert.Equal(t, records(t, base+".net.csv"), records(t, f.OutNet))
			assert.Equal(t, records(t, base+".fxpool.csv"), records(t, f.OutPool))

			answer := readJSON(t, stdout.Bytes())
			for field, want := range readJSONFile(t, base+".expected.json") {
				number, isNumber := want.(json.Number)
				if !isNumber {
					continue
				}
				// The given figures are floats; ours are exact, rounded to what is written.
				exact, ok := new(big.Rat).SetString(number.String())
				require.True(t, ok)
				text := answer[field].(json.Number).String()
				_, decimals, _ := strings.Cut(text, ".")
				assert.Equal(t, exact.FloatString(len(decimals)), text, field)
			}
			trades := integer(t, answer["residual_trade_count"].(json.Number).String())
			assert.Less(t, trades, integer(t, answer["currencies"].(json.Number).String()))
			assert.Len(t, answer["residual_trades"], int(trades))
		})
	}
}
