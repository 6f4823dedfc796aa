//go:build linux

package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	ordersAtOnce = 40
	maxUnderWay  = 3_000 // customers that wait for their money to arrive
	payoutMax    = 100_000_000_000
	trickleEvery = 25 * time.Millisecond
)

// participantConfig is one participant of the suite.
type participantConfig struct {
	Name          string
	Country       string
	Currency      fx.Currency
	PerUSD        int64  // major units for a dollar
	Step          int64  // payouts are multiples of this, in minor units
	IntentSeconds int    // to the deadline; 0 for the adapters' own
	Share         int    // of all orders, in per cent
	FundUSD       int64  // what it brings at the start
	TopUpUSD      int64  // and at the end of each round
	Process       string // that its adapter lives in
	Seed          string // signing key
}

// cast are the participants: four with money, one that waits for what others send it, and one whose
// customers do not wait.
func cast() ([]participantConfig, error) {
	const rich = 100_000_000
	all := []participantConfig{
		{Name: "ke-tuma", Country: "KE", Currency: fx.MustCurrency("KES"), PerUSD: 129, Step: 1, Share: 22, FundUSD: rich, Process: "east"},
		{Name: "in-bhejo", Country: "IN", Currency: fx.MustCurrency("INR"), PerUSD: 85, Step: 1, Share: 20, FundUSD: rich, Process: "east"},
		{Name: "ph-padala", Country: "PH", Currency: fx.MustCurrency("PHP"), PerUSD: 58, Step: 100, Share: 20, FundUSD: rich, Process: "west"},
		{Name: "ug-weereza", Country: "UG", Currency: fx.MustCurrency("UGX"), PerUSD: 3700, Step: 1, Share: 20, FundUSD: rich, Process: "west"},
		{Name: "ke-haraka", Country: "KE", Currency: fx.MustCurrency("KES"), PerUSD: 129, Step: 1, Share: 14, FundUSD: 2_000, TopUpUSD: 1_000_000, Process: "west"},
		{
			Name: "tz-subiri", Country: "TZ", Currency: fx.MustCurrency("TZS"), PerUSD: 2500, Step: 1, Share: 4, FundUSD: 1_000,
			TopUpUSD: 2_000, IntentSeconds: 4, Process: "east",
		},
	}
	for i := range all {
		seed, err := messaging.NewSeed()
		if err != nil {
			return nil, err
		}
		all[i].Seed = string(seed)
	}
	return all, nil
}

// signer has the participant's signing key.
func (p participantConfig) signer() *messaging.Signer {
	signer, err := messaging.NewSigner([]byte(p.Seed))
	if err != nil {
		panic(err) // it was made by cast
	}
	return signer
}

// salter closes what the participant never said itself.
func (p participantConfig) salter() *messaging.Salter {
	return messaging.NewSalter([messaging.SaltSecretSize]byte{})
}

func (p participantConfig) sign(kind messaging.PayloadKind, payload []byte) string {
	open, _ := messaging.Open(payload)
	signature, err := p.signer().Sign(kind, open)
	if err != nil {
		panic(err) // likewise
	}
	return signature
}

// minor is what so many cents of a dollar are worth here, in minor units.
func (p participantConfig) minor(cents int64) int64 {
	scale := int64(1)
	for range p.Currency.MinorUnits() {
		scale *= 10
	}
	return max(cents*p.PerUSD*scale/100/p.Step, 1) * p.Step
}

func debtorAccount(ref string) string   { return "from" + ref }
func creditorAccount(ref string) string { return "to" + ref }

// order is the n-th order of a participant's customers: the same one every time.
func (s *stage) order(from participantConfig, prefix string, n int) adapters.OrderRequest {
	dice := rand.New(rand.NewPCG(s.seed, uint64(s.world.dice(from.Name+prefix, 1<<30)+n)))
	to := from
	for to.Name == from.Name || to.IntentSeconds > 0 && dice.IntN(8) > 0 { // who is short is not helped often
		to = s.participants[dice.IntN(len(s.participants))]
	}
	ref := fmt.Sprintf("%s%s%d", from.Name[:2]+from.Name[3:5], prefix, n)
	request := adapters.OrderRequest{
		Ref: ref, Payer: messaging.Party{Name: "Payer of " + ref, Account: debtorAccount(ref)}, To: to.Name,
		Creditor: messaging.Party{Name: "Payee of " + ref, Account: creditorAccount(ref)}, Reference: ref,
		Fixed: fx.FixedDestination,
	}
	request.Amount = messaging.NewAmount(fx.Money{Minor: to.minor(100 + dice.Int64N(20_000)), Currency: to.Currency})
	return request
}

// crowd has a participant's customers order and pay, as many as the stage allows, until ctx ends.
func (s *stage) crowd(ctx context.Context, from participantConfig) error {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for n := 0; ; {
		open, _ := s.world.underWay()
		many := min(int(s.allowed.Load())*from.Share/100-n, ordersAtOnce)
		if many <= 0 || open > maxUnderWay {
			select {
			case <-look.C:
			case <-ctx.Done():
				return nil
			}
			continue
		}
		if err := s.buy(ctx, from, "n", n, many); err != nil {
			return err
		}
		n += many
		s.placed.Add(int64(many))
	}
}

// trickle has single customers come by all the time, so that there is always something to clear.
func (s *stage) trickle(ctx context.Context) error {
	every := time.NewTicker(trickleEvery)
	defer every.Stop()
	for n := 0; ; {
		select {
		case <-every.C:
		case <-ctx.Done():
			return nil
		}
		if !s.busy.Load() {
			continue
		}
		if err := s.buy(ctx, s.participants[n%4], "t", n, 1); err != nil {
			return err
		}
		n++
		s.placed.Add(1)
	}
}

// buy places orders and pays for them. It asks until it is answered: the same order has the same answer.
func (s *stage) buy(ctx context.Context, from participantConfig, prefix string, first, many int) error {
	requests := make([]adapters.OrderRequest, many)
	for i := range requests {
		requests[i] = s.order(from, prefix, first+i)
	}
	answers, err := s.place(ctx, from, requests)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the suite is over
		}
		return err
	}
	for i, a := range answers {
		source, err := a.Source.Money()
		if err != nil {
			return fmt.Errorf("order %s: %s %s", a.Ref, a.Fault, a.Detail)
		}
		destination, err := a.Destination.Money()
		if err != nil {
			return err
		}
		s.world.pay(a.Ref, sale{debtor: from.Name, creditor: requests[i].To, source: source, destination: destination})
	}
	return nil
}

// place asks for prices until the adapter gives them.
func (s *stage) place(ctx context.Context, from participantConfig, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	body, err := json.Marshal(adapters.OrdersRequest{Orders: requests})
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		answer, err := s.post(ctx, s.adapterURL(from.Name)+"/orders", body)
		switch {
		case err != nil:
		case len(answer.Orders) != len(requests):
			return nil, errors.New("not as many answers as orders")
		case slices.ContainsFunc(answer.Orders, func(a adapters.OrderAnswer) bool {
			return a.Fault == messaging.FaultUnknownCorridor || a.Fault == messaging.FaultQuoteUnknown
		}): // it has not heard of everybody yet
		default:
			return answer.Orders, nil
		}
		pause(ctx)
	}
	return nil, ctx.Err()
}

func (s *stage) post(ctx context.Context, url string, body []byte) (answer adapters.OrdersAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("the adapter answers %s", response.Status)
	}
	err = json.UnmarshalRead(response.Body, &answer)
	return answer, err
}
