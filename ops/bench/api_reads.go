package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/site"
	"github.com/ayni-switch/ayni/settlement"
)

// asked is one kind of read.
type asked struct {
	name   string // the route, and what is asked of it
	weight int    // how many of a hundred
	own    bool   // by a participant, of its own; else by an auditor
	path   func(*rand.Rand, *known, string) string
}

// always asks for the same.
func always(path string) func(*rand.Rand, *known, string) string {
	return func(*rand.Rand, *known, string) string { return path }
}

// mix is what is read, a hundred of it: mostly transfers, as an integrator does that follows its own, a part by people's
// programs that watch, and a few searches of the kinds that have to look far.
func mix() []asked {
	return []asked{
		{"transfer", 14, false, func(r *rand.Rand, k *known, _ string) string { return "/v1/transfers/" + k.any(r).id }},
		{"receipt, own", 2, true, func(r *rand.Rand, k *known, who string) string {
			return "/v1/transfers/" + k.of(r, who).id + "/receipt"
		}},
		{"transfer, own", 12, true, func(r *rand.Rand, k *known, who string) string { return "/v1/transfers/" + k.of(r, who).id }},
		{"transfers", 5, false, always("/v1/transfers")},
		{"transfers, own", 8, true, always("/v1/transfers")},
		{"transfers by debtor and state", 4, false, func(r *rand.Rand, k *known, _ string) string {
			return "/v1/transfers?state=paid&debtor=" + k.any(r).debtor
		}},
		{"transfers by amount", 2, false, func(r *rand.Rand, k *known, _ string) string {
			return "/v1/transfers?min=1&currency=" + k.currency[k.any(r).debtor]
		}},
		{"transfers by time", 2, false, func(r *rand.Rand, k *known, _ string) string {
			return "/v1/transfers?until=" + k.any(r).at.Add(time.Second).Format(time.RFC3339)
		}},
		{"transfers by intent", 5, true, func(r *rand.Rand, k *known, who string) string { return "/v1/transfers?q=" + k.of(r, who).intent }},
		{"transfers by receipt", 1, false, func(r *rand.Rand, k *known, _ string) string { return "/v1/transfers?q=" + railRef(k.any(r).id) }},
		{"transfers by nothing known", 1, false, func(r *rand.Rand, _ *known, _ string) string {
			return fmt.Sprintf("/v1/transfers?q=N%015d", r.Int64N(1e15))
		}},
		{"transfers that wait", 2, false, always("/v1/transfers?waiting=true")},
		{"transfers of a batch", 1, false, func(r *rand.Rand, k *known, _ string) string {
			return fmt.Sprintf("/v1/transfers?batch=%d", k.batch(r))
		}},
		{"batches", 4, false, always("/v1/batches")},
		{"batch", 4, false, func(r *rand.Rand, k *known, _ string) string { return fmt.Sprintf("/v1/batches/%d", k.batch(r)) }},
		{"standings", 4, false, always("/v1/standings")},
		{"accounts, own", 7, true, func(_ *rand.Rand, _ *known, who string) string { return "/v1/participants/" + who + "/accounts" }},
		{"postings, own", 3, true, func(_ *rand.Rand, k *known, who string) string {
			return "/v1/participants/" + who + "/accounts/" + k.currency[who] + "/postings"
		}},
		{"participants", 2, false, always("/v1/participants")},
		{"participant, own", 3, true, func(_ *rand.Rand, _ *known, who string) string { return "/v1/participants/" + who }},
		{"windows", 1, false, always("/v1/windows")},
		{"window", 1, false, always("/v1/windows/1")},
		{"rails", 2, false, always("/v1/rails")},
		{"rates", 2, true, always("/v1/rates")},
		{"quotes", 2, true, always("/v1/quotes")},
		{"exposures", 1, false, always("/v1/fx/exposures")},
		{"settlements", 1, false, always("/v1/settlements")},
		{"log", 4, true, always("/v1/log")},
	}
}

// one is a transfer that can be asked for.
type one struct {
	id, intent, debtor string
	at                 time.Time
}

// known is what readers know of the ledger before they ask.
type known struct {
	transfers []one
	own       map[string][]one // by who sent them
	batches   int64
	currency  map[string]string // of each participant
	members   []string
}

func (k *known) any(r *rand.Rand) one              { return k.transfers[r.IntN(len(k.transfers))] }
func (k *known) of(r *rand.Rand, who string) one   { return k.own[who][r.IntN(len(k.own[who]))] }
func (k *known) batch(r *rand.Rand) int64          { return 1 + r.Int64N(k.batches) }
func (k *known) member(r *rand.Rand) (name string) { return k.members[r.IntN(len(k.members))] }
func (k *known) add(t one) {
	k.transfers, k.own[t.debtor] = append(k.transfers, t), append(k.own[t.debtor], t)
}
func (k *known) senders() (found int) { return len(k.own) }

// mostKnown is how many transfers readers know, from all over the history.
const mostKnown = 20_000

func (b *apiBench) known(ctx context.Context) (*known, error) {
	k := &known{own: map[string][]one{}, currency: map[string]string{}}
	for _, m := range b.market.members {
		k.members, k.currency[m.name] = append(k.members, m.name), b.market.currencies[m.currency].String()
	}
	if err := b.admin.QueryRow(ctx, "SELECT max(id) FROM ledger.batch").Scan(&k.batches); err != nil {
		return nil, fmt.Errorf("bench: batches: %w", err)
	}
	rows, err := b.admin.Query(ctx, `SELECT t.id, t.intent, p.name, t.received_at FROM ledger.transfer t JOIN ledger.participant p ON p.id = t.debtor
		WHERE t.return_of IS NULL ORDER BY hashint8(t.id) LIMIT $1`, mostKnown)
	if err != nil {
		return nil, fmt.Errorf("bench: transfers: %w", err)
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t one, err error) {
		var id int64
		err = row.Scan(&id, &t.intent, &t.debtor, &t.at)
		t.id, t.at = settlement.TransferID(id).String(), t.at.UTC()
		k.add(t)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("bench: transfers: %w", err)
	}
	if k.senders() < len(k.members) {
		return nil, fmt.Errorf("bench: only %d of %d participants have sent anything: ask for a longer history", k.senders(), len(k.members))
	}
	return k, nil
}

// doors are tokens: an auditor's, and each participant's.
type doors struct {
	auditor string
	own     map[string]string
}

// openDoors makes machines, which get tokens for their secrets.
func (b *apiBench) openDoors(ctx context.Context, s *site.Site, origin string) (d doors, err error) {
	d.own = map[string]string{}
	if d.auditor, err = token(ctx, s, origin, "bench-auditor", auth.Auditor, ""); err != nil {
		return d, err
	}
	for _, m := range b.market.members {
		if d.own[m.name], err = token(ctx, s, origin, "bench-"+m.name, auth.Participant, m.name); err != nil {
			return d, err
		}
	}
	return d, nil
}

func token(ctx context.Context, s *site.Site, origin, name string, role auth.Role, participant string) (string, error) {
	secret, err := s.Machine(ctx, name, role, participant)
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {name}, "client_secret": {secret}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/auth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("bench: token of %s: %w", name, err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	var given struct {
		Token string `json:"access_token"`
	}
	if err := json.UnmarshalRead(answer.Body, &given); err != nil || given.Token == "" {
		return "", fmt.Errorf("bench: token of %s: status %d: %w", name, answer.StatusCode, err)
	}
	return given.Token, nil
}
