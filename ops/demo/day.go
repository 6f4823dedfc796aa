package demo

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/testdata"
)

// The cast beside those of testdata.
const (
	provider = "fx-house"
	moneybag = "empty-ke"   // has no prefunding: what it sends expires
	dormant  = "dormant-ke" // is suspended
)

const (
	sigma                  = 0.6 // of the logarithm of amounts around a corridor's typical ticket
	fixedSourcePct         = 30  // of senders fix what they pay rather than what arrives
	quoteLife              = 48 * time.Hour
	spreadNum, spreadDenom = 199, 200 // the provider keeps half a per cent
)

// feeMinor is what the provider charges for each transfer beside its spread: some twenty-five US cents out of
// three rich countries, nothing elsewhere.
var feeMinor = map[string]int64{"USD": 25, "GBP": 20, "EUR": 24}

// day is a day's traffic: transfer n is a function of the seed and n alone, so a day that was
// interrupted goes on as it would have gone.
type day struct {
	seed      uint64
	cast      []testdata.Participant
	by        map[string]testdata.Participant
	corridors []corridor
	weights   []float64 // running sums; a draw finds its corridor in them
	perUSD    map[fx.Currency]fx.Rate
	quotes    map[[2]fx.Currency]fx.Quote
}

type corridor struct {
	from, to testdata.Participant
	ticket   fx.Money // USD
}

// planned is a transfer as it is meant to be.
type planned struct {
	From                string // participant
	Order               adapters.OrderRequest
	Source, Destination fx.Money
}

// newDay reads the public figures and sets the day's quotes.
func newDay(seed uint64, began time.Time) (*day, error) {
	d := &day{seed: seed, by: map[string]testdata.Participant{}, perUSD: map[fx.Currency]fx.Rate{}, quotes: map[[2]fx.Currency]fx.Quote{}}
	var err error
	if d.cast, err = testdata.Participants(); err != nil {
		return nil, err
	}
	home := map[string]testdata.Participant{} // of each country, who sends and receives
	for _, p := range d.cast {
		d.by[p.Name] = p
		if p.Role == testdata.RoleOperator || p.Role == testdata.RoleSender {
			home[p.Country] = p
		}
	}
	rates, err := testdata.Rates()
	if err != nil {
		return nil, err
	}
	for _, r := range rates {
		d.perUSD[r.Currency] = r.PerUSD
	}
	corridors, err := testdata.Corridors()
	if err != nil {
		return nil, err
	}
	sum := 0.0
	for _, c := range corridors {
		from, to := home[c.From], home[c.To]
		if from.Name == "" || to.Name == "" {
			return nil, fmt.Errorf("demo: corridor %s to %s has nobody at an end", c.From, c.To)
		}
		d.corridors = append(d.corridors, corridor{from: from, to: to, ticket: c.Ticket})
		// The square root of the figure, so that a day of thousands shows more than the few largest.
		sum += math.Sqrt(float64(c.Yearly.Minor))
		d.weights = append(d.weights, sum)
	}
	if err := d.quote(rates, began); err != nil {
		return nil, err
	}
	return d, nil
}

// quote sets the provider's promises for the day: the cross rate of each pair, less its spread.
func (d *day) quote(rates []testdata.Rate, began time.Time) error {
	spread := fx.MustRate(fmt.Sprintf("%d/%d", spreadNum, spreadDenom))
	for _, from := range rates {
		for _, to := range rates {
			if from.Currency == to.Currency {
				continue
			}
			rate, err := to.PerUSD.Times(from.PerUSD.Inverse())
			if err == nil {
				rate, err = rate.Times(spread)
			}
			if err != nil {
				return fmt.Errorf("demo: rate %s to %s: %w", from.Currency, to.Currency, err)
			}
			d.quotes[[2]fx.Currency{from.Currency, to.Currency}] = fx.Quote{
				ID:       fmt.Sprintf("q%s-%s-%s", strconv.FormatInt(began.Unix(), 36), from.Currency, to.Currency),
				Provider: provider, From: from.Currency, To: to.Currency, Rate: rate,
				FeeMinor: feeMinor[from.Currency.String()], Expires: began.Add(quoteLife),
			}
		}
	}
	return nil
}

// currencies lists the currencies of the day in order of code.
func (d *day) currencies() []fx.Currency {
	return slices.SortedFunc(maps.Keys(d.perUSD), func(a, b fx.Currency) int { return cmp.Compare(a.String(), b.String()) })
}

// sortedQuotes lists the day's quotes in order of id.
func (d *day) sortedQuotes() []fx.Quote {
	return slices.SortedFunc(maps.Values(d.quotes), func(a, b fx.Quote) int { return cmp.Compare(a.ID, b.ID) })
}

// transfer is the day's nth.
func (d *day) transfer(n int) (planned, error) {
	dice := rand.New(rand.NewPCG(d.seed, uint64(n))) //nolint:gosec // a reproducible day wants no secrets
	if first := payIns(); n < len(first) {
		in := first[n]
		p := d.between(n, d.by[in.operator], d.by[in.name])
		p.Order.Creditor, p.Order.Reference = in.account, in.reference
		return d.price(p, fx.FixedDestination, fx.Money{Minor: in.minor, Currency: d.by[in.name].Currency})
	}
	c := d.corridors[d.draw(dice)]
	p := d.between(n, c.from, c.to)
	usd := c.ticket
	usd.Minor = int64(math.Round(float64(usd.Minor) * math.Exp(sigma*dice.NormFloat64())))
	usd.Minor = max(usd.Minor, 100)
	fixed, end := fx.FixedDestination, c.to
	if c.to.PayoutIncrementMinor == 1 && dice.IntN(100) < fixedSourcePct {
		fixed, end = fx.FixedSource, c.from
	}
	amount, err := d.in(usd, end.Currency)
	if err != nil {
		return p, err
	}
	amount.Minor = leading(amount.Minor)
	if fixed == fx.FixedSource {
		priced, err := d.price(p, fixed, amount)
		if err != nil || (c.to.PayoutMinMinor <= priced.Destination.Minor && priced.Destination.Minor <= c.to.PayoutMaxMinor) {
			return priced, err
		}
		// What would arrive is no payout of that rail: the sender fixes what arrives instead.
		amount = priced.Destination
	}
	step := c.to.PayoutIncrementMinor
	amount.Minor = min(max(amount.Minor/step*step, c.to.PayoutMinMinor), c.to.PayoutMaxMinor/step*step)
	return d.price(p, fx.FixedDestination, amount)
}

// draw picks a corridor by weight.
func (d *day) draw(dice *rand.Rand) int {
	at, _ := slices.BinarySearch(d.weights, dice.Float64()*d.weights[len(d.weights)-1])
	return min(at, len(d.corridors)-1)
}

// between names two people who have not met in this day.
func (d *day) between(n int, from, to testdata.Participant) planned {
	return planned{From: from.Name, Order: adapters.OrderRequest{
		Ref:      d.ref(n),
		Payer:    person(d.seed, from, n, "p"),
		To:       to.Name,
		Creditor: person(d.seed, to, n, "c"),
	}}
}

// ref names the nth order: letters and digits that a customer could type.
func (d *day) ref(n int) string {
	return fmt.Sprintf("D%s%06d", strconv.FormatUint(d.seed%46656, 36), n)
}

// in converts dollars for the size of an amount; the amount itself is then fixed and quoted exactly.
func (d *day) in(usd fx.Money, currency fx.Currency) (fx.Money, error) {
	if usd.Currency == currency {
		return usd, nil
	}
	amount, _, err := fx.Convert(usd, currency, d.perUSD[currency])
	return amount, err
}

// leading brings an amount to two leading digits, as people send.
func leading(minor int64) int64 {
	step := int64(1)
	for minor/step >= 100 {
		step *= 10
	}
	return minor / step * step
}

// price fixes both amounts the way that the adapter will, so that the treasury knows what is coming.
func (d *day) price(p planned, fixed fx.Fixed, amount fx.Money) (planned, error) {
	p.Order.Fixed, p.Order.Amount = fixed, messaging.NewAmount(amount)
	p.Source, p.Destination = amount, amount
	from, to := d.by[p.From].Currency, d.by[p.Order.To].Currency
	if from == to {
		return p, nil
	}
	conversion, err := d.quotes[[2]fx.Currency{from, to}].Convert(fixed, amount)
	if err != nil {
		return p, fmt.Errorf("demo: %s from %s to %s: %w", amount, p.From, p.Order.To, err)
	}
	p.Source, p.Destination = conversion.Source, conversion.Destination
	return p, nil
}

// dollars values an amount for people, in cents; sums of many currencies have no other unit.
func (d *day) dollars(minor *big.Int, currency fx.Currency) *big.Rat {
	value := new(big.Rat).SetInt(minor)
	rate, ok := new(big.Rat).SetString(d.perUSD[currency].String())
	if !ok || rate.Sign() == 0 {
		return new(big.Rat)
	}
	value.Quo(value, rate)
	for range currency.MinorUnits() {
		value.Quo(value, big.NewRat(10, 1))
	}
	return value
}

var (
	callingCodes = map[string]string{
		"KE": "254", "TZ": "255", "UG": "256", "RW": "250", "GH": "233", "NG": "234", "IN": "91", "PH": "63", "PK": "92",
		"AE": "971", "KW": "965", "GB": "44", "US": "1", "DE": "49", "ZA": "27",
	}
	givenNames  = []string{"Amina", "Baraka", "Chidi", "Divya", "Esi", "Farah", "Grace", "Hassan", "Imani", "Jose", "Kofi", "Lina", "Maria", "Nkechi", "Omar", "Priya", "Quentin", "Rosa", "Samuel", "Tendai"}
	familyNames = []string{"Achieng", "Bautista", "Chowdhury", "Danso", "Eze", "Fernandez", "Gupta", "Hussein", "Ibrahim", "Juma", "Kamau", "Lopez", "Mensah", "Ndlovu", "Okafor", "Patel", "Reyes", "Santos", "Tumusiime", "Uwase"}
)

// person invents somebody, with an account as the participant's rail writes it. Nobody appears twice.
func person(seed uint64, at testdata.Participant, n int, end string) messaging.Party {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s/%d/%s", seed, at.Name, n, end) //nolint:errcheck // a hash takes everything
	dice := h.Sum64()
	given, family := givenNames[dice%20], familyNames[dice/20%20]
	p := messaging.Party{
		Name: given + " " + family, Account: fmt.Sprintf("%s7%08d", callingCodes[at.Country], n%100_000_000),
		Address: "1 Market Street, " + at.Country, Town: "Market Town",
	}
	if at.Rail == "upi" {
		p.Account = fmt.Sprintf("%s.%08d@okdemo", given, n%100_000_000)
	}
	return p
}
