package gsma

import (
	"fmt"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/messaging"
)

// failure is an errorObject: an answer that is no success, what became of a request, or a callback.
type failure struct {
	status   int // of the HTTP answer; 0 where it is none
	category string
	code     string
	text     string
}

func (f *failure) Error() string {
	return fmt.Sprintf("rail answered HTTP %d, %s %s: %s", f.status, f.category, f.code, f.text)
}

// readFailure reads an errorObject. The API's document spells its description in two ways. Errors are *DecodeError.
func readFailure(value strictjson.Value) (*failure, error) {
	f := &failure{}
	places := map[string]*string{"errorCategory": &f.category, "errorCode": &f.code}
	for _, member := range value.Names() {
		if member == "errorDescription" || member == "errordescription" {
			places[member] = &f.text
		}
	}
	if err := value.Fields(places); err != nil {
		return nil, malformed(err)
	}
	if f.code == "" || f.category == "" {
		return nil, &DecodeError{Fault: "errorCategory or errorCode is missing"}
	}
	f.category = shorten(f.category, messaging.MaxRailCodeLength)
	f.code, f.text = shorten(f.code, messaging.MaxRailCodeLength), shorten(f.text, messaging.MaxRailTextLength)
	return f, nil
}

// newFailure reads the body of an answer that is no success; whatever else came leaves it empty.
func newFailure(got answer) *failure {
	f := &failure{}
	if value, err := parse(got.body); err == nil {
		if read, err := readFailure(value); err == nil {
			f = read
		}
	}
	f.status = got.status
	return f
}

// refusal is what an answer to a request for money leaves known.
func (f *failure) refusal() adapters.Evidence {
	e := adapters.Evidence{State: adapters.Unknown, Code: f.code, Text: f.text}
	reason, listed := declines[f.code]
	rejected := f.status == http.StatusBadRequest || f.status == http.StatusNotFound
	switch {
	case rejected && listed && f.category != categoryInternal && f.category != categoryUnavailable && f.category != categoryAuthorisation:
		e.State, e.Reason = adapters.Failed, reason
	case f.code == codeDuplicate: // it has the request already, and does not say how that went
	default:
		e.RetrySafe, e.Err = f.atTheGate(), f
	}
	return e
}

// atTheGate tells whether the request was kept away from the engine behind the API.
func (f *failure) atTheGate() bool {
	switch f.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return f.category == categoryUnavailable || f.code == codeRate
	case http.StatusBadRequest:
		return f.code == codeRate
	}
	return false
}

// ended is what it says about a request whose state is failed: that is an end, but for a duplicate, which another
// request ends.
func (f *failure) ended() adapters.Evidence {
	e := adapters.Evidence{State: adapters.Failed, Code: f.code, Text: f.text, Reason: reasonNarrative}
	if reason, listed := declines[f.code]; listed {
		e.Reason = reason
	}
	if f.code == codeDuplicate {
		e.State, e.Reason, e.Err = adapters.Unknown, "", &DecodeError{Fault: "failed as a duplicate"}
	}
	return e
}

// told is what it says by callback, where no state stands beside it: an end only with a code that is one.
func (f *failure) told() adapters.Evidence {
	_, listed := declines[f.code]
	if listed && f.category != categoryInternal && f.category != categoryUnavailable {
		return f.ended()
	}
	return adapters.Evidence{State: adapters.Unknown, Code: f.code, Text: f.text, Err: &DecodeError{Fault: "an error that is no end"}}
}
