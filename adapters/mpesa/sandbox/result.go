package sandbox

import (
	"bytes"
	"context"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

const textSuccess = "The service request is processed successfully."

// acknowledgement says that a request was taken.
type acknowledgement struct {
	ConversationID           string
	OriginatorConversationID string
	ResponseCode             string
	ResponseDescription      string
}

func acknowledge(w http.ResponseWriter, originator, conversation string) {
	kit.WriteJSON(w, http.StatusOK, acknowledgement{
		ConversationID: conversation, OriginatorConversationID: originator,
		ResponseCode: "0", ResponseDescription: "Accept the service request successfully.",
	})
}

// resultBody is a result callback. ResultCode is a number where it is one, as on the real rail.
type resultBody struct {
	Result struct {
		ResultType               int
		ResultCode               jsontext.Value
		ResultDesc               string
		OriginatorConversationID string
		ConversationID           string
		TransactionID            string
		ResultParameters         *resultParameters `json:",omitzero"`
		ReferenceData            referenceData
	}
}

type resultParameters struct {
	ResultParameter []parameter
}

// referenceData holds a single object where other operations hold an array.
type referenceData struct {
	ReferenceItem parameter
}

type parameter struct {
	Key   string
	Value jsontext.Value `json:",omitzero"` // a text or a number
}

func text(key, value string) parameter {
	quoted, err := jsontext.AppendQuote(nil, value)
	if err != nil { // not UTF-8, which no request could have brought
		quoted = []byte(`""`)
	}
	return parameter{Key: key, Value: quoted}
}

// code writes a result code: a number where it has no letters.
func code(result string) jsontext.Value {
	value := jsontext.Value(result)
	if value.Kind() == '0' && value.IsValid() {
		return value
	}
	return text("", result).Value
}

// finding is what a result callback says.
type finding struct {
	resultType               int // 0: the last word
	originator, conversation string
	code, description        string
	receipt                  string
	parameters               []parameter
}

func (f finding) body() ([]byte, error) {
	var b resultBody
	b.Result.ResultType = f.resultType
	b.Result.ResultCode = code(f.code)
	b.Result.ResultDesc = f.description
	b.Result.OriginatorConversationID = f.originator
	b.Result.ConversationID = f.conversation
	b.Result.TransactionID = f.receipt
	if len(f.parameters) > 0 {
		b.Result.ResultParameters = &resultParameters{ResultParameter: f.parameters}
	}
	b.Result.ReferenceData.ReferenceItem = text("QueueTimeoutURL", "")
	return json.Marshal(b)
}

// send posts a callback once. Daraja promises no second attempt, so what becomes of it is the adapter's
// to find out.
func (s *Server) send(ctx context.Context, url string, body []byte) (taken bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	return s.Taken(request)
}

func (s *Server) sendFinding(ctx context.Context, url string, f finding) (taken bool) {
	body, err := f.body()
	return err == nil && s.send(ctx, url, body)
}

func (s *Server) stamp(layout string) string { return s.Now().In(s.cfg.Zone).Format(layout) }

// descriptions of the result codes that the sandbox gives.
var descriptions = map[string]string{
	"1":       "The balance is insufficient for the transaction.",
	"2":       "Declined due to limit rule: less than the minimum transaction amount.",
	"3":       "Declined due to limit rule: greater than the maximum transaction amount.",
	"4":       "Declined due to limit rule: would exceed daily transfer limit.",
	"8":       "Declined due to limit rule: would exceed the maximum balance.",
	"1032":    "Request cancelled by user",
	"1037":    "DS timeout user cannot be reached",
	"2001":    "The initiator information is invalid.",
	"2006":    "Declined due to account rule: The account status does not allow this transaction.",
	"2040":    "Credit Party customer type (Unregistered or Registered Customer) can't be supported by the service.",
	"R000001": "The transaction has already been reversed.",
	"R000002": "The OriginalTransactionID is invalid.",
}
