package bank

import (
	"context"
	"hash/fnv"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// message is one that the bank sent.
type message struct {
	adapters.Document
	bare []byte // its Document
}

// readMessage takes a message out of its envelope. Errors are *iso20022.FormatError.
func readMessage(body []byte, now time.Time) (message, error) {
	bare, err := unwrap(body)
	if err != nil {
		return message{}, err
	}
	return message{adapters.NewDocument(kindOf(bare), body, now), bare}, nil
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
		list[i].Name = name
	}
	return list
}

// errOtherBytes refuses a message whose id another one has, of the same sender and with other content.
var errOtherBytes = &refusal{http.StatusConflict, "another message has this id"}

// work takes a message that is new. The mentions are what there is to note for when its names come again.
type work func() (answer []byte, noted []adapters.Mention, err error)

// once takes a message once: the same bytes get the same answer again, from the record, and other bytes under the same
// id are errOtherBytes. What was not answered is new.
func (r *Rail) once(ctx context.Context, m message, by iso20022.Agent, id string, named []adapters.Mention, do work) ([]byte, error) {
	name := aboutMessage + agentText(by) + "/" + id
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
	answer, noted, err := do()
	if err != nil {
		return nil, err
	}
	return answer, r.counter.Answer(ctx, m.SHA256, answer, noted...)
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

// noteRejected is the note at a UETR whose payment was rejected.
func noteRejected(v verdict) string {
	return strings.Join([]string{string(v.status), v.reason, v.info}, " ")
}

// readNote is the verdict that a note tells; ok is false where it tells none.
func readNote(note string) (v verdict, ok bool) {
	parts := strings.SplitN(note, " ", 3)
	if len(parts) != 3 {
		return verdict{}, false
	}
	return verdict{iso20022.Status(parts[0]), parts[1], parts[2]}, true
}
