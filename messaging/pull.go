package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	pullBytes     = 2 << 20 // at most this much is on its way to the reader
	pullExpires   = 30 * time.Second
	pullHeartbeat = 2 * time.Second
	pullSilence   = 2*pullHeartbeat + time.Second // then the watchdog asks anew
)

// errSilent says that the broker owes heartbeats.
var errSilent = errors.New("the broker fell silent")

// errEnded says that the subscription ended: its reader or its connection was closed.
var errEnded = errors.New("the reader is closed")

// pull reads a consumer with one request at a time. A message that arrives while a request waits is
// handed over at once; a batch is fetched in one go. It is for one goroutine.
//
// Messages come by a callback, because the client library's own queue takes a message whose sender
// wrote "Status: 503" into its headers for the broker's.
type pull struct {
	conn     *nats.Conn
	sub      *nats.Subscription
	messages chan *nats.Msg
	ended    chan struct{}
	end      func()
	silence  *time.Timer
	subject  string // where requests go
	inbox    string // where answers come, one token more per request
	batch    int
	request  int // number of the last request
	left     int // what it may still deliver; 0: ask again
}

// newPull subscribes to answers. close ends it, also from another goroutine.
func newPull(conn *nats.Conn, stream, consumer string, batch int) (*pull, error) {
	p := &pull{
		conn: conn, inbox: conn.NewInbox(), batch: batch,
		messages: make(chan *nats.Msg, batch), ended: make(chan struct{}), silence: time.NewTimer(pullSilence),
		subject: "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer,
	}
	p.end = sync.OnceFunc(func() { close(p.ended) })
	sub, err := conn.Subscribe(p.inbox+".*", func(m *nats.Msg) {
		select {
		case p.messages <- m:
		case <-p.ended:
		}
	})
	if err != nil {
		return nil, err
	}
	p.sub = sub
	sub.SetClosedHandler(func(string) { p.end() })
	if err := sub.SetPendingLimits(-1, -1); err != nil { // pullBytes bounds it
		p.close()
		return nil, err
	}
	return p, nil
}

// close ends the subscription; next then returns an error.
func (p *pull) close() {
	p.end()
	_ = p.sub.Unsubscribe() // it fails only where it has ended already
}

// next waits for a message.
func (p *pull) next() (*nats.Msg, error) {
	for {
		if p.left == 0 {
			if err := p.ask(); err != nil {
				return nil, err
			}
		}
		p.silence.Reset(pullSilence)
		select {
		case m := <-p.messages:
			if ok, err := p.take(m); ok || err != nil {
				return m, err
			}
		case <-p.silence.C:
			return nil, errSilent
		case <-p.ended:
			return nil, errEnded
		}
	}
}

// more returns a message that is here already, nil where there is none.
func (p *pull) more() (*nats.Msg, error) {
	for {
		select {
		case m := <-p.messages:
			if ok, err := p.take(m); ok || err != nil {
				return m, err
			}
		default:
			return nil, nil
		}
	}
}

// take tells whether m is a message of the stream, and reads it where it is the broker's own.
func (p *pull) take(m *nats.Msg) (bool, error) {
	if !delivered(m) {
		return false, p.status(m)
	}
	p.left = max(p.left-1, 0)
	return true, nil
}

func (p *pull) ask() error {
	request, err := json.Marshal(struct {
		Batch     int           `json:"batch"`
		MaxBytes  int           `json:"max_bytes"`
		Expires   time.Duration `json:"expires"`
		Heartbeat time.Duration `json:"idle_heartbeat"`
	}{p.batch, pullBytes, pullExpires, pullHeartbeat})
	if err != nil {
		return err
	}
	p.request++
	if err := p.conn.PublishRequest(p.subject, p.inbox+"."+strconv.Itoa(p.request), request); err != nil {
		return err
	}
	p.left = p.batch
	return nil
}

// delivered tells messages of the stream from the broker's own by the subject for acknowledgements:
// a sender can write any header, the broker's Status too.
func delivered(m *nats.Msg) bool { return strings.HasPrefix(m.Reply, "$JS.ACK.") }

// status reads what the broker says about a request.
func (p *pull) status(m *nats.Msg) error {
	if m.Subject != p.inbox+"."+strconv.Itoa(p.request) {
		return nil // about an earlier request
	}
	code, text := m.Header.Get("Status"), m.Header.Get("Description")
	switch {
	case code == "100": // heartbeat
		return nil
	case code == "404", code == "408", // nothing came, or the request has expired
		code == "409" && (strings.HasPrefix(text, "Message Size Exceeds") || strings.HasPrefix(text, "Batch Completed")):
		p.left = 0
		return nil
	default:
		return fmt.Errorf("the broker ended the request: %s %s", code, text)
	}
}
