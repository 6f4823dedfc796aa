package messaging

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Mail is what the switch has to say to one participant, several of its messages in one: under load a participant
// is told of many batches at a time, and each message of its own would cost a flush, a signature and a delivery.
// It travels on status.<participant> and is signed as a status. Each part is a StatusMessage or a PayoutMessage as
// it would be by itself, on a line of its own.
type Mail struct {
	Version     int        `json:"version"`
	Participant string     `json:"participant"`
	Mail        []MailPart `json:"mail"`
}

// MailPart is one message of a mail. Exactly one of its members is there.
type MailPart struct {
	Status jsontext.Value `json:"status,omitempty"`
	Payout jsontext.Value `json:"payout,omitempty"`
}

const (
	mailMember = `,"mail":`
	mailEnd    = "\n]}"
	// mailFrame is more than a part takes beside its payload.
	mailFrame = len(",\n" + `{"status":` + "}")
)

// mailRoom is what the parts of a participant's mail may take together.
func mailRoom(participant string) int {
	return MaxEnvelopeBytes - len(opening+mailMember+"[]}"+mailEnd) - len(participant) - len(`""`)
}

// isMail tells a mail from a status by how it begins: the switch writes both.
func isMail(participant string, payload []byte) bool {
	head := opening + `"` + participant + `"` + mailMember
	return len(payload) >= len(head) && string(payload[:len(head)]) == head
}

// encodeMail writes messages to one participant, payloads of kind payout or status, into one.
func encodeMail(participant string, parts []Delivery) []byte {
	size := len(opening) + len(participant) + len(`""`+mailMember+"["+mailEnd)
	for _, p := range parts {
		size += len(p.Payload) + mailFrame
	}
	b := make([]byte, 0, size)
	b = append(append(append(b, opening+`"`...), participant...), `"`+mailMember+"["...)
	for n, p := range parts {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, "\n{\""...), p.Kind...), `":`...)
		b = append(append(b, p.Payload...), '}')
	}
	return append(b, mailEnd...)
}

// DecodeMail reads a Mail. The parts have no sequence. Errors are *FaultError, and of the whole.
func DecodeMail(participant string, payload []byte) ([]Incoming, error) {
	if parts, ok := readMail(participant, payload); ok {
		return parts, nil
	}
	return decodeMail(participant, payload)
}

// readMail reads what encodeMail writes, to the byte, and nothing else: see reader.
func readMail(participant string, payload []byte) (parts []Incoming, ok bool) {
	r, ok := open(participant, payload)
	if !ok || !r.skip(mailMember+"[") || !bytes.HasSuffix(payload, []byte(mailEnd)) {
		return nil, false
	}
	for rest := payload[r.at : len(payload)-len(mailEnd)]; len(rest) > 0; {
		if len(parts) == MaxParts || rest[0] != '\n' {
			return nil, false
		}
		line := rest[1:]
		end := bytes.IndexByte(line, '\n')
		if end >= 0 {
			line, rest = line[:end], line[end:]
			if line, ok = bytes.CutSuffix(line, []byte(",")); !ok {
				return nil, false
			}
		} else {
			rest = nil
		}
		part, ok := readPart(participant, line)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, len(parts) > 0
}

func readPart(participant string, line []byte) (part Incoming, ok bool) {
	body, ok := bytes.CutSuffix(line, []byte("}"))
	if !ok {
		return Incoming{}, false
	}
	if payload, is := bytes.CutPrefix(body, []byte(`{"status":`)); is {
		part.Status, ok = readStatus(participant, payload)
		return part, ok
	}
	payload, ok := bytes.CutPrefix(body, []byte(`{"payout":`))
	if ok {
		part.Payout, ok = readPayout(participant, payload)
	}
	return part, ok
}

func decodeMail(participant string, payload []byte) ([]Incoming, error) {
	var m Mail
	if err := decode(participant, payload, &m, &m.Version, &m.Participant); err != nil {
		return nil, err
	}
	if len(m.Mail) == 0 || len(m.Mail) > MaxParts {
		return nil, &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("mail: %d parts, not 1 to %d", len(m.Mail), MaxParts)}
	}
	parts := make([]Incoming, len(m.Mail))
	for n, part := range m.Mail {
		var err error
		switch {
		case len(part.Status) > 0 && len(part.Payout) > 0, len(part.Status) == 0 && len(part.Payout) == 0:
			err = &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("mail: part %d is not one status or one payout", n)}
		case len(part.Status) > 0:
			parts[n].Status, err = DecodeStatus(participant, part.Status)
		default:
			parts[n].Payout, err = DecodePayout(participant, part.Payout)
		}
		if err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// lastPart is the payload of a mail's last part and its kind.
func lastPart(participant string, payload []byte) (PayloadKind, []byte, error) {
	var m Mail
	if err := decode(participant, payload, &m, &m.Version, &m.Participant); err != nil {
		return "", nil, err
	}
	if len(m.Mail) == 0 {
		return "", nil, &FaultError{Fault: FaultSchema, Detail: "mail: no parts"}
	}
	part := m.Mail[len(m.Mail)-1]
	if len(part.Payout) > 0 {
		return PayloadPayout, part.Payout, nil
	}
	return PayloadStatus, part.Status, nil
}
