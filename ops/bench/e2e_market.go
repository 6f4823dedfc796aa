package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/testdata"
)

// The market of a run. Everything that goes out comes back: a payment is followed, a while later, by one of the
// same amounts the other way. So flows balance over a while and not at any moment, as between people, and limits
// can be tight for ever without anything waiting for ever.
const (
	sendersPower  = 0.5 // how much a participant sends falls with its rank by a power of this
	foreignPct    = 30  // of payments go to another currency
	ticketUSD     = 40
	ticketScatter = 0.6 // standard deviation of the logarithm of amounts
	ticketMost    = 6.0 // times the ticket
	tickets       = 1024
	customers     = 512    // of each participant
	mostAway      = 20_000 // payments out that have not come back yet
	leastMembers  = 4

	// How much of what is away a participant, or the FX pool of a currency, can carry: in standard deviations of
	// it, and at least so many tickets.
	memberLimit = 1.0
	poolLimit   = 3.0
	leastLimit  = 10

	provider  = "fx-house"
	quoteLife = 6 * 24 * time.Hour
)

// places are where participants of each currency are, with how their people are called and reached.
var places = []struct{ currency, country, dialing, town string }{
	{"KES", "KE", "2547", "Nairobi"}, {"PHP", "PH", "6391", "Cebu City"}, {"UGX", "UG", "2567", "Kampala"},
	{"INR", "IN", "9198", "Kochi"}, {"NGN", "NG", "2348", "Lagos"}, {"GHS", "GH", "2332", "Accra"},
	{"USD", "US", "1415", "San Francisco"}, {"EUR", "DE", "4915", "Berlin"},
}

var (
	givenNames = []string{"Wanjiku", "Maria", "Achieng", "Priya", "Chinonso", "Kwame", "Emily", "Lukas", "Atieno", "Jose", "Namukasa", "Rahul", "Adaeze", "Abena", "James", "Anna"}
	surnames   = []string{"Kamau", "Santos", "Okello", "Sharma", "Okafor", "Mensah", "Johnson", "Becker", "Odhiambo", "dela Cruz", "Mukasa", "Patel", "Eze", "Boateng", "Williams", "Schneider"}
)

// member is one participant of a run.
type member struct {
	name, country string
	currency      int // its place in market.currencies
	people        []messaging.Party
	prefundMinor  int64
	creditMinor   int64
}

// market is who pays whom, and at which rates.
type market struct {
	members    []member
	currencies []fx.Currency
	ticket     []int64      // by currency, in minor units
	pools      []int64      // liquidity of the FX pool, by currency
	quotes     [][]fx.Quote // from one currency to another
	senders    []float64    // cumulated weights
	home       [][]int32    // members of each currency
	homeWeight [][]float64  // their cumulated weights
	multiples  [tickets]float64
	away       int // payments out at a time
}

// newMarket makes a market whose limits are tight when `away` payments have not come back yet.
func newMarket(participants, away int, seed uint64, began time.Time) (*market, error) {
	if participants < leastMembers || participants > messaging.MaxListed-1 {
		return nil, fmt.Errorf("bench: %d participants, want %d to %d", participants, leastMembers, messaging.MaxListed-1)
	}
	m := &market{away: away}
	random := rand.New(rand.NewPCG(seed, 2))
	perUSD, err := m.open(min(len(places), participants/2))
	if err != nil {
		return nil, err
	}
	if err := m.quote(perUSD, began); err != nil {
		return nil, err
	}
	square := 0.0 // mean of the squares of multiples
	for i := range m.multiples {
		m.multiples[i] = min(math.Exp(ticketScatter*random.NormFloat64()), ticketMost)
		square += m.multiples[i] * m.multiples[i] / tickets
	}
	m.people(participants, random)
	m.limit(math.Sqrt(square))
	return m, nil
}

// open takes the first so many currencies.
func (m *market) open(currencies int) (perUSD []fx.Rate, err error) {
	figures, err := testdata.Rates()
	if err != nil {
		return nil, err
	}
	dollars := fx.Money{Minor: ticketUSD * 100, Currency: fx.MustCurrency("USD")}
	for _, p := range places[:currencies] {
		for _, f := range figures {
			if f.Currency.String() != p.currency {
				continue
			}
			ticket, _, err := fx.Convert(dollars, f.Currency, f.PerUSD)
			if err != nil {
				return nil, fmt.Errorf("bench: %w", err)
			}
			m.currencies, m.ticket = append(m.currencies, f.Currency), append(m.ticket, ticket.Minor)
			perUSD = append(perUSD, f.PerUSD)
		}
	}
	m.home, m.homeWeight = make([][]int32, currencies), make([][]float64, currencies)
	return perUSD, nil
}

// quote sets the provider's promises: the cross rates, without a spread, so that what comes back is what went.
func (m *market) quote(perUSD []fx.Rate, began time.Time) error {
	m.quotes = make([][]fx.Quote, len(m.currencies))
	for from := range m.currencies {
		m.quotes[from] = make([]fx.Quote, len(m.currencies))
		for to := range m.currencies {
			if from == to {
				continue
			}
			rate, err := perUSD[to].Times(perUSD[from].Inverse())
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			m.quotes[from][to] = fx.Quote{
				ID:       fmt.Sprintf("q%s-%s-%s", strconv.FormatInt(began.Unix(), 36), m.currencies[from], m.currencies[to]),
				Provider: provider, From: m.currencies[from], To: m.currencies[to], Rate: rate, Expires: began.Add(quoteLife),
			}
		}
	}
	return nil
}

// people admits members, currency by currency in turn, and gives them customers.
func (m *market) people(participants int, random *rand.Rand) {
	sum := 0.0
	for i := range participants {
		c := i % len(m.currencies)
		p := member{
			name: fmt.Sprintf("op-%s-%03d", places[c].country, i), country: places[c].country, currency: c,
			people: make([]messaging.Party, customers),
		}
		p.name = lower(p.name)
		for n := range p.people {
			p.people[n] = messaging.Party{
				Name:    givenNames[random.IntN(len(givenNames))] + " " + surnames[random.IntN(len(surnames))],
				Account: places[c].dialing + strconv.Itoa(10_000_000+random.IntN(90_000_000)),
				Address: strconv.Itoa(1+random.IntN(200)) + " " + surnames[random.IntN(len(surnames))] + " Road, " + places[c].town,
			}
		}
		weight := math.Pow(float64(i+1), -sendersPower)
		sum += weight
		m.members, m.senders = append(m.members, p), append(m.senders, sum)
		before := 0.0
		if n := len(m.homeWeight[c]); n > 0 {
			before = m.homeWeight[c][n-1]
		}
		m.home[c], m.homeWeight[c] = append(m.home[c], int32(i)), append(m.homeWeight[c], before+weight)
	}
}

// lower is for ASCII.
func lower(s string) string {
	text := []byte(s)
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			text[i] = c + 'a' - 'A'
		}
	}
	return string(text)
}

// limit sets what everybody has at its disposal. What is away of a participant is a sum of as many payments out as
// in, so its spread grows with the root of their number. spread is the root of the mean square of a payment, in
// tickets.
func (m *market) limit(spread float64) {
	all := m.senders[len(m.senders)-1]
	for i := range m.members {
		p := &m.members[i]
		before := 0.0
		if i > 0 {
			before = m.senders[i-1]
		}
		count := 2 * float64(m.away) * (m.senders[i] - before) / all
		limit := int64(max(memberLimit*spread*math.Sqrt(count), leastLimit) * float64(m.ticket[p.currency]))
		p.creditMinor = limit / 3
		p.prefundMinor = limit - p.creditMinor
	}
	for c, weights := range m.homeWeight {
		count := 2 * float64(m.away) * foreignPct / 100 * weights[len(weights)-1] / all
		m.pools = append(m.pools, int64(max(poolLimit*spread*math.Sqrt(count), leastLimit)*float64(m.ticket[c])))
	}
}

// shareOfLargest is the part of all payments that the largest sender makes.
func (m *market) shareOfLargest() float64 { return m.senders[0] / m.senders[len(m.senders)-1] }

// holds fails where so many transfers would not fit onto the largest sender's stream.
func (m *market) holds(transfers int) error {
	if most := int(fullness * streamBytes / bytesOnStream / m.shareOfLargest()); transfers > most {
		return fmt.Errorf("bench: %d transfers would fill the stream of the largest of %d participants; at most %d, or more participants",
			transfers, len(m.members), most)
	}
	return nil
}

// payment is one transfer to be made. back tells that it brings home what an earlier one took away.
type payment struct {
	from, to            int32
	back                bool
	source, destination int64
}

// traffic is a run's payments, one after the other. It is a function of its seed.
type traffic struct {
	*market
	random *rand.Rand
	away   []payment // out and not yet back
	most   int
	left   int
}

// traffic makes so many payments, an even number, after which every position is where it began.
func (m *market) traffic(payments int, seed uint64) *traffic {
	return &traffic{
		market: m, random: rand.New(rand.NewPCG(seed, 3)), left: payments, most: max(1, min(m.away, payments/4)),
	}
}

// next draws a payment; ok is false after the last.
func (t *traffic) next() (p payment, ok bool, err error) {
	if t.left == 0 {
		return payment{}, false, nil
	}
	t.left--
	out := len(t.away) == 0 || t.left >= len(t.away)+1 && len(t.away) < t.most && t.random.Uint32()&3 != 0
	if out {
		p, err = t.out()
		t.away = append(t.away, p)
		return p, true, err
	}
	i, last := t.random.IntN(len(t.away)), len(t.away)-1
	p = t.away[i]
	t.away[i], t.away = t.away[last], t.away[:last]
	return payment{from: p.to, to: p.from, back: true, source: p.destination, destination: p.source}, true, nil
}

func (t *traffic) out() (payment, error) {
	p := payment{from: int32(t.draw(t.senders))}
	from := t.members[p.from].currency
	abroad := len(t.currencies) > 1 && t.random.IntN(100) < foreignPct
	for p.to = p.from; p.to == p.from || (t.members[p.to].currency == from) == abroad; {
		if abroad {
			p.to = int32(t.draw(t.senders))
		} else {
			p.to = t.home[from][t.draw(t.homeWeight[from])]
		}
	}
	to := t.members[p.to].currency
	p.source = max(1, int64(float64(t.ticket[from])*t.multiples[t.random.Uint32()%tickets]))
	p.destination = p.source
	if abroad {
		c, err := t.quotes[from][to].Convert(fx.FixedSource, fx.Money{Minor: p.source, Currency: t.currencies[from]})
		if err != nil {
			return p, fmt.Errorf("bench: %w", err)
		}
		p.destination = c.Destination.Minor
	}
	return p, nil
}

// draw draws a place by cumulated weights.
func (t *traffic) draw(cumulated []float64) int {
	at := t.random.Float64() * cumulated[len(cumulated)-1]
	low, high := 0, len(cumulated)-1
	for low < high {
		if middle := (low + high) / 2; cumulated[middle] > at {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}
