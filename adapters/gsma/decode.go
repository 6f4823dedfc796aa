package gsma

import (
	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Kinds of payload that Decode knows.
const (
	kindTransaction = "transaction" // as the rail answers when it is asked
	kindCallback    = "callback"    // a transaction or an error that the rail volunteers
	kindState       = "requeststate"
	kindResponse    = "response" // a link
	kindRequest     = "request"  // a transaction or a reversal that somebody asks for
	kindBatch       = "batch"
	kindBalance     = "balance"
	kindHeartbeat   = "heartbeat"
	kindToken       = "token"
	kindError       = "error"
	kindUpdate      = "update"   // what came of changing something, such as a batch
	kindTestCase    = "testcase" // recorded exchanges, as the GSMA Inclusive Tech Lab writes them
)

var kinds = []string{
	kindTransaction, kindCallback, kindState, kindResponse, kindRequest, kindBatch, kindBalance, kindHeartbeat,
	kindToken, kindError, kindUpdate, kindTestCase,
}

// Decode says what the rail makes of a recorded payload.
func Decode(p adapters.Payload) adapters.Reading {
	value, err := parse(p.Body)
	if err != nil {
		return adapters.RefusedReading(p.Kind, err)
	}
	kind := p.Kind
	if kind == "" {
		kind = kindOf(value)
	}
	var r adapters.Reading
	if kind == kindTestCase {
		r, err = testCaseReading(p)
	} else {
		r, err = reading(kind, value, p.Currency)
	}
	if err != nil {
		return adapters.RefusedReading(kind, err)
	}
	return r
}

// reading reads a payload by its kind, in c where it names no currency. Errors are *DecodeError.
func reading(kind string, value strictjson.Value, c fx.Currency) (adapters.Reading, error) {
	switch kind {
	case kindTransaction:
		return transactionReading(value, c)
	case kindCallback:
		return callbackReading(value, c)
	case kindState:
		return stateReading(value)
	case kindRequest:
		return requestReading(value, c)
	case kindBatch:
		return batchReading(value, c)
	case kindBalance:
		return balanceReading(value, c)
	case kindError:
		return errorReading(value)
	case kindResponse:
		found, err := readLink(value)
		r := silent(kind, "a link says nothing of an end")
		r.Name("rail_ref", found.transaction)
		r.Name("rail_id", found.state)
		return r, err
	case kindHeartbeat:
		service, err := readHeartbeat(value)
		r := silent(kind, "a heartbeat says nothing of money")
		r.Text = string(service)
		return r, err
	case kindToken:
		_, life, err := readToken(value)
		r := silent(kind, "a token says nothing of an end")
		r.About, r.Text = adapters.AboutToken, "holds for "+life.String()
		return r, err
	case kindUpdate:
		return silent(kind, "an update names no payment"), nil
	}
	return adapters.Reading{}, &DecodeError{Fault: "no kind of payload of this rail"}
}

// silent is what says nothing of an end, and why.
func silent(kind, why string) adapters.Reading { return adapters.Reading{Kind: kind, Refused: why} }

// kindOf tells a payload by its members.
func kindOf(value strictjson.Value) string {
	for _, told := range []struct{ member, kind string }{
		{"exchanges", kindTestCase}, {"access_token", kindToken}, {"serviceStatus", kindHeartbeat},
		{"batchStatus", kindBatch}, {"transactions", kindBatch}, {"transactionStatus", kindTransaction},
		{"serverCorrelationId", kindState}, {"errorCode", kindError}, {"link", kindResponse},
		{"accountsBalance", kindBalance}, {"availableBalance", kindBalance}, {"currentBalance", kindBalance},
		{"result", kindUpdate}, {"amount", kindRequest}, {"type", kindRequest}, {"requestDate", kindRequest},
	} {
		if has(value, told.member) {
			return told.kind
		}
	}
	return "?"
}

func has(value strictjson.Value, name string) bool {
	member, err := value.Get(name)
	return err == nil && !member.IsAbsent()
}

// wordsOf are those of an operator that says everything as the API does, in the payload's currency where it names one.
func wordsOf(currency string, c fx.Currency) words {
	if named, err := fx.ParseCurrency(currency); err == nil {
		c = named
	}
	return words{currency: c, partyKey: keyMSISDN, completed: stateCompleted}
}

func transactionReading(value strictjson.Value, c fx.Currency) (adapters.Reading, error) {
	t, err := readTransaction(value)
	if err != nil {
		return adapters.Reading{}, err
	}
	return t.reading(kindTransaction, t.evidence(wordsOf(t.currency, c)), c), nil
}

// callbackReading reads what the rail volunteers: it is confirmed by a query, for it does not name the request.
func callbackReading(value strictjson.Value, c fx.Currency) (adapters.Reading, error) {
	var currency string
	if err := value.Fields(map[string]*string{"currency": &currency}); err != nil {
		return adapters.Reading{}, malformed(err)
	}
	e, t, err := readCallback(value, wordsOf(currency, c))
	if err != nil {
		return adapters.Reading{}, err
	}
	r := adapters.ReadingOf(kindCallback, adapters.AboutPayout, e)
	if t != nil {
		r = t.reading(kindCallback, e, c)
	}
	if r.Counts() {
		r.Confirm = "the callback does not name the request"
	}
	return r, nil
}

// reading is what a transaction looks like to people.
func (t transaction) reading(kind string, e adapters.Evidence, c fx.Currency) adapters.Reading {
	about := adapters.AboutPayout
	switch t.kind {
	case typePayment:
		if paid, err := t.collection(wordsOf(t.currency, c)); err == nil {
			return adapters.ReadingOfCollection(kind, paid)
		}
		about = adapters.AboutCollection
	case typeReversal:
		about = adapters.AboutRefund
	}
	r := adapters.ReadingOf(kind, about, e)
	r.Name("operation", t.ours)
	r.Name("original", t.original)
	return r
}

// stateReading reads a request's state. One that is completed is an end, whose amount is asked for first.
func stateReading(value strictjson.Value) (adapters.Reading, error) {
	s, err := readState(value)
	if err != nil {
		return adapters.Reading{}, err
	}
	r := adapters.ReadingOf(kindState, adapters.AboutPayout, s.evidence())
	if s.status == stateCompleted && s.object != "" {
		r.State, r.Confirm = adapters.Settled, "a state names no amount: the transaction is read"
	}
	r.Name("rail_ref", s.object)
	return r, nil
}

// requestReading reads what is asked for; nothing has happened yet.
func requestReading(value strictjson.Value, c fx.Currency) (adapters.Reading, error) {
	var amount, currency, kind, ours string
	err := value.Fields(map[string]*string{
		"amount": &amount, "currency": &currency, "type": &kind, "requestingOrganisationTransactionReference": &ours,
	})
	if err != nil {
		return adapters.Reading{}, malformed(err)
	}
	r := silent(kindRequest, "a request says nothing of an end")
	r.About, r.Text = adapters.AboutRequest, kind
	r.Name("operation", ours)
	if amount == "" && (kind == typeReversal || has(value, "requestDate")) {
		return r, nil // of all that was paid, or of no money
	}
	money, err := readAmount(amount, currency, wordsOf(currency, c).currency)
	if err != nil {
		return adapters.Reading{}, err
	}
	party, err := readParty(value, "creditParty")
	if err != nil {
		return adapters.Reading{}, malformed(err)
	}
	r.Amount, r.Account = new(messaging.NewAmount(money)), account(party, keyMSISDN)
	return r, nil
}

// batchReading reads a batch: what it asks for, a part for each, or how far it is. A batch is taken whole, and its state
// is no payment's.
func batchReading(value strictjson.Value, c fx.Currency) (adapters.Reading, error) {
	r := silent(kindBatch, "a batch names no payment")
	if !has(value, "transactions") {
		var id, status string
		if err := value.Fields(map[string]*string{"batchId": &id, "batchStatus": &status}); err != nil {
			return adapters.Reading{}, malformed(err)
		}
		switch status {
		case "created", "approved", "completed":
			r.State, r.Code = adapters.Accepted, status
			r.Name("batch", id)
			return r, nil
		}
		return adapters.Reading{}, &DecodeError{Fault: "a batchStatus that is not listed"}
	}
	transactions, err := value.Get("transactions")
	if err != nil || !transactions.IsArray() {
		return adapters.Reading{}, &DecodeError{Fault: "transactions are no array"}
	}
	r.About = adapters.AboutRequest
	for _, item := range transactions.Items() {
		part, err := requestReading(item, c)
		if err != nil {
			return adapters.Reading{}, err
		}
		r.Parts = append(r.Parts, part)
	}
	return r, nil
}

func balanceReading(value strictjson.Value, c fx.Currency) (adapters.Reading, error) {
	r := silent(kindBalance, "a balance says nothing of an end")
	r.About = adapters.AboutBalance
	b, err := readBalance(value, c)
	if err != nil {
		return adapters.Reading{}, err
	}
	r.Amount = new(messaging.NewAmount(b.Available))
	return r, nil
}

// errorReading reads an answer whose HTTP status is not known: so nothing is known.
func errorReading(value strictjson.Value) (adapters.Reading, error) {
	f, err := readFailure(value)
	if err != nil {
		return adapters.Reading{}, err
	}
	r := silent(kindError, "an error without its HTTP status says nothing of an end")
	r.State, r.Code, r.Text = adapters.Unknown, f.code, f.text
	return r, nil
}
