package charter_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/charter/chartertest"
	"github.com/ayni-switch/ayni/fx"
)

var update = flag.Bool("update", false, "write the golden files")

func founding() charter.Founding {
	return charter.Founding{
		Pool: "chama-nairobi", Title: `Chama "Umoja"`, Currency: fx.MustCurrency("KES"), Unit: fx.MustCurrency("hours.chama-nairobi.2"),
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestTemplates(t *testing.T) {
	assert.Equal(t, []string{
		"chama", "chit-fund", "disaster-fund", "solidarity-fund", "stokvel", "strike-fund", "time-bank",
	}, charter.Templates())
	for _, name := range charter.Templates() {
		t.Run(name, func(t *testing.T) {
			c, err := charter.Template(name, founding())
			require.NoError(t, err)
			assert.Equal(t, name, c.Template)
			assert.Equal(t, int64(1), c.Version)
			canonical, err := c.Canonical()
			require.NoError(t, err)
			assert.Less(t, len(canonical), charter.MaxBytes/2, "there is room for a pool's own rules")
			golden(t, name+".json", append(canonical, '\n'))
			written, err := c.YAML()
			require.NoError(t, err)
			golden(t, name+".yaml", written)
			again, err := charter.Parse(written)
			require.NoError(t, err)
			assert.Equal(t, c, again)
		})
	}
}

func TestTemplatesServeEveryCurrency(t *testing.T) {
	for _, name := range charter.Templates() {
		for _, code := range []string{"UGX", "KWD", "INR", "ZAR", "CLF", "hours.other.0"} {
			f := founding()
			f.Currency = fx.MustCurrency(code)
			for _, share := range []int64{0, 1, 50_000, charter.MaxMinor / 10_000} {
				f.ShareMinor = share
				_, err := charter.Template(name, f)
				assert.NoError(t, err, "%s %s %d", name, code, share)
			}
			f.Unit, f.ShareMinor = fx.Currency{}, 0
			_, err := charter.Template(name, f)
			assert.Equal(t, name == "time-bank", err != nil, "%s: %v", name, err)
		}
	}
}

func TestTemplatesRefuse(t *testing.T) {
	fault := new(charter.DocumentError)
	_, err := charter.Template("../limits", founding())
	require.ErrorAs(t, err, &fault)
	_, err = charter.Template("chama", charter.Founding{Pool: "chama", Title: "Chama"})
	require.ErrorAs(t, err, &fault)
	for _, share := range []int64{-1, charter.MaxMinor} {
		f := founding()
		f.ShareMinor = share
		_, err = charter.Template("chama", f)
		require.ErrorAs(t, err, &fault)
	}
	refused := new(charter.CheckError)
	f := founding()
	f.Pool = "Chama Nairobi"
	_, err = charter.Template("chama", f)
	require.ErrorAs(t, err, &refused)
}

// A title is a text, whatever is in it.
func TestATitleAddsNoRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := founding()
		f.Title = rapid.OneOf(rapid.String(), rapid.Just("a\nversion: 2"), rapid.Just(`"}}{{share 1}}#`)).Draw(t, "title")
		c, err := charter.Template("chama", f)
		if err == nil {
			require.Equal(t, f.Title, c.Title)
			return
		}
		refused := new(charter.CheckError)
		require.ErrorAs(t, err, &refused, "%q", f.Title)
	})
}

func TestDiff(t *testing.T) {
	before, err := charter.Template("chama", founding())
	require.NoError(t, err)
	after, err := charter.Template("chama", founding())
	require.NoError(t, err)
	none, err := charter.Diff(before, after)
	require.NoError(t, err)
	assert.Empty(t, none)

	after.Version = 2
	after.Decisions[0].Tiers[0].UpToMinor = 5_000_00
	after.Decisions[0].Tiers[0].Vote = []string{"treasurer"}
	after.Funds = after.Funds[:2]
	after.Limits[0].MaxMinor = 1
	after.Sanctions[2].HearHours = 96
	after.Roles[0].Seats, after.Roles[3].MaxTerms = 0, 3
	changes, err := charter.Diff(before, after)
	require.NoError(t, err)
	assert.Equal(t, []charter.Change{
		{Path: "version", Before: "1", After: "2"},
		{Path: "funds", Before: "welfare, loans, reserve", After: "welfare, loans"},
		{Path: "roles[mediator].max_terms", After: "3"},
		{Path: "decisions[payout].tiers[0].up_to", Before: "3000.00", After: "5000.00"},
		{Path: "decisions[payout].tiers[0].vote", Before: "treasurer, facilitator", After: "treasurer"},
		{Path: "limits[welfare/30].max", Before: "30000.00", After: "0.01"},
		{Path: "sanctions[reduced_limits].hear_hours", Before: "72", After: "96"},
		{Path: "funds[reserve].name", Before: "reserve"},
		{Path: "funds[reserve].unit", Before: "KES"},
		{Path: "funds[reserve].purpose", Before: "Covers whoever is late, so that the turn is paid on its day."},
		{Path: "funds[reserve].reserve", Before: "true"},
		{Path: "roles[facilitator].seats", Before: "1"},
	}, changes)
}

func TestOnlyTheSameRulesDoNotDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := chartertest.Charters().Draw(t, "a")
		text, err := a.Canonical()
		require.NoError(t, err)
		b, err := charter.Read(text)
		require.NoError(t, err)
		switch rapid.IntRange(0, 6).Draw(t, "change") {
		case 0:
			b = chartertest.Charters().Draw(t, "b")
		case 1:
			b.Decisions = rapid.Permutation(b.Decisions).Draw(t, "order")
		case 2:
			b.Funds = rapid.Permutation(b.Funds).Draw(t, "order")
		case 3:
			b.Visibility = rapid.Permutation(b.Visibility).Draw(t, "order")
		case 4:
			b.Limits = rapid.Permutation(b.Limits).Draw(t, "order")
		case 5:
			b.Decisions[0].Tiers[0].Hours++
		case 6:
		}
		if a.Money() != b.Money() && len(a.Units) != len(b.Units) {
			return
		}
		changes, err := charter.Diff(a, b)
		require.NoError(t, err)
		require.Equal(t, a.Hash() == b.Hash(), len(changes) == 0, "%v", changes)
		for _, c := range changes {
			require.NotEqual(t, c.Before, c.After)
		}
	})
}
