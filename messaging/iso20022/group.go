package iso20022

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MaxGroupBytes bounds a pacs.008 with many payments: some 18,000 of them.
const MaxGroupBytes = 10 << 20

// GroupHeader is what a pacs.008 says of all of its payments.
type GroupHeader struct {
	MsgID            string
	Created          time.Time
	Count            int      // of payments, as it states it
	ControlSum       string   // of all amounts, whatever their currencies, a plain decimal; "" where it is not stated
	Total            fx.Money // of all amounts, the zero value where it is not stated
	Settlement       fx.Date  // of payments that state none of their own, "" for none
	ClearingSystem   string
	InstructingAgent Agent
	InstructedAgent  Agent
}

func (r *reader) group(e *schema.Element) GroupHeader {
	h := GroupHeader{
		MsgID: e.Value("MsgId"), Created: r.moment(e.Find("CreDtTm")), ControlSum: e.Value("CtrlSum"),
		Total: r.amount(e.Find("TtlIntrBkSttlmAmt")), ClearingSystem: coded(e.Find("SttlmInf/ClrSys")),
		InstructingAgent: r.agent(e.Find("InstgAgt")), InstructedAgent: r.agent(e.Find("InstdAgt")),
	}
	h.Settlement = r.settlement(e.Find("IntrBkSttlmDt"), h.Created)
	h.Count = r.number("NbOfTxs", e.Value("NbOfTxs"))
	return h
}

// GroupedTransfer is one payment of a group. What is wrong with it alone is in Fault, and the others go on.
type GroupedTransfer struct {
	CreditTransfer
	Fault *FormatError // nil where nothing is
}

// CreditTransferGroup reads a pacs.008 payment by payment and holds one at a time. Nothing of a group counts before
// Next has returned io.EOF: what its schema or its totals say against it at the end refuses all of it.
type CreditTransferGroup struct {
	Header GroupHeader

	payments *schema.Reader
	hash     hash.Hash
	reader   reader
	head     *schema.Element
	sums     *tally
	seen     duplicates
}

// ReadCreditTransfers begins a pacs.008 of at most MaxGroupBytes with its header. Errors are *FormatError, or those of
// from.
func ReadCreditTransfers(from io.Reader) (*CreditTransferGroup, error) {
	g := &CreditTransferGroup{hash: sha256.New(), seen: duplicates{}}
	g.payments = schema.NewReader(io.TeeReader(from, g.hash), MaxGroupBytes)
	piece, err := g.payments.Next()
	if err != nil {
		return nil, err
	}
	doc := g.payments.Document()
	if err := expected("pacs.008", &doc); err != nil {
		return nil, err
	}
	g.reader.message, g.head, g.sums = doc.Message, piece.Element, newTally(doc.Message)
	g.sums.add(piece)
	g.Header = g.reader.group(g.head)
	return g, g.reader.err
}

// Next returns the next payment, and io.EOF behind the last one where all of the group ties. Errors are *FormatError and
// mean the whole group, or those of the underlying reader.
func (g *CreditTransferGroup) Next() (GroupedTransfer, error) {
	for {
		piece, err := g.payments.Next()
		switch {
		case errors.Is(err, io.EOF):
			return GroupedTransfer{}, cmp.Or(g.sums.end(), io.EOF)
		case err != nil:
			return GroupedTransfer{}, err
		case piece.Element.Name == "CdtTrfTxInf":
			g.sums.add(piece)
			return g.take(piece.Element), nil
		}
	}
}

// SHA256 is that of all bytes read so far; behind the end, of the whole message.
func (g *CreditTransferGroup) SHA256() (sum [sha256.Size]byte) {
	g.hash.Sum(sum[:0])
	return sum
}

func (g *CreditTransferGroup) take(tx *schema.Element) GroupedTransfer {
	r := &reader{message: g.reader.message}
	t := r.creditTransfer(g.Header, tx)
	t.Source = &Source{Document: &schema.Document{
		Message: g.reader.message, Body: schema.New("FIToFICstmrCdtTrf", g.head, tx),
	}}
	if g.seen.name("UETR ", t.ID.UETR) {
		r.fail(FaultDuplicate, "UETR "+t.ID.UETR)
	}
	if g.seen.name("TxId ", t.ID.TxID) {
		r.fail(FaultDuplicate, "TxId "+t.ID.TxID)
	}
	grouped := GroupedTransfer{CreditTransfer: t}
	if fault, bad := errors.AsType[*FormatError](r.err); bad {
		fault.Path = fmt.Sprintf("Document/FIToFICstmrCdtTrf/CdtTrfTxInf[%d]", g.sums.group.count)
		grouped.Fault = fault
	}
	return grouped
}
