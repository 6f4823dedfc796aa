package iso20022

import (
	"encoding/xml"
	"strings"
	"time"

	"github.com/moov-io/iso20022/pkg/pacs_v08"

	"github.com/ayni-switch/ayni/fx"
)

// MessageCreditTransfer is the message definition of CreditTransfer.
const MessageCreditTransfer = "pacs.008.001.08"

// CreditTransfer is a pacs.008 with one payment, settled through a clearing system (CLRG).
type CreditTransfer struct {
	MsgID            string
	Created          time.Time // written in UTC with milliseconds
	ClearingSystem   string    // proprietary name, "" for none
	ID               PaymentID // all four
	Amount           fx.Money  // positive; interbank settlement amount
	ChargeBearer     string    // DEBT, CRED, SHAR or SLEV
	InstructingAgent Agent
	InstructedAgent  Agent
	Debtor           Party
	DebtorAccount    Account
	DebtorAgent      Agent
	CreditorAgent    Agent
	Creditor         Party
	CreditorAccount  Account
	Purpose          string // ExternalPurpose1Code, "" for none
	Remittance       string // unstructured, at most 140 characters, "" for none
}

var chargeBearers = map[string]bool{"DEBT": true, "CRED": true, "SHAR": true, "SLEV": true}

// Marshal writes the message. Errors are *FormatError.
func (t CreditTransfer) Marshal() ([]byte, error) {
	w := newWriter(MessageCreditTransfer, "FIToFICstmrCdtTrf")
	if !chargeBearers[t.ChargeBearer] {
		w.fail(FaultCode, shorten("ChrgBr "+t.ChargeBearer))
	}
	w.within("GrpHdr", func() {
		w.text("MsgId", t.MsgID, 35)
		w.moment("CreDtTm", t.Created)
		w.text("NbOfTxs", "1", 1)
		w.within("SttlmInf", func() {
			w.text("SttlmMtd", "CLRG", 4)
			if t.ClearingSystem != "" {
				w.within("ClrSys", func() { w.text("Prtry", t.ClearingSystem, 35) })
			}
		})
	})
	w.within("CdtTrfTxInf", func() {
		w.within("PmtId", func() {
			w.text("InstrId", t.ID.InstrID, 35)
			w.text("EndToEndId", t.ID.EndToEndID, 35)
			w.text("TxId", t.ID.TxID, 35)
			w.matching("UETR", t.ID.UETR, uetrText)
		})
		w.amount("IntrBkSttlmAmt", t.Amount)
		w.date("IntrBkSttlmDt", t.Created)
		w.text("ChrgBr", t.ChargeBearer, 4)
		w.agent("InstgAgt", t.InstructingAgent)
		w.agent("InstdAgt", t.InstructedAgent)
		w.party("Dbtr", t.Debtor)
		w.account("DbtrAcct", t.DebtorAccount)
		w.agent("DbtrAgt", t.DebtorAgent)
		w.agent("CdtrAgt", t.CreditorAgent)
		w.party("Cdtr", t.Creditor)
		w.account("CdtrAcct", t.CreditorAccount)
		if t.Purpose != "" {
			w.within("Purp", func() { w.matching("Cd", t.Purpose, codeText) })
		}
		if t.Remittance != "" {
			w.within("RmtInf", func() { w.text("Ustrd", t.Remittance, 140) })
		}
	})
	return w.finish()
}

// creditTransferDocument carries everything but the amount: see the package's comment.
type creditTransferDocument struct {
	XMLName xml.Name                                 `xml:"Document"`
	Body    pacs_v08.FIToFICustomerCreditTransferV08 `xml:"FIToFICstmrCdtTrf"`
}

// ParseCreditTransfer reads a pacs.008.001.08 with one payment. Of the schema's many optional
// elements it keeps what CreditTransfer names; an account given as IBAN arrives as its ID with the
// scheme "IBAN". Errors are *FormatError.
func ParseCreditTransfer(data []byte) (CreditTransfer, error) {
	var doc creditTransferDocument
	amounts, err := read(MessageCreditTransfer, data, &doc)
	if err != nil {
		return CreditTransfer{}, err
	}
	fail := func(f Fault, detail string) (CreditTransfer, error) {
		return CreditTransfer{}, &FormatError{Message: MessageCreditTransfer, Fault: f, Detail: detail}
	}
	head := doc.Body.GrpHdr
	if len(doc.Body.CdtTrfTxInf) != 1 {
		return fail(FaultCount, "expected one CdtTrfTxInf")
	}
	if count := strings.TrimLeft(string(head.NbOfTxs), "0"); count != "1" {
		return fail(FaultMismatch, shorten("NbOfTxs "+string(head.NbOfTxs)))
	}
	tx := &doc.Body.CdtTrfTxInf[0]
	amount, found, err := money(MessageCreditTransfer, amounts, "CdtTrfTxInf/IntrBkSttlmAmt")
	if err != nil {
		return CreditTransfer{}, err
	}
	if !found {
		return fail(FaultMissing, "IntrBkSttlmAmt")
	}
	if detail := totals(amounts, amount); detail != "" {
		return fail(FaultMismatch, detail)
	}
	t := CreditTransfer{
		MsgID:   string(head.MsgId),
		Created: time.Time(head.CreDtTm),
		ID: PaymentID{
			InstrID:    value(tx.PmtId.InstrId),
			EndToEndID: string(tx.PmtId.EndToEndId),
			TxID:       value(tx.PmtId.TxId),
			UETR:       value(tx.PmtId.UETR),
		},
		Amount:           amount,
		ChargeBearer:     string(tx.ChrgBr),
		InstructingAgent: agentOf(firstAgent(tx.InstgAgt, head.InstgAgt)),
		InstructedAgent:  agentOf(firstAgent(tx.InstdAgt, head.InstdAgt)),
		Debtor:           partyOf(tx.Dbtr),
		DebtorAccount:    accountOf(tx.DbtrAcct),
		DebtorAgent:      agentOf(&tx.DbtrAgt),
		CreditorAgent:    agentOf(&tx.CdtrAgt),
		Creditor:         partyOf(tx.Cdtr),
		CreditorAccount:  accountOf(tx.CdtrAcct),
	}
	if head.SttlmInf.ClrSys != nil {
		t.ClearingSystem = value(head.SttlmInf.ClrSys.Prtry)
	}
	if tx.Purp != nil {
		t.Purpose = string(tx.Purp.Cd)
	}
	if tx.RmtInf != nil && len(tx.RmtInf.Ustrd) > 0 {
		t.Remittance = string(tx.RmtInf.Ustrd[0])
	}
	switch {
	case t.MsgID == "":
		return fail(FaultMissing, "MsgId")
	case t.Created.IsZero():
		return fail(FaultMissing, "CreDtTm")
	case t.ID.EndToEndID == "":
		return fail(FaultMissing, "EndToEndId")
	case t.ID.UETR != "" && !uetrText.MatchString(t.ID.UETR):
		return fail(FaultCode, shorten("UETR "+t.ID.UETR))
	case !chargeBearers[t.ChargeBearer]:
		return fail(FaultCode, shorten("ChrgBr "+t.ChargeBearer))
	}
	return t, nil
}

// totals says how the group's sums disagree with the one payment, or "".
func totals(amounts []rawAmount, amount fx.Money) string {
	for _, a := range amounts {
		switch a.path {
		case "GrpHdr/TtlIntrBkSttlmAmt":
			if a.currency != amount.Currency.String() || !sameDecimal(a.text, amount.Text()) {
				return shorten("TtlIntrBkSttlmAmt " + a.text)
			}
		case "GrpHdr/CtrlSum":
			if !sameDecimal(a.text, amount.Text()) {
				return shorten("CtrlSum " + a.text)
			}
		}
	}
	return ""
}

// sameDecimal compares two plain decimals by value.
func sameDecimal(a, b string) bool {
	canonical := func(s string) string {
		whole, fraction, _ := strings.Cut(s, ".")
		return strings.TrimLeft(whole, "0") + "." + strings.TrimRight(fraction, "0")
	}
	return canonical(a) == canonical(b)
}

func firstAgent(agents ...*pacs_v08.BranchAndFinancialInstitutionIdentification6) *pacs_v08.BranchAndFinancialInstitutionIdentification6 {
	for _, a := range agents {
		if a != nil {
			return a
		}
	}
	return nil
}

func agentOf(a *pacs_v08.BranchAndFinancialInstitutionIdentification6) Agent {
	if a == nil {
		return Agent{}
	}
	if bic := value(a.FinInstnId.BICFI); bic != "" {
		return Agent{BIC: bic}
	}
	if a.FinInstnId.Othr != nil {
		return Agent{Other: string(a.FinInstnId.Othr.Id)}
	}
	return Agent{}
}

func accountOf(a *pacs_v08.CashAccount38) Account {
	if a == nil {
		return Account{}
	}
	if iban := value(a.Id.IBAN); iban != "" {
		return Account{ID: iban, Scheme: "IBAN"}
	}
	account := Account{ID: string(a.Id.Othr.Id)}
	if a.Id.Othr.SchmeNm != nil {
		account.Scheme = string(a.Id.Othr.SchmeNm.Prtry)
	}
	return account
}

func partyOf(p pacs_v08.PartyIdentification135) Party {
	party := Party{Name: value(p.Nm)}
	if p.PstlAdr != nil {
		var address strings.Builder
		for _, line := range p.PstlAdr.AdrLine {
			address.WriteString(string(line))
		}
		party.Address = address.String()
	}
	return party
}

// value reads moov's optional texts.
func value[T ~string](p *T) string {
	if p == nil {
		return ""
	}
	return string(*p)
}
