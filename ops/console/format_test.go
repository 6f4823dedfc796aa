package console

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

func browser(languages string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/console/", http.NoBody)
	r.Header.Set("Accept-Language", languages)
	return r
}

func TestNumbersAreWrittenAsTheirReaderDoes(t *testing.T) {
	kes, kwd, ugx := fx.MustCurrency("KES"), fx.MustCurrency("KWD"), fx.MustCurrency("UGX")
	for languages, want := range map[string]string{
		"":                        "−1,234,567.89",
		"en-KE,en;q=0.5":          "−1,234,567.89",
		"de":                      "−1.234.567,89",
		"hi-IN":                   "−12,34,567.89",
		"en-IN":                   "−12,34,567.89",
		"de-CH":                   "−1’234’567.89",
		"pt-BR":                   "−1.234.567,89",
		"sw-KE":                   "−1,234,567.89",
		"fr-FR, en":               "−1\u00a0234\u00a0567,89",
		"ar-EG":                   "−1,234,567.89",
		";;;\x00":                 "−1,234,567.89",
		"x-klingon, de;q=0.9, en": "−1,234,567.89",
	} {
		require.Equal(t, want, styleOf(browser(languages)).amount(fx.Money{Minor: -123_456_789, Currency: kes}), languages)
	}
	s := plainStyle()
	require.Equal(t, "4,411.484 KWD", s.money(fx.Money{Minor: 4_411_484, Currency: kwd}))
	require.Equal(t, "11,743,984 UGX", s.money(fx.Money{Minor: 11_743_984, Currency: ugx}))
	require.Equal(t, "1.50 hours of chama-nairobi", s.money(fx.Money{Minor: 150, Currency: fx.MustCurrency("hours.chama-nairobi.2")}))
	require.Equal(t, "99.6 %", s.percent(9_955))
	require.Equal(t, "−9,223,372,036,854,775,808", s.count(math.MinInt64))
}

// Money in a sentence is written as its reader does; what is none stays as it is.
func TestMoneyInSentences(t *testing.T) {
	german := styleOf(browser("de"))
	for text, want := range map[string]string{
		"1234567.50 KES": "1.234.567,50 KES", "-10.00 KES": "−10,00 KES", "1500 UGX": "1.500 UGX", "4411.484 KWD": "4.411,484 KWD",
		"open": "open", "7, until 2026-11-22T00:00:00Z": "7, until 2026-11-22T00:00:00Z", "1.5 KES by all guarantors": "1.5 KES by all guarantors", "": "",
	} {
		require.Equal(t, want, german.told(text))
	}
}

func TestTimesAreTheirReaders(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	c := clock{zone: time.FixedZone("EAT", 3*3600), now: func() time.Time { return now }}
	require.Equal(t, `<time datetime="2026-11-22T09:58:30Z" title="2026-11-22 09:58:30.000 UTC">22 Nov 12:58:30</time>`, string(c.when(now.Add(-90*time.Second))))
	require.Contains(t, string(c.ago(now.Add(-90*time.Second))), ">1 min 30 s ago<")
	require.Contains(t, string(c.ago(now.Add(3*time.Hour))), ">in 3 h 0 min<")
	require.Contains(t, string(c.when(time.Time{})), "–")
}

// What is left without separators is the number.
func TestNoDigitIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := style{group: "'", point: ",", last: 3, before: rapid.IntRange(2, 3).Draw(t, "before")}
		text := rapid.StringMatching(`[0-9]{1,30}`).Draw(t, "digits")
		left := ""
		for _, c := range s.digits(text) {
			if c != '\'' {
				left += string(c)
			}
		}
		require.Equal(t, text, left)
	})
}

// What a browser says of itself is never more than a preference.
func FuzzReader(f *testing.F) {
	f.Add("de-CH", "dark", "Africa/Nairobi")
	f.Add("*;q=2", "<script>", "../../etc/passwd")
	s := &Site{}
	f.Fuzz(func(t *testing.T, languages, theme, zone string) {
		r := browser(languages)
		r.AddCookie(&http.Cookie{Name: themeCookie, Value: theme})
		r.AddCookie(&http.Cookie{Name: zoneCookie, Value: zone})
		read := s.readerOf(r)
		require.Contains(t, []string{"", "light", "dark"}, read.theme)
		_, err := time.LoadLocation(read.zone)
		require.NoError(t, err)
		require.NotEmpty(t, read.style.point)
	})
}

func TestRatesHaveSixDigitsThatSaySomething(t *testing.T) {
	for text, want := range map[string]string{
		"38309704/59241025": "0.646675", "1/3": "0.333333", "1": "1.00000", "125/1": "125.000", "1/40000": "0.0000250000",
		"123456789": "123456789", "1/9999999999999999999999": "0.000000000000000000",
	} {
		r, err := fx.ParseRate(text)
		require.NoError(t, err)
		require.Equal(t, want, plainStyle().rate(r), text)
	}
}
