package iso20022

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// tallied says where a message has its payments, and what it states of all of them together in GrpHdr.
type tallied struct {
	payment string   // the element that is one
	amounts []string // where it has its amount: the first that is there
	total   string   // of amounts in one currency, "" where none can be stated
}

// tallies are the messages that state what their payments come to, by family.
var tallies = map[string]tallied{
	"pacs.008": {"CdtTrfTxInf", []string{"IntrBkSttlmAmt"}, "TtlIntrBkSttlmAmt"},
	"pacs.009": {"CdtTrfTxInf", []string{"IntrBkSttlmAmt"}, "TtlIntrBkSttlmAmt"},
	"pacs.004": {"TxInf", []string{"RtrdIntrBkSttlmAmt"}, "TtlRtrdIntrBkSttlmAmt"},
	"pain.001": {"CdtTrfTxInf", []string{"Amt/InstdAmt", "Amt/EqvtAmt/Amt"}, ""},
}

// tally adds up the payments of a message that is read in pieces, PmtInf opened, and holds what the message states of
// them against that: number, sum of the amounts whatever their currencies, and total.
type tally struct {
	message string
	at      tallied
	group   level
	batch   level // the PmtInf that is being read, the zero value where there is none
	err     error
}

// level is a group of payments, or a batch within one.
type level struct {
	path            string // of what states the figures
	within          string // of a batch, "" of the group
	number, control string // as stated, "" for not at all
	total           *schema.Element
	count           int64
	sum             decimal.Decimal
	currency        string // of the first amount
	mixed           bool   // another has another one
}

// ties adds up a message that was read whole, and says whether it ties. The error is *FormatError.
func ties(source *Source) error {
	t, batches := newTally(source.Document.Message), 0
	for _, part := range source.Document.Body.Children {
		if part.Name != "PmtInf" {
			t.add(schema.Piece{Element: part})
			continue
		}
		batches++
		for _, inside := range part.Children {
			t.add(schema.Piece{Within: fmt.Sprintf("PmtInf[%d]", batches), Element: inside})
		}
	}
	return t.end()
}

func newTally(message string) *tally {
	return &tally{
		message: message, at: tallies[Family(message)], group: level{path: "Document/" + schema.Root(message) + "/GrpHdr"},
	}
}

// add takes the next piece, and returns its payment's amount and the path to that, nil where it is none.
func (t *tally) add(piece schema.Piece) (amount *schema.Element, path string) {
	if t.at.payment == "" { // a message that states nothing of the kind
		return nil, ""
	}
	if piece.Within != t.batch.within {
		t.close(&t.batch, "AM19", "AM17")
		t.batch = level{path: "Document/" + schema.Root(t.message) + "/" + piece.Within, within: piece.Within}
	}
	of := &t.group
	if piece.Within != "" {
		of = &t.batch
	}
	switch e := piece.Element; {
	case e.Name == "GrpHdr":
		t.group.number, t.group.control = e.Value("NbOfTxs"), e.Value("CtrlSum")
		if t.at.total != "" {
			t.group.total = e.Find(t.at.total)
		}
	case e.Name == "NbOfTxs" && of == &t.batch:
		t.batch.number = e.Text
	case e.Name == "CtrlSum" && of == &t.batch:
		t.batch.control = e.Text
	case e.Name == t.at.payment:
		t.group.count++
		if of == &t.batch {
			t.batch.count++
		}
		for _, place := range t.at.amounts {
			if amount = e.Find(place); amount != nil {
				t.group.add(amount)
				t.batch.add(amount)
				return amount, fmt.Sprintf("%s/%s[%d]/%s", t.parent(of), e.Name, of.count, place)
			}
		}
	}
	return nil, ""
}

// parent is the element that has the payments of a level.
func (t *tally) parent(l *level) string {
	if l == &t.group {
		return "Document/" + schema.Root(t.message)
	}
	return l.path
}

func (l *level) add(amount *schema.Element) {
	value, err := decimal.NewFromString(amount.Text)
	currency := amount.Attr("Ccy")
	l.mixed = l.mixed || err != nil || l.currency != "" && l.currency != currency
	l.currency, l.sum = currency, l.sum.Add(value)
}

// end says whether all of it ties, behind the last piece. The error is *FormatError.
func (t *tally) end() error {
	t.close(&t.batch, "AM19", "AM17")
	t.close(&t.group, "AM18", "AM10")
	return t.err
}

// close holds a level's stated figures against its payments. The reasons are of a wrong number and of a wrong sum.
func (t *tally) close(l *level, wrongNumber, wrongSum string) {
	if stated, err := strconv.ParseInt(l.number, 10, 64); l.number != "" && (err != nil || stated != l.count) {
		t.fail(wrongNumber, l.path+"/NbOfTxs", fmt.Sprintf("%s, not %d", l.number, l.count))
	}
	if l.control != "" && !isDecimal(l.control, l.sum) {
		t.fail(wrongSum, l.path+"/CtrlSum", l.control+", not "+l.sum.String())
	}
	if total := l.total; total != nil && (l.mixed || total.Attr("Ccy") != l.currency || !isDecimal(total.Text, l.sum)) {
		t.fail(wrongSum, l.path+"/"+total.Name, fmt.Sprintf("%s %s, not %s %s", total.Attr("Ccy"), total.Text, l.currency, l.sum))
	}
}

func (t *tally) fail(reason, path, detail string) {
	if t.err == nil {
		t.err = &FormatError{Message: t.message, Fault: FaultMismatch, Path: path, Detail: shorten(detail), Reason: reason}
	}
}
