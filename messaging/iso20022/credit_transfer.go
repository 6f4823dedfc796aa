package iso20022

import (
	"cmp"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageCreditTransfer is the message definition of CreditTransfer that is written where nothing else was agreed on.
const MessageCreditTransfer = "pacs.008.001.08"

// CreditTransfer is a pacs.008 with one payment, settled through a clearing system (CLRG).
type CreditTransfer struct {
	MsgID            string
	Created          time.Time // written in UTC with milliseconds
	ClearingSystem   string    // proprietary name, "" for none
	ID               PaymentID // all four
	Amount           fx.Money  // positive; interbank settlement amount
	Settlement       fx.Date   // "" is the day of Created in UTC
	Instructed       fx.Money  // what the debtor ordered, the zero value where nothing is said
	ExchangeRate     string    // plain decimal, "" for none
	ChargeBearer     string    // DEBT, CRED, SHAR or SLEV
	InstructingAgent Agent
	InstructedAgent  Agent
	UltimateDebtor   Party // zero value for none
	Debtor           Party
	DebtorAccount    Account
	DebtorAgent      Agent
	CreditorAgent    Agent
	Creditor         Party
	CreditorAccount  Account
	UltimateCreditor Party   // zero value for none
	Purpose          string  // ExternalPurpose1Code, "" for none
	Remittance       string  // unstructured, at most 140 characters, "" for none
	Source           *Source // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageCreditTransfer. Errors are *FormatError.
func (t CreditTransfer) Marshal() ([]byte, error) { return t.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (t CreditTransfer) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pacs.008")}
	return w.finish(t.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (t CreditTransfer) Rest() []Field {
	return rest(t.Source, t.tree(&writer{message: MessageCreditTransfer}))
}

func (t CreditTransfer) tree(w *writer) tree {
	return schema.New("FIToFICstmrCdtTrf",
		schema.New("GrpHdr",
			schema.Text("MsgId", t.MsgID),
			w.moment("CreDtTm", t.Created),
			schema.Text("NbOfTxs", "1"),
			settling(t.ClearingSystem),
		),
		t.payment(w),
	)
}

// settling says that a payment is settled by a clearing system.
func settling(system string) tree {
	return schema.New("SttlmInf", schema.Text("SttlmMtd", "CLRG"), schema.New("ClrSys", schema.Text("Prtry", system)))
}

func (t CreditTransfer) payment(w *writer) tree {
	for name, value := range map[string]string{"InstrId": t.ID.InstrID, "EndToEndId": t.ID.EndToEndID, "TxId": t.ID.TxID, "UETR": t.ID.UETR} {
		if value == "" {
			w.fail(FaultMissing, name)
		}
	}
	if !codeText.MatchString(t.Purpose) && t.Purpose != "" {
		w.fail(FaultCode, "Purp "+t.Purpose)
	}
	return schema.New("CdtTrfTxInf",
		schema.New("PmtId",
			schema.Text("InstrId", t.ID.InstrID), schema.Text("EndToEndId", t.ID.EndToEndID),
			schema.Text("TxId", t.ID.TxID), schema.Text("UETR", t.ID.UETR)),
		w.amount("IntrBkSttlmAmt", t.Amount),
		w.settlement("IntrBkSttlmDt", t.Settlement, t.Created),
		w.stated("InstdAmt", t.Instructed),
		schema.Text("XchgRate", t.ExchangeRate),
		schema.Text("ChrgBr", t.ChargeBearer),
		w.agent("InstgAgt", t.InstructingAgent),
		w.agent("InstdAgt", t.InstructedAgent),
		w.party("UltmtDbtr", t.UltimateDebtor),
		w.named("Dbtr", t.Debtor),
		w.account("DbtrAcct", t.DebtorAccount),
		w.agent("DbtrAgt", t.DebtorAgent),
		w.agent("CdtrAgt", t.CreditorAgent),
		w.named("Cdtr", t.Creditor),
		w.account("CdtrAcct", t.CreditorAccount),
		w.party("UltmtCdtr", t.UltimateCreditor),
		schema.New("Purp", schema.Text("Cd", t.Purpose)),
		schema.New("RmtInf", schema.Text("Ustrd", t.Remittance)),
	)
}

// ParseCreditTransfer reads a pacs.008 with one payment. What CreditTransfer does not name stays in its Source.
// Errors are *FormatError.
func ParseCreditTransfer(data []byte) (CreditTransfer, error) {
	source, err := read("pacs.008", data, MaxMessageBytes)
	if err != nil {
		return CreditTransfer{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	tx := only(body, "CdtTrfTxInf")
	if tx == nil {
		r.fail(FaultCount, "expected one CdtTrfTxInf")
		return CreditTransfer{}, r.err
	}
	head := r.group(body.Find("GrpHdr"))
	t := r.creditTransfer(head, tx)
	t.Source = source
	if err := cmp.Or(r.err, ties(source)); err != nil {
		return CreditTransfer{}, err
	}
	return t, nil
}

// creditTransfer reads one payment below its group's header.
func (r *reader) creditTransfer(head GroupHeader, tx *schema.Element) CreditTransfer {
	t := CreditTransfer{
		MsgID: head.MsgID, Created: head.Created, ClearingSystem: head.ClearingSystem,
		ID: PaymentID{
			InstrID: tx.Value("PmtId/InstrId"), EndToEndID: tx.Value("PmtId/EndToEndId"),
			TxID: tx.Value("PmtId/TxId"), UETR: tx.Value("PmtId/UETR"),
		},
		Amount:           r.amount(tx.Find("IntrBkSttlmAmt")),
		Settlement:       r.settlement(tx.Find("IntrBkSttlmDt"), head.Created),
		Instructed:       r.amount(tx.Find("InstdAmt")),
		ExchangeRate:     tx.Value("XchgRate"),
		ChargeBearer:     tx.Value("ChrgBr"),
		InstructingAgent: head.InstructingAgent,
		InstructedAgent:  head.InstructedAgent,
		UltimateDebtor:   r.party(tx.Find("UltmtDbtr")),
		Debtor:           r.party(tx.Find("Dbtr")),
		DebtorAccount:    r.account(tx.Find("DbtrAcct")),
		DebtorAgent:      r.agent(tx.Find("DbtrAgt")),
		CreditorAgent:    r.agent(tx.Find("CdtrAgt")),
		Creditor:         r.party(tx.Find("Cdtr")),
		CreditorAccount:  r.account(tx.Find("CdtrAcct")),
		UltimateCreditor: r.party(tx.Find("UltmtCdtr")),
		Purpose:          tx.Value("Purp/Cd"),
		Remittance:       tx.Value("RmtInf/Ustrd"),
	}
	if t.Settlement == "" {
		t.Settlement = head.Settlement
	}
	if own := r.agent(tx.Find("InstgAgt")); own != (Agent{}) {
		t.InstructingAgent = own
	}
	if own := r.agent(tx.Find("InstdAgt")); own != (Agent{}) {
		t.InstructedAgent = own
	}
	switch (Agent{}) {
	case t.DebtorAgent:
		r.fail(FaultMissing, "DbtrAgt")
	case t.CreditorAgent:
		r.fail(FaultMissing, "CdtrAgt")
	}
	return t
}
