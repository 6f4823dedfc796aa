package iso20022

import (
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// drawn draws the parts of nouns; the labels of draws are the fields.
type drawn struct {
	*rapid.T
	old bool // for a version that knows no LEI and no UETR
}

func (d *drawn) text(limit int) string {
	return rapid.StringOfN(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.Sc, unicode.Zs), 1, limit, -1).Draw(d.T, "text")
}

func (d *drawn) maybe(value func() string) string {
	if rapid.Bool().Draw(d.T, "there") {
		return value()
	}
	return ""
}

func (d *drawn) words(limit int) string { return d.maybe(func() string { return d.text(limit) }) }

func (d *drawn) id() string { return rapid.StringMatching(`[A-Za-z0-9]{1,35}`).Draw(d.T, "id") }

func (d *drawn) one(of ...string) string { return rapid.SampledFrom(of).Draw(d.T, "one") }

func (d *drawn) moment() time.Time {
	return time.UnixMilli(rapid.Int64Range(0, 4_000_000_000_000).Draw(d.T, "ms")).UTC()
}

func (d *drawn) day(near time.Time) fx.Date {
	return dateOf(near.AddDate(0, 0, rapid.IntRange(-300, 300).Draw(d.T, "days")))
}

func (d *drawn) amount() fx.Money {
	return money(rapid.Int64Range(1, maxAmountMinor).Draw(d.T, "minor"), d.one("PHP", "UGX", "KWD", "CLF", "USD"))
}

func (d *drawn) maybeAmount() fx.Money {
	if rapid.Bool().Draw(d.T, "stated") {
		return d.amount()
	}
	return fx.Money{}
}

func (d *drawn) lei() string { return d.one("5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55") }

func (d *drawn) agent() Agent {
	switch rapid.IntRange(0, 4).Draw(d.T, "agent") {
	case 0:
		return Agent{BIC: rapid.StringMatching(`[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?`).Draw(d.T, "bic")}
	case 1:
		return Agent{Member: d.text(35), System: d.one("KENPG", "USABA", "INFSC")}
	case 2:
		return Agent{Other: d.text(35)}
	case 3:
		if !d.old {
			return Agent{LEI: d.lei()}
		}
	}
	return Agent{Name: d.text(140)}
}

func (d *drawn) account() Account {
	if rapid.Bool().Draw(d.T, "iban") {
		return Account{ID: d.one("DE89370400440532013000", "GB82WEST12345698765432"), Scheme: schemeIBAN}
	}
	a := Account{ID: d.text(34), Scheme: d.one("", "MSISDN", "BBAN")}
	if !d.old && rapid.Bool().Draw(d.T, "proxy") {
		a.Proxy, a.ProxyType = d.text(100), d.one("", "MBNO", "Virtual payment address")
	}
	return a
}

func (d *drawn) party() Party {
	p := Party{
		Name: d.text(140), Address: d.words(490), Street: d.words(70), Building: d.words(16), PostCode: d.words(16),
		Town: d.words(35), Country: d.one("", "KE", "PH"),
	}
	switch rapid.IntRange(0, 2).Draw(d.T, "kind") {
	case 0:
		p.ID = Identity{ID: d.id(), Scheme: d.one("", "NIDN", "Huduma"), Issuer: d.words(35)}
	case 1:
		p.Birth = Birth{Date: dateOf(d.moment()), Town: d.text(35), Country: "IN"}
	case 2:
		p.ID = Identity{ID: d.id(), Scheme: d.one("", "TXID"), Organisation: true}
		if !d.old {
			p.LEI = d.lei()
		}
	}
	return p
}

func genTransfer(d *drawn) noun {
	at, id := d.moment(), d.id()
	t := CreditTransfer{
		MsgID: d.id(), Created: at, ClearingSystem: d.one("", "INSTAPAY"),
		ID: PaymentID{InstrID: d.id(), EndToEndID: d.id(), TxID: id, UETR: UETR(id)}, Amount: d.amount(), Settlement: d.day(at),
		Instructed: d.maybeAmount(), ExchangeRate: d.one("", "1.5", "0.0000000001"), ChargeBearer: d.one("DEBT", "CRED", "SHAR", "SLEV"),
		InstructingAgent: d.agent(), InstructedAgent: d.agent(), Debtor: d.party(), DebtorAccount: d.account(), DebtorAgent: d.agent(),
		CreditorAgent: d.agent(), Creditor: d.party(), CreditorAccount: d.account(), Purpose: d.one("", "FAMI"), Remittance: d.words(140),
	}
	if rapid.Bool().Draw(d.T, "ultimate") {
		t.UltimateDebtor, t.UltimateCreditor = d.party(), d.party()
	}
	return t
}

func (d *drawn) status() Status {
	return Status(d.one(string(AcceptedCreditor), string(AcceptedSettled), string(AcceptedInProgress), string(Pending), string(Rejected)))
}

func genReport(d *drawn) noun {
	id := d.id()
	r := StatusReport{
		MsgID: d.id(), Created: d.moment(), OriginalMsgID: d.id(), OriginalMessage: MessageCreditTransfer,
		ID: PaymentID{InstrID: d.maybe(d.id), TxID: id, UETR: UETR(id)}, Status: d.status(), Reason: d.one("", "AC03", "NARR"), Info: d.words(420),
		ServicerRef: d.maybe(d.id), ClearingRef: d.maybe(d.id), CreditorAccount: d.words(34),
	}
	if amount := d.maybeAmount(); amount != (fx.Money{}) {
		r.Amount = &amount
	}
	return r
}

func genGroupReport(d *drawn) noun {
	g := GroupReport{
		MsgID: d.id(), Created: d.moment(), OriginalMsgID: d.id(), OriginalMessage: MessageCreditTransfer,
		OriginalCount: rapid.IntRange(0, 20_000).Draw(d.T, "count"), Status: Status(d.one("", "ACTC", "PART", "RJCT")), Reason: d.one("", "AM10"), Info: d.words(420),
	}
	for range rapid.IntRange(0, 3).Draw(d.T, "payments") {
		p := genReport(d).(StatusReport)
		p.MsgID, p.Created, p.OriginalMsgID, p.OriginalMessage = g.MsgID, g.Created, g.OriginalMsgID, g.OriginalMessage
		g.Payments = append(g.Payments, p)
	}
	return g
}

func genRequest(d *drawn) noun {
	return StatusRequest{MsgID: d.id(), Created: d.moment(), OriginalMsgID: d.id(), OriginalMessage: MessageCreditTransfer, ID: id(d.id())}
}

func genReturn(d *drawn) noun {
	at := d.moment()
	return PaymentReturn{
		MsgID: d.id(), Created: at, ID: d.maybe(d.id), OriginalMsgID: d.id(), OriginalMessage: MessageCreditTransfer, Original: id(d.id()),
		OriginalAmount: d.maybeAmount(), Amount: d.amount(), Settlement: d.day(at), InstructingAgent: d.agent(), InstructedAgent: d.agent(),
		Reason: d.one("", "AC04", "NARR"), Info: d.words(420),
	}
}

func genRecall(d *drawn) noun {
	at := d.moment()
	return Recall{
		ID: d.id(), Created: at, Assigner: d.agent(), Assignee: d.agent(), CancellationID: d.maybe(d.id), OriginalMsgID: d.id(), OriginalMessage: MessageCreditTransfer,
		Original: id(d.id()), OriginalAmount: d.maybeAmount(), OriginalDay: d.day(at), Reason: d.one("DUPL", "FRAD"), Info: d.words(420),
	}
}

func genRecallAnswer(d *drawn) noun {
	return RecallAnswer{
		ID: d.id(), Created: d.moment(), Assigner: d.agent(), Assignee: d.agent(), Resolution: Resolution(d.one("CNCL", "PDCR", "RJCR")), AnswerID: d.maybe(d.id),
		OriginalMsgID: d.id(), OriginalMessage: MessageCreditTransfer, Original: id(d.id()), Reason: d.one("", "AGNT", "ARDT"), Info: d.words(420),
	}
}

func genOrder(d *drawn) noun {
	o := PaymentOrder{MsgID: d.id(), Created: d.moment(), Initiator: d.party()}
	seen := map[string]bool{}
	for range rapid.IntRange(1, 2).Draw(d.T, "batches") {
		b := OrderBatch{
			ID: d.id(), Execution: dateOf(d.moment()), Debtor: d.party(), DebtorAccount: d.account(), DebtorAgent: d.agent(), ChargeBearer: d.one("", "SLEV"),
		}
		for range rapid.IntRange(1, 3).Draw(d.T, "payments") {
			name := rapid.StringMatching(`[A-Za-z0-9]{1,35}`).Filter(func(s string) bool { return !seen[s] }).Draw(d.T, "name")
			seen[name] = true
			p := OrderedPayment{
				InstrID: d.maybe(func() string { return name }), EndToEndID: d.one(name, "NOTPROVIDED"), Amount: money(rapid.Int64Range(1, 1e12).Draw(d.T, "minor"), "KES"),
				ChargeBearer: d.one("", "SHAR"), CreditorAgent: d.agent(), Creditor: d.party(), CreditorAccount: d.account(), Purpose: d.one("", "SALA"), Remittance: d.words(140),
			}
			if !d.old {
				p.UETR = d.maybe(func() string { return UETR(name) })
			}
			b.Payments = append(b.Payments, p)
		}
		o.Batches = append(o.Batches, b)
	}
	return o
}

func genOrderReport(d *drawn) noun {
	group := func() Status { return Status(d.one("", "ACTC", "PART", "RJCT", "PDNG")) }
	o := OrderReport{
		MsgID: d.id(), Created: d.moment(), OriginalMsgID: d.id(), OriginalMessage: MessagePaymentOrder, OriginalCount: rapid.IntRange(0, 9).Draw(d.T, "count"),
		Status: group(), Reason: d.one("", "AM10"), Info: d.words(420),
	}
	for range rapid.IntRange(0, 2).Draw(d.T, "batches") {
		b := BatchReport{OriginalID: d.id(), Status: group(), Reason: d.one("", "AC02")}
		for range rapid.IntRange(0, 2).Draw(d.T, "payments") {
			s := OrderedStatus{
				ID: PaymentID{InstrID: d.maybe(d.id), EndToEndID: d.id()}, Status: Status(d.one("ACSC", "ACSP", "PDNG", "RJCT")),
				Reason: d.one("", "AC03"), Info: d.words(420), ServicerRef: d.maybe(d.id), ClearingRef: d.maybe(d.id),
			}
			if !d.old {
				s.ID.UETR = UETR(s.ID.EndToEndID)
			}
			b.Payments = append(b.Payments, s)
		}
		o.Batches = append(o.Batches, b)
	}
	return o
}

func genRejection(d *drawn) noun {
	return MessageRejection{Related: d.words(35), Reason: d.text(35), Rejected: d.moment(), Location: d.words(350), Info: d.words(350)}
}

func genCheck(d *drawn) noun {
	d.old = true
	a := d.account()
	return IdentityCheck{
		MsgID: d.id(), Created: d.moment(), Assigner: d.agent(), Assignee: d.agent(), ID: d.id(), Owner: d.party(), Account: a, Agent: d.agent(),
	}
}

func genAnswer(d *drawn) noun {
	d.old = true
	a := IdentityAnswer{
		MsgID: d.id(), Created: d.moment(), Assigner: d.agent(), Assignee: d.agent(), OriginalMsgID: d.maybe(d.id), OriginalID: d.id(),
		Verified: rapid.Bool().Draw(d.T, "verified"), Reason: d.one("", "AC01", "Names differ"),
	}
	if rapid.Bool().Draw(d.T, "updated") {
		a.Owner, a.Account = d.party(), d.account()
	}
	return a
}
