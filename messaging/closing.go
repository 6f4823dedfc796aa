package messaging

import (
	"crypto/sha256"
	"time"
)

// closing writes items into an open line and what is personal in them into closed lines, in the order in which the
// open line names them.
type closing struct {
	salts salts
	lines []byte // each behind a line feed
}

func (c *closing) intent(b []byte, i *Intent) []byte {
	b = append(append(b, `{"id":"`...), i.ID...)
	b = append(append(b, `","creditor_participant":"`...), i.CreditorParticipant...)
	b = c.party(append(b, `","debtor":"`...), i.ID, "debtor", &i.Debtor)
	b = c.party(append(b, `","creditor":"`...), i.ID, "creditor", &i.Creditor)
	b = appendAmount(append(b, `","source":`...), i.Source)
	b = appendAmount(append(b, `,"destination":`...), i.Destination)
	b = appendOptional(b, `,"quote":"`, i.Quote)
	b = appendOptional(b, `,"fixed":"`, string(i.Fixed))
	b = appendOptional(b, `,"priority":"`, string(i.Priority))
	if i.Bundle != nil {
		b = appendBundle(append(b, `,"bundle":`...), i.Bundle)
	}
	b = i.Deadline.UTC().AppendFormat(append(b, `,"deadline":"`...), time.RFC3339Nano)
	if i.Purpose != "" || i.Reference != "" {
		b = c.note(append(b, `","note":"`...), i)
	}
	return append(b, `"}`...)
}

func (c *closing) outcome(b []byte, o *Outcome) []byte {
	b = append(append(b, `{"transfer":"`...), o.Transfer...)
	b = append(append(b, `","kind":"`...), o.Kind...)
	b = append(append(b, `","state":"`...), o.State...)
	b = appendAmount(append(b, `","amount":`...), o.Amount)
	b = appendOptional(b, `,"rail_ref":"`, o.RailRef)
	b = appendOptional(b, `,"reason":"`, o.Reason)
	b = appendOptional(b, `,"rail_code":"`, o.RailCode)
	if o.RailText != "" {
		b = append(c.railText(append(b, `,"rail_text":"`...), o), '"')
	}
	return append(appendOptional(b, `,"resolved_by":"`, o.ResolvedBy), '}')
}

// party closes a party and writes its commitment, as note and railText do with theirs.
func (c *closing) party(b []byte, id, role string, p *Party) []byte {
	from := c.begin()
	c.lines = appendPerson(c.lines, p)
	return c.end(b, from, id, role)
}

func (c *closing) note(b []byte, i *Intent) []byte {
	from := c.begin()
	c.lines = append(c.lines, '{')
	if i.Purpose != "" {
		c.lines = append(appendText(append(c.lines, `"purpose":"`...), i.Purpose), '"')
	}
	if i.Reference != "" {
		if i.Purpose != "" {
			c.lines = append(c.lines, ',')
		}
		c.lines = append(appendText(append(c.lines, `"reference":"`...), i.Reference), '"')
	}
	return c.end(b, from, i.ID, "note")
}

func (c *closing) railText(b []byte, o *Outcome) []byte {
	from := c.begin()
	c.lines = append(appendText(append(c.lines, `{"rail_text":"`...), o.RailText), '"')
	return c.end(b, from, o.Transfer, "rail_text")
}

func (c *closing) begin() (from int) {
	c.lines = append(c.lines, '\n')
	return len(c.lines)
}

// end writes a closed line's salt, and its commitment into the open one.
func (c *closing) end(b []byte, from int, id, role string) []byte {
	c.lines = append(c.lines, `,"salt":"`...)
	c.lines = append(c.salts.append(c.lines, id, role), `"}`...)
	commitment := sha256.Sum256(c.lines[from:])
	return strictBase64.AppendEncode(b, commitment[:])
}
