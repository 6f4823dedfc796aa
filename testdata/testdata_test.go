package testdata_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/testdata"
)

func TestCorridorsJoinCountriesThatTakePart(t *testing.T) {
	participants, err := testdata.Participants()
	require.NoError(t, err)
	countries := map[string]bool{}
	for _, p := range participants {
		countries[p.Country] = true
	}
	corridors, err := testdata.Corridors()
	require.NoError(t, err)
	var sumMinor int64
	seen, served := map[string]bool{}, map[string]bool{}
	for _, c := range corridors {
		pair := c.From + "-" + c.To
		assert.False(t, seen[pair], "%s stands twice", pair)
		seen[pair] = true
		served[c.From], served[c.To] = true, true
		assert.NotEqual(t, c.From, c.To)
		assert.True(t, countries[c.From] && countries[c.To], pair)
		assert.Positive(t, c.Yearly.Minor, pair)
		assert.Contains(t, []string{"50.00", "100.00", "200.00", "500.00"}, c.Ticket.Text(), pair)
		var ok bool
		sumMinor, ok = fx.AddMinor(sumMinor, c.Yearly.Minor)
		require.True(t, ok)
	}
	// Counted in the World Bank's table itself.
	assert.Len(t, corridors, 109)
	assert.Equal(t, int64(83_950_232_840_00), sumMinor)
	for country := range countries {
		assert.True(t, country == "" || country == "ZA" || served[country], "nobody sends to or from %s", country)
	}
}

func TestEveryCurrencyThatTakesPartHasOneRate(t *testing.T) {
	rates, err := testdata.Rates()
	require.NoError(t, err)
	perUSD := map[fx.Currency]fx.Rate{}
	for _, r := range rates {
		assert.NotContains(t, perUSD, r.Currency)
		assert.Regexp(t, `^(ECB: |IMF: |by definition$)`, r.Source)
		perUSD[r.Currency] = r.PerUSD
	}
	assert.True(t, perUSD[fx.MustCurrency("USD")].Equal(fx.MustRate("1")))
	participants, err := testdata.Participants()
	require.NoError(t, err)
	for _, p := range participants {
		if !p.Currency.IsZero() {
			assert.Contains(t, perUSD, p.Currency, p.Name)
		}
	}
}

// Crossing the quoted figures again gives what rates.csv says, to its eight digits.
func TestECBRatesAreTheCrossThatTheirSourceShows(t *testing.T) {
	cross := regexp.MustCompile(`^ECB: (\S+) / (\S+)$`)
	rates, err := testdata.Rates()
	require.NoError(t, err)
	checked := 0
	for _, r := range rates {
		figures := cross.FindStringSubmatch(r.Source)
		if figures == nil {
			continue
		}
		checked++
		exact, err := fx.MustRate(figures[1]).Times(fx.MustRate(figures[2]).Inverse())
		require.NoError(t, err)
		assert.Equal(t, exact.Text(6), r.PerUSD.Text(6), r.Currency)
	}
	assert.Equal(t, 5, checked, "EUR, GBP, INR, PHP and ZAR")
}

func TestParticipantsAreUsable(t *testing.T) {
	participants, err := testdata.Participants()
	require.NoError(t, err)
	roles, currencies, decimals := map[testdata.Role]int{}, map[fx.Currency]bool{}, map[int]bool{}
	names := map[string]bool{}
	for _, p := range participants {
		assert.True(t, messaging.ValidParticipant(p.Name), p.Name)
		assert.False(t, names[p.Name], "%s stands twice", p.Name)
		names[p.Name] = true
		roles[p.Role]++
		if p.Role == testdata.RoleProvider {
			assert.Equal(t, "none", p.Rail, p.Name)
			continue
		}
		assert.Regexp(t, `^[A-Z]{2}$`, p.Country, p.Name)
		assert.Contains(t, []string{"mpesa", "upi", "gcash", "pool"}, p.Rail, p.Name)
		assert.Positive(t, p.PayoutIncrementMinor, p.Name)
		assert.GreaterOrEqual(t, p.PayoutMinMinor, p.PayoutIncrementMinor, p.Name)
		assert.Greater(t, p.PayoutMaxMinor, p.PayoutMinMinor, p.Name)
		assert.Zero(t, p.PayoutMinMinor%p.PayoutIncrementMinor, p.Name)
		assert.Zero(t, p.PayoutMaxMinor%p.PayoutIncrementMinor, p.Name)
		if p.Rail == "mpesa" {
			assert.Equal(t, "1", major(p), "%s: the wire carries whole units", p.Name)
		}
		currencies[p.Currency], decimals[p.Currency.MinorUnits()] = true, true
	}
	assert.Equal(t, map[testdata.Role]int{
		testdata.RoleOperator: 10, testdata.RoleSender: 5, testdata.RolePool: 5, testdata.RoleProvider: 1,
	}, roles)
	assert.GreaterOrEqual(t, len(currencies), 12)
	assert.Equal(t, map[int]bool{0: true, 2: true, 3: true}, decimals)
}

// major writes the payout increment in major units, without decimals of zero.
func major(p testdata.Participant) string {
	text := fx.Money{Minor: p.PayoutIncrementMinor, Currency: p.Currency}.Text()
	return regexp.MustCompile(`\.0+$`).ReplaceAllString(text, "")
}

// A typical ticket fits every corridor's payout bounds.
func TestTypicalTicketsCanBePaidOut(t *testing.T) {
	perUSD := map[fx.Currency]fx.Rate{}
	rates, err := testdata.Rates()
	require.NoError(t, err)
	for _, r := range rates {
		perUSD[r.Currency] = r.PerUSD
	}
	participants, err := testdata.Participants()
	require.NoError(t, err)
	corridors, err := testdata.Corridors()
	require.NoError(t, err)
	for _, c := range corridors {
		for _, p := range participants {
			if p.Country != c.To {
				continue
			}
			paid, _, err := fx.Convert(c.Ticket, p.Currency, perUSD[p.Currency])
			require.NoError(t, err)
			assert.GreaterOrEqual(t, paid.Minor, p.PayoutMinMinor, "%s to %s", c.From, p.Name)
			assert.LessOrEqual(t, paid.Minor, p.PayoutMaxMinor, "%s to %s", c.From, p.Name)
		}
	}
}

func TestISO4217IsTheTableOfFX(t *testing.T) {
	list, err := testdata.ISO4217()
	require.NoError(t, err)
	assert.Greater(t, len(list), 150)
	for _, entry := range list {
		assert.Regexp(t, `^\d{3}$`, entry.Numeric, entry.Code)
		currency, err := fx.ParseCurrency(entry.Code)
		if assert.NoError(t, err) {
			assert.Equal(t, entry.Units, currency.MinorUnits(), entry.Code)
		}
	}
}
