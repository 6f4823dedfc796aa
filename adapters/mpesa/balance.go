package mpesa

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

const (
	pathBalance = "/mpesa/accountbalance/v1/query"
	maxAccounts = 64 // of one operator
)

type balanceRequest struct {
	Initiator          string
	SecurityCredential string
	CommandID          string
	PartyA             string
	IdentifierType     string
	Remarks            string
	QueueTimeOutURL    string
	ResultURL          string
}

// questions are the balance queries whose answers have not come.
type questions struct {
	mu   sync.Mutex
	open map[string]chan result // by the question that the answer's path names
}

func newQuestions() *questions { return &questions{open: map[string]chan result{}} }

func (q *questions) ask(question string) <-chan result {
	q.mu.Lock()
	defer q.mu.Unlock()
	answer := make(chan result, 1)
	q.open[question] = answer
	return answer
}

func (q *questions) forget(question string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.open, question)
}

// answer hands an answer to whoever waits for it; the second one to nobody.
func (q *questions) answer(question string, r result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if waiting, ok := q.open[question]; ok {
		waiting <- r
		delete(q.open, question)
	}
}

// Balances asks what the shortcode's accounts hold and waits for the callback that says it.
func (r *Rail) Balances(ctx context.Context) ([]adapters.Balance, error) {
	question := rand.Text()
	answered := r.questions.ask(question)
	defer r.questions.forget(question)
	url := r.signedURL(pathBalanceResult, question)
	_, missing := r.client.ask(ctx, pathBalance, balanceRequest{
		Initiator:          r.cfg.Initiator,
		SecurityCredential: r.credential,
		CommandID:          "AccountBalance",
		PartyA:             r.cfg.Shortcode,
		IdentifierType:     "4",
		Remarks:            "Balance",
		QueueTimeOutURL:    url,
		ResultURL:          url,
	})
	if missing != nil {
		return nil, fmt.Errorf("mpesa: balance: not asked: code %q: %s: %w", missing.Code, missing.Text, missing.Err)
	}
	select {
	case said := <-answered:
		balances, err := said.balances(r.cfg.Currency)
		if err != nil {
			return nil, fmt.Errorf("mpesa: balance: %w", err)
		}
		return balances, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("mpesa: balance: no answer: %w", ctx.Err())
	}
}

func (r *Rail) takeBalance(req *http.Request, body []byte) error {
	said, err := decodeResult(body)
	if err != nil {
		return err
	}
	r.questions.answer(req.PathValue("question"), said)
	return nil
}

// balances reads the answer to a balance query: accounts separated by "&", each of name, currency, current,
// available, reserved and uncleared, separated by "|". Amounts may be negative.
func (r result) balances(c fx.Currency) ([]adapters.Balance, error) {
	switch {
	case r.kind != "0" || r.code != codeSuccess:
		return nil, fmt.Errorf("the rail did not say: ResultType %q, code %q: %s", shorten(r.kind, 8), r.code, r.text)
	case r.parameter("AccountBalance") == "":
		return nil, &DecodeError{Fault: "no AccountBalance"}
	}
	accounts := strings.SplitN(r.parameter("AccountBalance"), "&", maxAccounts+1)
	if len(accounts) > maxAccounts {
		return nil, &DecodeError{Fault: fmt.Sprintf("more than %d accounts", maxAccounts)}
	}
	balances := make([]adapters.Balance, len(accounts))
	for i, account := range accounts {
		fields := strings.Split(account, "|")
		if len(fields) != 6 || fields[0] == "" || fields[1] != c.String() {
			return nil, &DecodeError{Fault: fmt.Sprintf("account %d is not a name, %s and four amounts", i+1, c)}
		}
		amounts := [4]fx.Money{}
		for j, text := range fields[2:] {
			amount, err := parseAmount(text, c)
			if err != nil {
				return nil, &DecodeError{Fault: fmt.Sprintf("account %d: %v", i+1, err)}
			}
			amounts[j] = amount
		}
		balances[i] = adapters.Balance{Account: shorten(fields[0], maxRailIDLength), Current: amounts[0], Available: amounts[1]}
	}
	return balances, nil
}
