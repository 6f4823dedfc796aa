package momo

import (
	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Kinds of payload that Decode knows.
const (
	kindStatus   = "status"   // a transfer, as the rail answers when it is asked
	kindCallback = "callback" // the same, as the rail volunteers it
	kindRequest  = "request"  // a transfer or a requesttopay that somebody asks for
	kindToken    = "token"
	kindBalance  = "balance"
	kindError    = "error" // an answer that is no success
)

var kinds = []string{kindStatus, kindCallback, kindRequest, kindToken, kindBalance, kindError}

// Decode says what the rail makes of a recorded payload.
func Decode(p adapters.Payload) adapters.Reading {
	value, err := parse(p.Body)
	if err != nil {
		return adapters.RefusedReading(p.Kind, err)
	}
	if p.Kind == "" {
		p.Kind = kindOf(value)
	}
	switch p.Kind {
	case kindStatus, kindCallback:
		return readStatus(p)
	case kindRequest:
		return readRequest(value)
	case kindToken:
		return readToken(p.Body)
	case kindBalance:
		return readBalance(p.Body)
	case kindError:
		return readError(p.Body)
	default:
		return adapters.RefusedReading(p.Kind, &DecodeError{Fault: "no kind of payload of this rail"})
	}
}

// kindOf tells a payload by its members.
func kindOf(value strictjson.Value) string {
	for _, told := range []struct{ member, kind string }{
		{"access_token", kindToken}, {"availableBalance", kindBalance}, {"status", kindStatus},
		{"payee", kindRequest}, {"payer", kindRequest}, {"code", kindError}, {"message", kindError},
	} {
		if member, err := value.Get(told.member); err == nil && !member.IsAbsent() {
			return told.kind
		}
	}
	return "?"
}

func readStatus(p adapters.Payload) adapters.Reading {
	t, err := decodeTransfer(p.Body)
	if err != nil {
		return adapters.RefusedReading(p.Kind, err)
	}
	currency, err := fx.ParseCurrency(t.currency)
	if err != nil {
		currency = p.Currency
	}
	e := t.evidence(currency)
	r := adapters.ReadingOf(p.Kind, adapters.AboutPayout, e)
	r.Name("operation", t.externalID)
	if p.Kind == kindCallback && e.State == adapters.Failed {
		r.Confirm = "the callback says that it failed"
	}
	return r
}

// readRequest reads what is asked for; nothing has happened yet.
func readRequest(value strictjson.Value) adapters.Reading {
	r := adapters.Reading{Kind: kindRequest, About: adapters.AboutRequest, Refused: "a request says nothing of an end"}
	var amount, currency, id string
	err := value.Fields(map[string]*string{"amount": &amount, "currency": &currency, "externalId": &id})
	for _, side := range []string{"payee", "payer"} {
		other, wrong := readParty(value, side)
		if err == nil {
			err = wrong
		}
		if other.PartyID != "" {
			r.Account = other.PartyID
		}
	}
	c, unknown := fx.ParseCurrency(currency)
	money, wrong := readAmount(amount, currency, c)
	for _, fault := range []error{err, unknown, wrong} {
		if fault != nil {
			return adapters.RefusedReading(kindRequest, malformed(fault))
		}
	}
	r.Amount = new(messaging.NewAmount(money))
	r.Name("operation", id)
	return r
}

func readToken(body []byte) adapters.Reading {
	_, life, err := decodeToken(body)
	if err != nil {
		return adapters.RefusedReading(kindToken, err)
	}
	return adapters.Reading{Kind: kindToken, About: adapters.AboutToken, Text: "holds for " + life.String(), Refused: "a token says nothing of an end"}
}

func readBalance(body []byte) adapters.Reading {
	available, err := decodeBalance(body)
	if err != nil {
		return adapters.RefusedReading(kindBalance, err)
	}
	return adapters.Reading{
		Kind: kindBalance, About: adapters.AboutBalance, Amount: new(messaging.NewAmount(available)),
		Refused: "a balance says nothing of an end",
	}
}

// readError reads an answer whose HTTP status is not known: so nothing is known.
func readError(body []byte) adapters.Reading {
	answered := newAnswerError(answer{body: body})
	return adapters.Reading{
		Kind: kindError, State: adapters.Unknown, Code: answered.code, Text: answered.text,
		Refused: "an error without its HTTP status says nothing of an end",
	}
}
