package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// bad is one kind of input that must be refused, and what the switch must call it.
type bad struct {
	fault messaging.Fault
	from  string
	// make writes the nth message of the kind; an intent's id and bytes are the same whenever it is made.
	make func(f *forger, n int) (messaging.Message, error)
	// intent is set where the refusal is of an intent by name, not of the message.
	intent bool
}

// forger writes messages as a careless or malicious participant would.
type forger struct {
	stage    *stage
	day      *day
	deadline time.Time // of intents that must not be refused for it
	began    time.Time
}

// perKind is how many of each kind a day of so many transfers meets: with all kinds about two per cent.
func perKind(transfers int) int { return max(transfers/800, 1) }

// noiseBytes is thrown at the broker's port: more than it takes in one message.
const noiseBytes = 10 << 20

// theBad lists the kinds.
func theBad() []bad {
	intent := func(fault messaging.Fault, change func(*forger, *messaging.Intent)) bad {
		return bad{fault: fault, from: "mpesa-ke", intent: true, make: func(f *forger, n int) (messaging.Message, error) {
			i := f.intent("mpesa-ke", "gcash-ph", fmt.Sprintf("bad-%s-%d-%d", fault, f.day.seed%46656, n))
			change(f, &i)
			return f.sign("mpesa-ke", i)
		}}
	}
	raw := func(fault messaging.Fault, kind string, body func(f *forger, n int) []byte) bad {
		return bad{fault: fault, from: "gcash-ph", make: func(f *forger, n int) (messaging.Message, error) {
			return f.seal("gcash-ph", fmt.Sprintf("bad-%s-%d-%d", kind, f.day.seed%46656, n), body(f, n))
		}}
	}
	suspended := bad{fault: messaging.FaultSuspended, from: dormant, intent: true, make: func(f *forger, n int) (messaging.Message, error) {
		return f.sign(dormant, f.intent(dormant, "mpesa-ke", fmt.Sprintf("bad-suspended-%d-%d", f.day.seed%46656, n)))
	}}
	nowhere := bad{fault: messaging.FaultTravelRule, from: moneybag, intent: true, make: func(f *forger, n int) (messaging.Message, error) {
		i := f.intent(moneybag, "mpesa-ke", fmt.Sprintf("bad-nowhere-%d-%d", f.day.seed%46656, n))
		i.Creditor.Town = ""
		i.Source.Amount, i.Destination.Amount = "200000.00", "200000.00" // above the travel rule's threshold
		return f.sign(moneybag, i)
	}}
	wrong := raw(messaging.FaultSignature, "signature", func(_ *forger, n int) []byte { return fmt.Appendf(nil, "signed by another %d", n) })
	wrong.make = altered(wrong.make, func(m *messaging.Message) { m.Signature = strings.Repeat("A", 86) })
	missing := raw(messaging.FaultSignature, "unsigned", func(_ *forger, n int) []byte { return fmt.Appendf(nil, "not signed %d", n) })
	missing.make = altered(missing.make, func(m *messaging.Message) { m.Signature = "" })
	return []bad{
		intent(messaging.FaultUnknownParticipant, func(_ *forger, i *messaging.Intent) { i.CreditorParticipant = "nobody" }),
		intent(messaging.FaultUnknownCorridor, func(_ *forger, i *messaging.Intent) { i.Destination.Currency = "INR" }),
		intent(messaging.FaultUnknownCurrency, func(_ *forger, i *messaging.Intent) { i.Destination.Currency = "QQQ" }),
		intent(messaging.FaultAmount, func(_ *forger, i *messaging.Intent) { i.Source.Amount = "-" + i.Source.Amount }),
		intent(messaging.FaultAmountDecimals, func(_ *forger, i *messaging.Intent) { i.Source.Amount += "1" }),
		intent(messaging.FaultAmountOverflow, func(_ *forger, i *messaging.Intent) { i.Source.Amount = "99999999999999999999" }),
		intent(messaging.FaultAmountLimit, func(_ *forger, i *messaging.Intent) { i.Destination.Amount = "9999999.00" }),
		intent(messaging.FaultQuoteExpired, func(f *forger, i *messaging.Intent) { i.Quote = f.expiredQuote().ID }),
		intent(messaging.FaultQuoteMismatch, func(_ *forger, i *messaging.Intent) { i.Source.Amount = "1.00" }),
		intent(messaging.FaultDeadline, func(f *forger, i *messaging.Intent) { i.Deadline = f.began.Add(-time.Minute).UTC() }),
		intent(messaging.FaultScreened, func(_ *forger, i *messaging.Intent) { i.Creditor.Name = listedName }),
		suspended, nowhere,
		raw(messaging.FaultSyntax, "syntax", func(_ *forger, n int) []byte { return fmt.Appendf(nil, `{"version":2,%d`, n) }),
		raw(messaging.FaultEncoding, "encoding", func(_ *forger, n int) []byte { return fmt.Appendf(nil, "{\"version\":2,\"n\":\"%d\xff\xfe\"}", n) }),
		raw(messaging.FaultOversized, "oversized", func(_ *forger, n int) []byte {
			return fmt.Appendf(make([]byte, 0, messaging.MaxEnvelopeBytes+20), "%d%s", n, strings.Repeat(" ", messaging.MaxEnvelopeBytes))
		}),
		raw(messaging.FaultImpersonation, "impersonation", func(f *forger, n int) []byte {
			return f.body("dollar-us", f.intent("dollar-us", "gcash-ph", fmt.Sprintf("bad-impersonation-%d-%d", f.day.seed%46656, n)))
		}),
		wrong, missing,
	}
}

// altered changes a message after it was made.
func altered(inner func(*forger, int) (messaging.Message, error), change func(*messaging.Message)) func(*forger, int) (messaging.Message, error) {
	return func(f *forger, n int) (messaging.Message, error) {
		m, err := inner(f, n)
		change(&m)
		return m, err
	}
}

// expiredQuote is a promise of yesterday.
func (f *forger) expiredQuote() fx.Quote {
	q := f.day.quotes[[2]fx.Currency{f.day.by["mpesa-ke"].Currency, f.day.by["gcash-ph"].Currency}]
	q.ID, q.Expires = "old-"+q.ID, f.began.Add(-time.Hour).UTC()
	return q
}

// intent is a sound intent but for what the caller changes: it has all the data, and nobody paid for it.
func (f *forger) intent(from, to, id string) messaging.Intent {
	debtor, creditor := f.day.by["mpesa-ke"], f.day.by[to]
	if p, ok := f.day.by[from]; ok {
		debtor = p
	}
	destination := fx.Money{Minor: 500_00, Currency: creditor.Currency}
	i := messaging.Intent{
		ID: id, CreditorParticipant: to, Debtor: person(f.day.seed, debtor, 1, "x"), Creditor: person(f.day.seed, creditor, 2, "x"),
		Source: messaging.NewAmount(destination), Destination: messaging.NewAmount(destination), Deadline: f.deadline,
	}
	if debtor.Currency != creditor.Currency {
		quote := f.day.quotes[[2]fx.Currency{debtor.Currency, creditor.Currency}]
		conversion, err := quote.Convert(fx.FixedDestination, destination)
		if err == nil { // the day's quotes all convert five hundred units
			i.Source = messaging.NewAmount(conversion.Source)
		}
		i.Quote, i.Fixed = quote.ID, fx.FixedDestination
	}
	return i
}

func (f *forger) body(participant string, i messaging.Intent) []byte {
	salter := messaging.NewSalter([messaging.SaltSecretSize]byte{}) // nobody is behind these names
	payloads, err := messaging.EncodeIntents(participant, []messaging.Intent{i}, salter)
	if err != nil {
		return []byte(err.Error()) // bad enough
	}
	return payloads[0]
}

func (f *forger) sign(participant string, i messaging.Intent) (messaging.Message, error) {
	return f.seal(participant, i.ID, f.body(participant, i))
}

func (f *forger) seal(participant, id string, body []byte) (messaging.Message, error) {
	signer, err := f.stage.keys.signer(participant)
	if err != nil {
		return messaging.Message{}, err
	}
	open, _ := messaging.Open(body)
	signature, err := signer.Sign(messaging.PayloadIntent, open)
	if err != nil {
		return messaging.Message{}, err
	}
	return messaging.Message{Kind: messaging.PayloadIntent, ID: id, Payload: body, Signature: signature, Key: signer.PublicKey()}, nil
}

// send sends the nth message of a kind. Under its id it is stored once, however often it is sent.
func (f *forger) send(ctx context.Context, b bad, n int) error {
	m, err := b.make(f, n)
	if err != nil {
		return err
	}
	return f.stage.actors[b.from].client.Send(ctx, m)
}

// sendExpiring sends intents that nobody has the money for, and each a second time: once in the same
// bytes, which gets the same answer, and once in others, which is refused.
func (f *forger) sendExpiring(ctx context.Context, count int) error {
	for n := range count {
		i := f.intent(moneybag, "mpesa-ke", fmt.Sprintf("unfunded-%d-%d", f.day.seed%46656, n))
		changed := i
		changed.Reference = "other bytes"
		for k, version := range []messaging.Intent{i, i, changed} {
			m, err := f.seal(moneybag, fmt.Sprintf("%s-%d", i.ID, k), f.body(moneybag, version))
			if err != nil {
				return err
			}
			if err := f.stage.actors[moneybag].client.Send(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// noise throws ten megabytes of nothing at the broker's port. The broker hangs up; nobody else notices.
func noise(ctx context.Context, natsURL string) error {
	u, err := url.Parse(natsURL)
	if err != nil {
		return fmt.Errorf("demo: noise: %w", err)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return fmt.Errorf("demo: noise: %w", err)
	}
	defer conn.Close() //nolint:errcheck // the other side has hung up already
	_, err = io.CopyN(conn, io.MultiReader(strings.NewReader("PUB intent.mpesa-ke 10485760\r\n"), rand.Reader), noiseBytes)
	if err == nil {
		return errors.New("demo: the broker took ten megabytes of noise")
	}
	return nil
}
