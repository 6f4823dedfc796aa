package gsma

import (
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Types of transaction beside those of payouts.
const (
	typePayment  = "merchantpay"
	typeReversal = "reversal"
)

// States of a request. A transaction's own are the operator's words, but for these two.
const (
	statePending   = "pending"
	stateCompleted = "completed"
	stateFailed    = "failed"
)

const keyMSISDN = "msisdn"

// transaction is what the rail says about one, when it is asked and by callback.
type transaction struct {
	kind      string // type
	status    string
	reference string // transactionReference
	original  string // of a reversal: the transaction that it takes back
	ours      string // requestingOrganisationTransactionReference
	amount    string
	currency  string
	debit     []Identifier
	credit    []Identifier
}

// readTransaction reads a transaction. Errors are *DecodeError.
func readTransaction(value strictjson.Value) (transaction, error) {
	var t transaction
	err := value.Fields(map[string]*string{
		"type": &t.kind, "transactionStatus": &t.status, "transactionReference": &t.reference,
		"originalTransactionReference": &t.original, "requestingOrganisationTransactionReference": &t.ours,
		"amount": &t.amount, "currency": &t.currency,
	})
	if err == nil {
		t.debit, err = readParty(value, "debitParty")
	}
	if err == nil {
		t.credit, err = readParty(value, "creditParty")
	}
	switch {
	case err != nil:
		return transaction{}, malformed(err)
	case t.status == "":
		return transaction{}, &DecodeError{Fault: "transactionStatus is missing"}
	case t.reference != "" && !referenceForm.MatchString(t.reference):
		return transaction{}, &DecodeError{Fault: "transactionReference is not 1 to 128 plain characters"}
	}
	return t, nil
}

// readParty reads the identifiers of a party, which may be absent.
func readParty(value strictjson.Value, name string) ([]Identifier, error) {
	member, err := value.Get(name)
	if err != nil || member.IsAbsent() {
		return nil, err
	}
	if !member.IsArray() {
		return nil, &DecodeError{Fault: name + " is no array"}
	}
	var party []Identifier
	for _, item := range member.Items() {
		var id Identifier
		if err := item.Fields(map[string]*string{"key": &id.Key, "value": &id.Value}); err != nil {
			return nil, err
		}
		party = append(party, id)
	}
	return party, nil
}

// account is a party's account as orders and operations have it; "" where it is not named by this key.
func account(party []Identifier, key string) string {
	for _, id := range party {
		if id.Key != key {
			continue
		}
		if key != keyMSISDN {
			return shorten(id.Value, 2*messaging.MaxAccountLength)
		}
		if number := strings.TrimPrefix(strings.ReplaceAll(id.Value, " ", ""), "+"); msisdnForm.MatchString(number) {
			return number
		}
	}
	return ""
}

// words are how one operator says things, as reading a transaction needs them.
type words struct {
	currency  fx.Currency
	partyKey  string
	completed string
}

func (c *Config) words() words {
	return words{currency: c.Currency, partyKey: c.PartyKey, completed: c.Completed}
}

// evidence is what a transaction says about the money that went to its credit party. A reversal names no amount at
// times, and then takes all of it back; to whom is not compared, for that need not be whom the order named.
func (t transaction) evidence(w words) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, RailRef: t.reference, Code: shorten(t.status, messaging.MaxRailCodeLength),
	}
	amount, err := readAmount(t.amount, t.currency, w.currency)
	if err == nil {
		e.Amount = &amount
	}
	if t.kind == typeReversal && t.amount == "" {
		err = nil
	}
	if t.kind != typeReversal {
		e.Account = account(t.credit, w.partyKey)
	}
	switch {
	case t.status == statePending:
		e.State = adapters.Accepted
	case t.status == stateFailed:
		e.State, e.Reason = adapters.Failed, reasonNarrative
	case t.status != w.completed:
		e.Err = &DecodeError{Fault: "a transactionStatus that is not listed"}
	case err != nil:
		e.Err = err
	case t.reference == "":
		e.Err = &DecodeError{Fault: "a completed transaction without a reference"}
	default:
		e.State = adapters.Settled
	}
	return e
}
