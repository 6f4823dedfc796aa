package screen

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var (
	kes  = fx.MustCurrency("KES")
	noon = time.Date(2026, 4, 13, 12, 0, 0, 0, time.UTC)
)

const file = `{"name":"scheme-7","entries":[
	{"decision":"deny","names":["José Ngũgĩ"]},
	{"decision":"hold","names":["Ngugi"],"accounts":["254700000009"],"countries":["KP"]},
	{"decision":"deny","accounts":["254700000010"]},
	{"decision":"allow","accounts":["254700000011"]}],
	"velocity":[{"currency":"KES","count":3,"amount_minor":100000,"decision":"hold"}]}`

func list(t require.TestingT) *List {
	lists, err := ReadLists(strings.NewReader(file))
	require.NoError(t, err)
	l, err := NewList(lists)
	require.NoError(t, err)
	return l
}

// question is about an intent that nothing is known against.
func question(change func(*Question)) Question {
	q := Question{
		At: noon, Debtor: Side{Participant: "mpesa-ke", Country: "KE"}, Creditor: Side{Participant: "gcash-ph", Country: "PH"},
		Source: fx.Money{Minor: 100, Currency: fx.MustCurrency("UGX")},
		Intent: messaging.Intent{
			Debtor: messaging.Party{Name: "Wanjiku Kamau", Account: "254700000001"}, Creditor: messaging.Party{Name: "Maria Santos", Account: "639170000001"},
		},
	}
	change(&q)
	return q
}

func answers(t require.TestingT, l *List, asked ...Question) []Answer {
	said, err := l.Screen(nil, asked) //nolint:staticcheck // a list waits for nothing
	require.NoError(t, err)
	return said
}

func TestListSaysWhatItRestsOn(t *testing.T) {
	held, denied := Answer{Decision: Hold, List: "scheme-7"}, Answer{Decision: Deny, List: "scheme-7"}
	by := func(a Answer, rule string) Answer { a.Rule = rule; return a }
	for name, c := range map[string]struct {
		change func(*Question)
		want   Answer
	}{
		"nobody":                   {func(*Question) {}, Answer{Decision: Allow}},
		"a name in any order":      {func(q *Question) { q.Intent.Creditor.Name = "NGUGI, jose maria" }, by(denied, ByName)},
		"and composed otherwise":   {func(q *Question) { q.Intent.Creditor.Name = "Jose\u0301 Ngu\u0303gi\u0303" }, by(denied, ByName)},
		"a part of a listed name":  {func(q *Question) { q.Intent.Creditor.Name = "José Santos" }, Answer{Decision: Allow}},
		"another that fits less":   {func(q *Question) { q.Intent.Debtor.Name = "Grace Ngugi" }, by(held, ByName)},
		"no part of a word":        {func(q *Question) { q.Intent.Debtor.Name = "Grace Ngugison" }, Answer{Decision: Allow}},
		"an account":               {func(q *Question) { q.Intent.Debtor.Account = "254700000009" }, by(held, ByAccount)},
		"the strictest of several": {func(q *Question) { q.Intent.Debtor.Account, q.Intent.Creditor.Account = "254700000009", "254700000010" }, by(denied, ByAccount)},
		"a party's country":        {func(q *Question) { q.Intent.Creditor.Country = "KP" }, by(held, ByCountry)},
		"a participant's country":  {func(q *Question) { q.Debtor.Country = "KP" }, by(held, ByCountry)},
		"the party's own counts":   {func(q *Question) { q.Debtor.Country, q.Intent.Debtor.Country = "KP", "KE" }, Answer{Decision: Allow}},
		"an exception": {func(q *Question) {
			q.Intent.Debtor = messaging.Party{Name: "José Ngugi", Account: "254700000011", Country: "KP"}
		}, Answer{Decision: Allow, List: "scheme-7", Rule: ByAccount}},
		"whose other party is not": {func(q *Question) { q.Intent.Debtor.Account, q.Intent.Creditor.Name = "254700000011", "José Ngugi" }, by(denied, ByName)},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, []Answer{c.want}, answers(t, list(t), question(c.change))) })
	}
}

func TestVelocityIsPerAccountCurrencyAndDay(t *testing.T) {
	l := list(t)
	sends := func(account string, minor int64, at time.Time) Decision {
		return answers(t, l, question(func(q *Question) {
			q.At, q.Source, q.Intent.Debtor.Account = at, fx.Money{Minor: minor, Currency: kes}, account
		}))[0].Decision
	}
	for range 3 {
		require.Equal(t, Allow, sends("a", 1, noon))
	}
	require.Equal(t, Hold, sends("a", 1, noon))
	require.Equal(t, Allow, sends("b", 100_000, noon))
	require.Equal(t, Hold, sends("b", 1, noon))
	require.Equal(t, Hold, sends("c", 100_001, noon))
	require.Equal(t, Allow, sends("a", 1, noon.Add(12*time.Hour)), "another day")
}

// Whoever bears all words of a listed name is found, however they stand and are written.
func TestNamesAreFoundInAnyOrder(t *testing.T) {
	word := rapid.StringMatching(`[a-zà-öø-ž]{1,8}`) // without ÷, which is no letter
	rapid.Check(t, func(t *rapid.T) {
		listed := rapid.SliceOfN(word, 1, 4).Draw(t, "listed")
		l, err := NewList(Lists{Name: "l", Entries: []Entry{{Decision: Deny, Names: []string{strings.Join(listed, " ")}}}})
		require.NoError(t, err)
		party := rapid.Permutation(append(rapid.SliceOfN(word, 0, 3).Draw(t, "more"), listed...)).Draw(t, "party")
		for i := range party {
			if rapid.Bool().Draw(t, "shout") {
				party[i] = strings.ToUpper(party[i])
			}
		}
		said := answers(t, l, question(func(q *Question) { q.Intent.Creditor.Name = strings.Join(party, ", ") }))
		require.Equal(t, Deny, said[0].Decision, "%v in %v", listed, party)
	})
}

func TestListsRefuseWhatTheyCannotMean(t *testing.T) {
	for fault, text := range map[string]string{
		"no name":             `{"name":"","entries":[],"velocity":[]}`,
		"unknown":             `{"name":"l","entires":[]}`,
		"duplicate":           `{"name":"l","name":"m"}`,
		"no decision":         `{"name":"l","entries":[{"names":["x"]}]}`,
		"names nobody":        `{"name":"l","entries":[{"decision":"deny"}]}`,
		"names accounts only": `{"name":"l","entries":[{"decision":"allow","names":["x"]}]}`,
		"without a letter":    `{"name":"l","entries":[{"decision":"deny","names":["-"]}]}`,
		"empty account":       `{"name":"l","entries":[{"decision":"deny","accounts":[""]}]}`,
		"capital letters":     `{"name":"l","entries":[{"decision":"deny","countries":["Kenya"]}]}`,
		"no bound":            `{"name":"l","velocity":[{"currency":"KES","decision":"hold"}]}`,
		"neither hold":        `{"name":"l","velocity":[{"currency":"KES","count":1,"decision":"allow"}]}`,
		"named twice":         `{"name":"l","velocity":[{"currency":"KES","count":1,"decision":"hold"},{"currency":"KES","count":2,"decision":"hold"}]}`,
	} {
		_, err := ReadLists(strings.NewReader(text))
		var wrong *FileError
		require.ErrorAs(t, err, &wrong, text)
		require.Contains(t, err.Error(), fault)
	}
}

func FuzzReadLists(f *testing.F) {
	f.Add(file)
	f.Add(`{"name":"l","entries":[{"decision":"deny","names":["\u0301"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		lists, err := ReadLists(strings.NewReader(text))
		if err != nil {
			return
		}
		l, err := NewList(lists)
		require.NoError(t, err)
		for _, e := range lists.Entries {
			for _, name := range e.Names {
				said := answers(t, l, question(func(q *Question) { q.Intent.Creditor.Name = name }))
				require.NotEqual(t, Allow, said[0].Decision, "%q", name)
			}
		}
	})
}
