package web_test

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/fx"
)

// js writes a value as an expression of a page's.
func js(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// blank is a page of the site's, on which its modules are tried alone.
func blank(t *testing.T) *browsertest.Page {
	t.Helper()
	r := newRig(t)
	p := browsertest.Start(t).Page(t, phone)
	p.Open(r.address + "/signin")
	p.Wait(ready)
	return p
}

// The device reads every draft that the server reads, and refuses every other for the same reason.
func TestTheDeviceReadsDraftsAsStrictly(t *testing.T) {
	p := blank(t)
	for name, draft := range drafts() {
		said := p.Text(fmt.Sprintf(`(async () => {
			const { read } = await import('/assets/act.js');
			const { decoded } = await import('/assets/bytes.js');
			const draft = { act: decoded(%s), documents: %s.map(decoded), closed: %s.map(decoded) };
			try {
				const reading = await read(draft, { pool: 'chama-umoja', member: 'm1', now: Date.now() });
				return JSON.stringify([reading.act, ...reading.named].map((rows) => rows.map((row) => [row.name, row.value])));
			} catch (reason) {
				return reason.message;
			}
		})()`, js(t, coded.EncodeToString(draft.Act)), js(t, encoded(draft.Documents)), js(t, encoded(draft.Closed))))
		if draft.refused != "" {
			assert.Equal(t, draft.refused, said, name)
			continue
		}
		var rows [][][2]string
		require.NoError(t, json.Unmarshal([]byte(said), &rows), "%s: %s", name, said)
		assert.Equal(t, rowsOf(t, draft.Draft), rows, name)
	}
}

func encoded(all [][]byte) []string {
	texts := []string{}
	for _, one := range all {
		texts = append(texts, coded.EncodeToString(one))
	}
	return texts
}

// Decimals of every unit, and amounts as every language writes them, are the browser's too.
func TestAmountsAreWrittenAsTheBrowserWritesThem(t *testing.T) {
	p := blank(t)
	file, err := os.Open("../../../testdata/iso4217.csv")
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	reader := csv.NewReader(file)
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	units := []string{"hours.chama-umoja.2", "h.ab.0", "stamps.x1.6"}
	for _, row := range rows {
		if len(row[0]) == 3 {
			units = append(units, row[0])
		}
	}
	decimals := map[string]int{}
	p.JSON(fmt.Sprintf(`import('/assets/exponents.js').then(({ decimals }) => Object.fromEntries(%s.map((u) => [u, decimals(u)])))`, js(t, units)), &decimals)
	for _, unit := range units {
		assert.Equal(t, fx.MustCurrency(unit).MinorUnits(), decimals[unit], unit)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var amounts []fx.Money
	for range 200 {
		minor := int64(random.Uint64()) >> random.IntN(64)
		amounts = append(amounts, fx.Money{Minor: minor, Currency: fx.MustCurrency(units[random.IntN(len(units))])})
	}
	for _, language := range []string{"en", "sw", "hi", "fil", "fr"} {
		asked := make([][2]string, 0, len(amounts))
		want := make([]string, 0, len(amounts))
		for _, amount := range amounts {
			asked = append(asked, [2]string{fmt.Sprint(amount.Minor), amount.Currency.String()})
			want = append(want, web.Money(language, amount))
		}
		var got []string
		p.JSON(fmt.Sprintf(`import('/assets/exponents.js').then(({ plain }) => %s.map(([minor, unit]) => {
			const text = plain(minor, unit);
			const digits = (text.split('.')[1] ?? '').length;
			return new Intl.NumberFormat('%s', { minimumFractionDigits: digits, maximumFractionDigits: digits, numberingSystem: 'latn' }).format(text) + '\u00a0' + unit.split('.')[0];
		}))`, js(t, asked), language), &got)
		assert.Equal(t, want, got, language)
	}
}

// A paper code is the seed and a check of it, in Crockford's base 32; every single slip of the pen is found.
func TestPaperCodes(t *testing.T) {
	p := blank(t)
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = byte(7 * i)
	}
	hash := sha256.Sum256(append([]byte("ayni.pool.paper.v1\n"), seed...))
	encoding := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
	want := encoding.EncodeToString(slices.Concat(seed, hash[:3]))
	call := func(expression string) string {
		return p.Text(fmt.Sprintf(`(async () => {
			const paper = await import('/assets/paper.js');
			const { coded, decoded } = await import('/assets/bytes.js');
			const seed = decoded('%s');
			return %s;
		})()`, coded.EncodeToString(seed), expression))
	}
	assert.Equal(t, want, call(`(await paper.write(seed)).join('')`))
	typed := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(want))
	assert.Equal(t, coded.EncodeToString(seed), call(`coded(await paper.read(`+js(t, typed[:9]+" - "+typed[9:])+`))`))
	assert.Equal(t, "0", call(`String((await Promise.all(Array.from(`+js(t, want)+`).map(async (sign, i, all) => {
		const other = sign === '7' ? '8' : '7';
		return await paper.read(all.with(i, other).join('')) ? 1 : 0;
	}))).reduce((sum, n) => sum + n, 0))`))
	assert.Equal(t, "none", call(`(await paper.read('`+want[:55]+`')) ?? 'none'`))
}

// rowsOf are the names and values that the server reads.
func rowsOf(t *testing.T, draft web.Draft) (rows [][][2]string) {
	t.Helper()
	reading, err := web.Read(draft, "chama-umoja")
	require.NoError(t, err)
	for _, said := range append([][]web.Said{reading.Act}, reading.Named...) {
		pairs := [][2]string{}
		for _, one := range said {
			pairs = append(pairs, [2]string{one.Name, one.Value})
		}
		rows = append(rows, pairs)
	}
	return rows
}

// Days are written as the browser writes them.
func TestDaysAreWrittenAsTheBrowserWritesThem(t *testing.T) {
	p := blank(t)
	for month := range 12 {
		day := time.Date(2026, time.Month(month+1), 7, 12, 0, 0, 0, time.UTC)
		dates, err := web.Dates(day)
		require.NoError(t, err)
		for language, date := range dates {
			if language == "en" {
				language = "en-GB"
			}
			assert.Equal(t, p.Text(fmt.Sprintf(`new Intl.DateTimeFormat('%s', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(%d))`, language, day.UnixMilli())), date, language)
		}
	}
}
