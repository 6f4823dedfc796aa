package charter_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

const small = `
version: 1
pool: chama-nairobi
title: Chama
purpose: we help each other
units: [{unit: KES, issue: outside}, {unit: hours.chama.2, issue: mutually}]
funds: [{name: pot, unit: KES}, {name: jar, unit: hours.chama.2}]
limits: [{max: 12.5, fund: jar, days: 7}]
dues: [{name: monthly, fund: pot, amount: 500, every_days: 30}]
credit: [{unit: hours.chama.2, base: 10, max_owe: 20.25}]
decisions:
  - kind: payout
    propose: [member]
    tiers:
      - {up_to: 1000.50, method: consent, vote: [member], signatures: 1, hours: 24}
visibility: []
`

func TestAmountsAreInTheUnitOfTheirRule(t *testing.T) {
	c, err := charter.Parse([]byte(small))
	require.NoError(t, err)
	assert.Equal(t, int64(1250), c.Limits[0].MaxMinor)
	assert.Equal(t, int64(50000), c.Dues[0].AmountMinor)
	assert.Equal(t, int64(1000), c.Credit[0].BaseMinor)
	assert.Equal(t, int64(100050), c.Decisions[0].Tiers[0].UpToMinor)

	inShillings, err := charter.Parse([]byte(strings.ReplaceAll(strings.Replace(small, "1000.50", "1000", 1), "KES", "UGX")))
	require.NoError(t, err)
	assert.Equal(t, int64(500), inShillings.Dues[0].AmountMinor)
	assert.Equal(t, int64(1000), inShillings.Decisions[0].Tiers[0].UpToMinor)
}

func TestADocumentSaysWhereItIsWrong(t *testing.T) {
	for _, wrong := range []struct{ old, replaced, says string }{
		{"title: Chama", "title: Chama\ntitle: again", "line 5 title: the name is there twice"},
		{"title: Chama", "titel: Chama", "line 4 titel: no rule has this name"},
		{"version: 1", "version: one", "line 2 version: it wants a whole number"},
		{"version: 1", "version: 01", "line 2 version: it wants a whole number"},
		{"version: 1", "version: 1.5", "line 2 version: it wants a whole number"},
		{"version: 1", "version:", "line 2 version: it says nothing"},
		{"issue: outside}", "issue: outside, expiry_days: 3x}", "line 6 units[0].expiry_days: it wants a whole number"},
		{"hours: 24", "hours: 24, no_delegates: yes", "decisions[0].tiers[0].no_delegates: it wants true or false"},
		{"hours: 24", "hours: 24, no_delegates: True", "decisions[0].tiers[0].no_delegates: it wants true or false"},
		{"hours: 24", "hours: 24, weight: 2", "line 15 decisions[0].tiers[0].weight: no rule has this name"},
		{"up_to: 1000.50", "up_to: 1000.505", `decisions[0].tiers[0].up_to: "1000.505" is no amount of KES: too_many_decimals`},
		{"up_to: 1000.50", "up_to: 1e3", `"1e3" is no amount of KES: syntax`},
		{"up_to: 1000.50", "up_to: [1]", "it wants an amount"},
		{"up_to: 1000.50", "up_to_minor: 5", "decisions[0].tiers[0].up_to: no rule has this name"},
		{"fund: jar, days", "fund: jam, days", "limits[0].max: the unit of this amount is not known"},
		{"unit: KES, issue", "unit: XXX, issue", "line 6 units[0].unit: it is neither a currency nor"},
		{"propose: [member]", "propose: member", "line 13 decisions[0].propose: it wants a list"},
		{"propose: [member]", "propose: [[member]]", "decisions[0].propose[0]: it wants a text"},
		{"visibility: []", "visibility: &a []\nsanctions: *a", "sanctions: aliases are not read"},
		{"title: Chama", "title: !!binary aGk=", "title: it is neither text nor number"},
		{"visibility: []", "visibility: []\n---\nversion: 1", "it is more than one document"},
		{small, "", "it is empty"},
		{small, "- a", "it wants names with values"},
		{small, "a: \xff", "it is not UTF-8"},
		{small, "a: [", "yaml"},
		{small, "matching: " + strings.Repeat("[", 12) + strings.Repeat("]", 12), "the document is too large"},
		{small, "purposes: [" + strings.Repeat("a,", 9_000) + "]", "the document is too large"},
		{small, strings.Repeat(" ", charter.MaxDocumentBytes+1), "more than 65536"},
		{small, strings.Repeat("n", 300) + ": 1", "n…: no rule has this name"},
	} {
		text := strings.Replace(small, wrong.old, wrong.replaced, 1)
		require.NotEqual(t, small, text)
		_, err := charter.Parse([]byte(text))
		fault := new(charter.DocumentError)
		require.ErrorAs(t, err, &fault, wrong.says)
		if wrong.says != "yaml" {
			assert.Contains(t, err.Error(), wrong.says)
		}
		assert.Less(t, len(err.Error()), 300)
	}
}

func TestReadTakesOneFormOnly(t *testing.T) {
	c, err := charter.Parse([]byte(small))
	require.NoError(t, err)
	canonical, err := c.Canonical()
	require.NoError(t, err)
	_, err = charter.Read(canonical)
	require.NoError(t, err)
	text := string(canonical)
	for _, other := range []string{
		"", "null", "[]", "{}", " " + text, text + "\n", text + text, strings.Replace(text, `"1"`, `1`, 1), strings.Replace(text, `"1"`, `"01"`, 1),
		strings.Replace(text, `{"credit"`, `{"a":"b","credit"`, 1), strings.Replace(text, `"title":"Chama"`, `"title":"Ch\u0061ma"`, 1),
		strings.Replace(text, `"title":"Chama",`, `"title":"Chama","title":"Chama",`, 1), strings.Replace(text, "Chama", "Ch\xffma", 1),
		strings.Replace(text, `"outside"`, `null`, 1), strings.Repeat(" ", charter.MaxBytes+1),
		strings.Replace(text, `"title":"Chama",`, "", 1), strings.Replace(text, `"title"`, `"Title"`, 1),
	} {
		require.NotEqual(t, text, other)
		_, err := charter.Read([]byte(other))
		fault := new(charter.DocumentError)
		require.ErrorAs(t, err, &fault, "%.80q", other)
	}
}

// Whoever adds an amount to the types names it among those that people write as decimals.
func TestEveryAmountIsADecimalForPeople(t *testing.T) {
	var names []string
	var visit func(of reflect.Type)
	visit = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Slice:
			visit(of.Elem())
		case reflect.Struct:
			for field := range of.Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if amount, ok := strings.CutSuffix(name, "_minor"); ok {
					names = append(names, amount)
					assert.Equal(t, reflect.Int64, field.Type.Kind(), name)
				}
				visit(field.Type)
			}
		default:
		}
	}
	visit(reflect.TypeFor[charter.Charter]())
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		text := strings.Replace(small, "version: 1", fmt.Sprintf("%s: x", name), 1)
		_, err := charter.Parse([]byte(text))
		assert.ErrorContains(t, err, "is no amount of KES", name)
	}
}

func seeds(f *testing.F) (all [][]byte) {
	f.Helper()
	entries, err := os.ReadDir("templates")
	require.NoError(f, err)
	for _, e := range entries {
		text, err := charter.TemplateYAML(strings.TrimSuffix(e.Name(), ".yaml"), founding())
		require.NoError(f, err)
		all = append(all, text)
	}
	return append(all,
		[]byte(small), []byte("units: [{issue: outside}]\nfunds: [{name: a}]\ndues: [{name: a}]"), []byte("title: \"a\\n\""), []byte("title: |\n  a\n"), []byte("a: &b [*b]"), []byte("<<: {a: b}"), []byte("? [a]\n: b"))
}

func FuzzParse(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := charter.Parse(text)
		if err != nil {
			fault := new(charter.DocumentError)
			require.ErrorAs(t, err, &fault)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		canonical, err := c.Canonical()
		require.NoError(t, err)
		written, err := c.YAML()
		require.NoError(t, err)
		again, err := charter.Parse(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, c.Hash(), again.Hash())
		if c.Check() == nil {
			read, err := charter.Read(canonical)
			require.NoError(t, err)
			require.Equal(t, c.Hash(), read.Hash())
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range seeds(f) {
		if c, err := charter.Parse(seed); err == nil {
			canonical, err := c.Canonical()
			require.NoError(f, err)
			f.Add(canonical)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := charter.Read(text)
		if err != nil {
			fault := new(charter.DocumentError)
			require.ErrorAs(t, err, &fault)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		canonical, err := c.Canonical()
		require.NoError(t, err)
		require.Equal(t, string(text), string(canonical))
		_ = c.Check() // whatever it says, it says it
	})
}
