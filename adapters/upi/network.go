package upi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/beevik/etree"
)

const (
	// replyTimeout is how long the network waits for RespPay.
	replyTimeout = 15 * time.Second
	// maxReplies bounds the answers that are on their way at once. What finds no place is not sent, and
	// the message that it answers comes again.
	maxReplies = 1024
)

// reception is what a message of the network came to.
type reception struct {
	api   string // the message's name
	msgID string
	fault string    // what the Ack says in err
	owed  *Response // to its sender, nil for nothing
}

// malformed is the reception of what cannot be read.
func malformed(api string) reception { return reception{api: api, fault: errMalformed} }

// message takes a message of the network, and acknowledges it only once take has made it durable: 401
// without the PSP's signature, 400 where sending again is in vain, 503 where it is not. What is owed for it
// goes out behind the Ack, once: who missed it sends the message again, and is answered with the same bytes.
func (r *Rail) message(take func(context.Context, *etree.Element) reception) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, q *http.Request, body []byte) {
		root, err := r.verifier.Open(body)
		var signature *SignatureError
		switch {
		case errors.As(err, &signature):
			http.Error(w, "signature", http.StatusUnauthorized)
			return
		case err != nil:
			acknowledge(w, malformed(""))
			return
		}
		ctx, cancel := context.WithTimeout(q.Context(), callbackTimeout)
		got := take(ctx, root)
		cancel()
		acknowledge(w, got)
		if got.fault == "" && got.owed != nil && r.cfg.Signer != nil {
			r.reply(q.Context(), *got.owed)
		}
	}
}

// acknowledge answers with an Ack.
func acknowledge(w http.ResponseWriter, got reception) {
	body, err := Ack{API: got.api, ReqMsgID: got.msgID, Err: got.fault, Time: time.Now()}.Marshal()
	if err != nil {
		http.Error(w, got.fault, http.StatusInternalServerError)
		return
	}
	status := http.StatusBadRequest
	switch got.fault {
	case "":
		status = http.StatusOK
	case errRetry:
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", contentXML)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the PSP may have gone; then it asks, or we do
}

// reply sends what is owed for a message, apart from the call that brought it: its sender may use the
// connection for the next one.
func (r *Rail) reply(ctx context.Context, owed Response) {
	select {
	case r.replies <- struct{}{}:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replyTimeout)
	go func() {
		defer func() { <-r.replies }()
		defer cancel()
		if body, err := owed.Marshal(r.cfg.Signer); err == nil {
			_, _ = r.client.post(ctx, replyPaths[owed.Message], contentXML, body, MaxXMLBytes)
		}
	}()
}

// replyPaths is where each answer goes.
var replyPaths = map[string]string{
	MessagePaid: PathPaid, MessageConfirmed: PathConfirmed, MessageAuthorised: PathAuthorised,
}

// owes makes the answer to a message. It depends on nothing but the message, so the same one has the same
// answer for ever.
func (r *Rail) owes(message string, to Head, txnID, kind string, verdict Verdict) *Response {
	sum := sha256.Sum256([]byte(message + "\n" + to.MsgID))
	return &Response{
		Message: message, Head: Head{OrgID: r.cfg.OrgID, MsgID: r.cfg.BankCode + hex.EncodeToString(sum[:16]), Time: to.Time},
		TxnID: txnID, Type: kind, ReqMsgID: to.MsgID, Verdict: verdict,
	}
}
