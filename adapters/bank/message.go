package bank

import (
	"bytes"
	"cmp"
	"context"
	"hash/fnv"
	"net/http"
	"strings"
	"sync"
	"unicode"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// message is one that the bank sent.
type message struct{ adapters.Document }

// family is which message it is, whatever its version.
func (m message) family() string { return iso20022.Family(m.Kind) }

// errNotTheBank refuses a header that names somebody else than who has shown to be the bank.
var errNotTheBank = &refusal{http.StatusForbidden, "RC01", "the header is not from the bank itself"}

// readMessage finds out which message a body is, and holds its header against who sends it. Errors are
// *iso20022.FormatError and errNotTheBank.
func (r *Rail) readMessage(body []byte) (message, error) {
	kind, header, err := beginning(body)
	if err != nil {
		return message{}, err
	}
	if header.From != (iso20022.Agent{}) && header.From != (iso20022.Agent{BIC: r.cfg.BankBIC}) {
		return message{}, errNotTheBank
	}
	return message{adapters.NewDocument(kind, body, r.now())}, nil
}

// beginning reads as much of a message as says what it is. Errors are *iso20022.FormatError.
func beginning(body []byte) (kind string, header iso20022.Header, err error) {
	in := schema.NewReader(bytes.NewReader(body), iso20022.MaxGroupBytes)
	if _, err := in.Next(); err != nil {
		return "", iso20022.Header{}, err
	}
	document := in.Document()
	header, _, err = (&iso20022.Source{Document: &document}).Header()
	return document.Message, header, err
}

// What a document is found by in the archive.
const (
	aboutUETR      = "uetr/"
	aboutOrder     = "order/"
	aboutOperation = "operation/"
	aboutMessage   = "message/" // and the sender, and the sender's id of it
)

func names(named ...string) []adapters.Mention {
	list := make([]adapters.Mention, len(named))
	for i, name := range named {
		list[i].Name = printable(name)
	}
	return list
}

// printable replaces what a text of a message may hold and a name may not: line ends and tabs.
func printable(name string) string {
	return strings.Map(func(sign rune) rune {
		if unicode.IsControl(sign) {
			return unicode.ReplacementChar
		}
		return sign
	}, name)
}

// errOtherBytes refuses a message whose id another one has, of the same sender and with other content.
var errOtherBytes = &refusal{http.StatusConflict, "DUPL", "another message has this id"}

// done is what came of a message.
type done struct {
	answer []byte
	noted  []adapters.Mention // for when its names come again
	open   bool               // the answer is for now: the same message may be answered otherwise
}

// once takes a message once: the same bytes get the same answer again, from the record, and other bytes under the same
// id are errOtherBytes. What was not answered is new.
func (r *Rail) once(ctx context.Context, m message, by iso20022.Agent, id string, named []adapters.Mention, do func() (done, error)) ([]byte, error) {
	name := printable(aboutMessage + cmp.Or(agentText(by), r.cfg.BankBIC) + "/" + id)
	lock := r.messages.of(name)
	lock.Lock()
	defer lock.Unlock()
	known, err := r.counter.Mentioned(name)
	if err != nil {
		return nil, err
	}
	for _, other := range known {
		if other.SHA256 != m.SHA256 {
			return nil, errOtherBytes
		}
		answer, found, err := r.counter.Answered(m.SHA256)
		if err != nil || found {
			return answer, err
		}
	}
	if err := r.counter.Keep(m.Document, append(named, adapters.Mention{Name: name})...); err != nil {
		return nil, err
	}
	d, err := do()
	if err != nil || d.open {
		return d.answer, err
	}
	return d.answer, r.counter.Answer(ctx, m.SHA256, d.answer, d.noted...)
}

// keep puts a message on its way to the disk that may come any number of times, with the same effect.
func (r *Rail) keep(m message, named ...string) error {
	if r.counter == nil {
		return nil
	}
	return r.counter.Keep(m.Document, names(named...)...)
}

// locks are held by name. Two names may share one.
type locks [1 << 10]sync.Mutex

func (l *locks) of(name string) *sync.Mutex {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash never fails to be written
	return &l[h.Sum32()%uint32(len(l))]
}

// note is what there is to remember of a verdict at the payment's UETR.
func (v verdict) note() string {
	return strings.Join([]string{string(v.status), v.reason, v.info}, " ")
}

// readNote is the inverse of note; ok is false where there is none.
func readNote(note string) (v verdict, ok bool) {
	parts := strings.SplitN(note, " ", 3)
	if len(parts) != 3 {
		return verdict{}, false
	}
	return verdict{iso20022.Status(parts[0]), parts[1], parts[2]}, true
}
