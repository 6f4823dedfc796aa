package rates_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/rates"
	"github.com/ayni-switch/ayni/ops/show"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// sources are small files in the form of the public ones.
func sources(t *testing.T) rates.Sources {
	t.Helper()
	return rates.Sources{
		ECB:    file(t, "ecb.csv", "Date,USD,INR,\n2024-12-31,1.0389,88.9335,\n"),
		IMF:    file(t, "imf.csv", "Date,Rate,Currency,Frequency,Source,Country code,Country\n2024-12-31,134.8,KES,A,IMF,KE,Kenya\n2024-12-31,1,USD,A,IMF,US,United States\n2024-12-31,3266.3,ZWG,A,IMF,ZW,Zimbabwe\n"),
		Agreed: file(t, "agreed.csv", "currency,per_base,source,on\nhours.chama.2,0.4,assembly of 30 December,2024-12-30\n"),
		Base:   "USD", Date: "2025-01-02", MaxAgeDays: 3,
	}
}

// text is what a command writes.
func text(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, write(&out))
	return out.String()
}

func TestImport(t *testing.T) {
	s := sources(t)
	table := text(t, func(out io.Writer) error { return rates.Import(out, s, show.Table) })
	assert.Equal(t, `CURRENCY       PER USD       OF          SOURCE
EUR            0.96255655    2024-12-31  ECB
INR            85.60352296   2024-12-31  ECB
KES            134.80000000  2024-12-31  IMF: annual average 2024
hours.chama.2  0.40000000    2024-12-30  assembly of 30 December
left out: ZWG, what is filed as ZWG for 2024 is of its predecessor, mostly or all of the year
`, table)
	var object struct {
		Base  string
		Rates []struct{ Currency, Per_base, Source, On string }
	}
	require.NoError(t, json.Unmarshal([]byte(text(t, func(out io.Writer) error { return rates.Import(out, s, show.JSON) })), &object,
		json.MatchCaseInsensitiveNames(true)))
	assert.Equal(t, "USD", object.Base)
	require.Len(t, object.Rates, 4)
	assert.Equal(t, "296445/3463", object.Rates[1].Per_base)
}

func TestImportRefuses(t *testing.T) {
	for name, change := range map[string]func(*rates.Sources){
		"no file":          func(s *rates.Sources) { s.ECB, s.IMF, s.Agreed = "", "", "" },
		"a missing file":   func(s *rates.Sources) { s.ECB += "x" },
		"no date":          func(s *rates.Sources) { s.Date = "yesterday" },
		"no base":          func(s *rates.Sources) { s.Base = "dollars" },
		"an unknown base":  func(s *rates.Sources) { s.Base = "JPY" },
		"stale":            func(s *rates.Sources) { s.MaxAgeDays = 1 },
		"a negative age":   func(s *rates.Sources) { s.MaxAgeDays = -1 },
		"files exchanged":  func(s *rates.Sources) { s.ECB, s.IMF = s.IMF, s.ECB },
		"a bad agreement":  func(s *rates.Sources) { s.Agreed = file(t, "a.csv", "currency,per_base,source,on\nKES,-1,x,y\n") },
		"no columns":       func(s *rates.Sources) { s.Agreed = file(t, "a.csv", "a,b,c,d\n") },
		"too long to read": func(s *rates.Sources) { s.Agreed = file(t, "a.csv", strings.Repeat("x", 1<<20+1)) },
	} {
		s := sources(t)
		change(&s)
		var out bytes.Buffer
		require.Error(t, rates.Import(&out, s, show.Table), name)
		assert.Empty(t, out.String(), name)
	}
}

// A committee of three makes keys, writes a sheet, passes it round, and anyone can verify it.
func TestCommitteeSignsASheet(t *testing.T) {
	dir := t.TempDir()
	var keys []string
	var files []string
	for _, name := range []string{"amina", "baraka", "chidi"} {
		path := filepath.Join(dir, name+".pem")
		files = append(files, path)
		public := strings.TrimSpace(text(t, func(out io.Writer) error { return rates.NewKey(out, path) }))
		assert.Equal(t, public, strings.TrimSpace(text(t, func(out io.Writer) error { return rates.ShowKey(out, path) })))
		keys = append(keys, public)
		require.Error(t, rates.NewKey(io.Discard, path), "a key is never overwritten")
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	sheet := filepath.Join(dir, "sheet.txt")
	terms := rates.SheetTerms{Serial: 7, From: "2025-01-02T00:00:00Z", Until: "2025-01-03T00:00:00Z"}
	require.NoError(t, rates.ToFile(io.Discard, sheet, func(out io.Writer) error { return rates.NewSheet(out, sources(t), terms) }))
	verify := func(threshold int) error { return rates.Verify(io.Discard, keys, threshold, sheet) }
	var refused *fx.SheetError
	require.ErrorAs(t, verify(1), &refused)
	assert.Equal(t, fx.SheetTooFew, refused.Fault)
	for _, n := range []int{2, 0} {
		require.NoError(t, rates.ToFile(io.Discard, sheet, func(out io.Writer) error { return rates.Sign(out, files[n], sheet) }))
	}
	require.NoError(t, verify(2))
	require.ErrorAs(t, verify(3), &refused)
	assert.Contains(t, text(t, func(out io.Writer) error { return rates.Verify(out, keys, 2, sheet) }), "sheet 7: 4 rates per USD")

	signed, err := os.ReadFile(sheet)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(sheet, bytes.Replace(signed, []byte("134.8"), []byte("134.9"), 1), 0o600))
	require.ErrorAs(t, verify(2), &refused)
	assert.Equal(t, fx.SheetSignature, refused.Fault)

	// What cannot be written leaves what is there alone.
	require.Error(t, rates.ToFile(io.Discard, sheet, func(out io.Writer) error { return rates.Sign(out, sheet, sheet) }))
	left, err := os.ReadFile(sheet)
	require.NoError(t, err)
	assert.NotEmpty(t, left)
	terms.Serial = 0
	require.Error(t, rates.NewSheet(io.Discard, sources(t), terms))
}

// A key that openssl makes is as good.
func TestKeysOfOpenSSL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	if out, err := exec.CommandContext(t.Context(), "openssl", "genpkey", "-algorithm", "ed25519", "-out", path).CombinedOutput(); err != nil {
		t.Skipf("no openssl that makes Ed25519 keys: %v %s", err, out)
	}
	public := strings.TrimSpace(text(t, func(out io.Writer) error { return rates.ShowKey(out, path) }))
	_, err := fx.ParseCommitteeKey(public)
	require.NoError(t, err)
}
