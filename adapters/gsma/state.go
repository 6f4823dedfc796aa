package gsma

import (
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/messaging"
)

// requestState is where an asynchronous request is.
type requestState struct {
	id     string // serverCorrelationId
	status string
	object string   // objectReference: the transaction that came of it
	failed *failure // where it failed and says why
}

// readState reads a requestState. Errors are *DecodeError.
func readState(value strictjson.Value) (requestState, error) {
	var s requestState
	err := value.Fields(map[string]*string{
		"serverCorrelationId": &s.id, "status": &s.status, "objectReference": &s.object,
	})
	if err != nil {
		return requestState{}, malformed(err)
	}
	why, err := value.Get("error")
	if err == nil && !why.IsAbsent() {
		s.failed, err = readFailure(why)
	}
	switch {
	case err != nil:
		return requestState{}, malformed(err)
	case !referenceForm.MatchString(s.id):
		return requestState{}, &DecodeError{Fault: "serverCorrelationId is missing, or not plain characters"}
	case s.object != "" && !referenceForm.MatchString(s.object):
		return requestState{}, &DecodeError{Fault: "objectReference is not plain characters"}
	}
	return s, nil
}

// evidence is what a state says by itself. One that is completed names a transaction and no amount, so it is an end
// only together with that transaction: Accepted until then.
func (s requestState) evidence() adapters.Evidence {
	e := adapters.Evidence{State: adapters.Unknown, RailID: s.id, Code: shorten(s.status, messaging.MaxRailCodeLength)}
	switch s.status {
	case statePending, stateCompleted:
		e.State = adapters.Accepted
	case stateFailed:
		if s.failed == nil {
			s.failed = &failure{code: stateFailed}
		}
		e = s.failed.ended()
		e.RailID = s.id
	default:
		e.Err = &DecodeError{Fault: "a status of the request that is not listed"}
	}
	return e
}

// target is what a link of /responses names.
type target struct {
	transaction string // a transactionReference, or
	state       string // a serverCorrelationId
}

// readLink reads the link of a response. Only what it names is taken, never where it leads. Errors are *DecodeError.
func readLink(value strictjson.Value) (target, error) {
	var link string
	if err := value.Fields(map[string]*string{"link": &link}); err != nil {
		return target{}, malformed(err)
	}
	link = strings.TrimRight(link, "/")
	rest, id := cutLast(link)
	_, resource := cutLast(rest)
	switch {
	case !referenceForm.MatchString(id):
	case resource == "transactions" || resource == "reversals":
		return target{transaction: id}, nil
	case resource == "requeststates":
		return target{state: id}, nil
	}
	return target{}, &DecodeError{Fault: "the link names no transaction and no request state"}
}

// cutLast splits a path at its last slash.
func cutLast(path string) (rest, last string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}
