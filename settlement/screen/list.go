package screen

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// What an answer of a List rests on.
const (
	ByName     = "name"
	ByAccount  = "account"
	ByCountry  = "country"
	ByVelocity = "velocity"
)

// List screens by a file of names, accounts and countries, and by what each account sent today. Of several that
// fit the strictest counts. It is safe for concurrent use.
//
// What was sent today is counted since the List was made: a restart begins anew.
type List struct {
	name      string
	accounts  map[string]Decision // the strictest
	excepted  map[string]bool
	countries map[string]Decision
	names     map[string][]listedName // by the rarest word that they have: here, the longest
	velocity  map[fx.Currency]Velocity

	mu   sync.Mutex
	day  int64 // of UTC since 1970, that sent is of
	sent map[sender]sum
}

var _ Screener = (*List)(nil)

type listedName struct {
	words    []string
	decision Decision
}

// sender is an account at a participant, in a currency.
type sender struct {
	participant, account string
	currency             fx.Currency
}

type sum struct {
	count int
	minor int64
}

// NewList makes a screener of lists. Errors are *FileError.
func NewList(from Lists) (*List, error) {
	if err := from.check(); err != nil {
		return nil, err
	}
	l := &List{
		name: from.Name, accounts: map[string]Decision{}, excepted: map[string]bool{}, countries: map[string]Decision{},
		names: map[string][]listedName{}, velocity: map[fx.Currency]Velocity{}, sent: map[sender]sum{},
	}
	for _, e := range from.Entries {
		for _, account := range e.Accounts {
			if e.Decision == Allow {
				l.excepted[account] = true
			} else {
				l.accounts[account] = stricter(l.accounts[account], e.Decision)
			}
		}
		for _, country := range e.Countries {
			l.countries[country] = stricter(l.countries[country], e.Decision)
		}
		for _, name := range e.Names {
			in := words(name)
			key := slices.MaxFunc(in, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
			l.names[key] = append(l.names[key], listedName{words: in, decision: e.Decision})
		}
	}
	for _, v := range from.Velocity {
		l.velocity[v.Currency] = v
	}
	return l, nil
}

// strictness orders decisions; none is the least.
var strictness = []Decision{"", Allow, Hold, Deny}

// stricter is the stricter of two decisions.
func stricter(a, b Decision) Decision {
	if slices.Index(strictness, b) > slices.Index(strictness, a) {
		return b
	}
	return a
}

// Screen implements Screener. It never fails.
func (l *List) Screen(_ context.Context, asked []Question) ([]Answer, error) {
	answers := make([]Answer, len(asked))
	for i := range asked {
		answers[i] = l.answer(&asked[i])
	}
	return answers, nil
}

// answer looks for what is listed first, so that what velocity counts is the same whatever the lists say.
func (l *List) answer(q *Question) Answer {
	best := Answer{Decision: Allow}
	say := func(decision Decision, rule string) {
		if stricter(best.Decision, decision) != best.Decision {
			best = Answer{Decision: decision, List: l.name, Rule: rule}
		}
	}
	for i, party := range []*messaging.Party{&q.Intent.Debtor, &q.Intent.Creditor} {
		side := []Side{q.Debtor, q.Creditor}[i]
		if l.excepted[party.Account] {
			if best.List == "" {
				best = Answer{Decision: Allow, List: l.name, Rule: ByAccount}
			}
			continue
		}
		say(l.accounts[party.Account], ByAccount)
		say(l.countries[cmp.Or(party.Country, side.Country)], ByCountry)
		say(l.named(party.Name), ByName)
	}
	say(l.tooFast(q), ByVelocity)
	return best
}

// named is what becomes of somebody of that name, "" where no entry fits.
func (l *List) named(name string) (decision Decision) {
	if len(l.names) == 0 {
		return ""
	}
	has := words(name)
	for _, word := range has {
		for _, listed := range l.names[word] {
			if !slices.ContainsFunc(listed.words, func(w string) bool { return !slices.Contains(has, w) }) {
				decision = stricter(decision, listed.decision)
			}
		}
	}
	return decision
}

// maxSenders bounds the accounts of which a day's sums are kept. Those that come later are beyond every bound.
const maxSenders = 2_000_000

// tooFast counts an intent to its account's day, and tells what becomes of it. What is held or denied counts too.
func (l *List) tooFast(q *Question) Decision {
	v, bounded := l.velocity[q.Source.Currency]
	if !bounded || q.Source.Minor <= 0 {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if day := q.At.Unix() / (24 * 60 * 60); day != l.day {
		l.day = day
		clear(l.sent)
	}
	key := sender{q.Debtor.Participant, q.Intent.Debtor.Account, q.Source.Currency}
	of, known := l.sent[key]
	if !known && len(l.sent) >= maxSenders {
		return v.Decision
	}
	of.count++
	if sum, fits := fx.AddMinor(of.minor, q.Source.Minor); fits {
		of.minor = sum
	} else {
		of.minor = math.MaxInt64
	}
	l.sent[key] = of
	if v.Count > 0 && of.count > v.Count || v.AmountMinor > 0 && of.minor > v.AmountMinor {
		return v.Decision
	}
	return ""
}

// words are a name's, each once, in order, without case or accents, so that "Ngũgĩ, José" and "jose ngugi" are
// the same.
func words(name string) []string {
	bare := strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(unicode.Mn, c):
			return -1
		case c == 'ı': // whose capital is that of i
			return 'i'
		case unicode.IsLetter(c), unicode.IsDigit(c):
			return unicode.ToLower(c)
		case c == '\'' || c == '’' || c == '`': // O'Neil is one word however it is written
			return -1
		default:
			return ' '
		}
	}, norm.NFKD.String(name))
	found := strings.Fields(bare)
	slices.Sort(found)
	return slices.Compact(found)
}
