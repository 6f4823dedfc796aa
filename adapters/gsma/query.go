package gsma

import (
	"context"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// Paths of the API.
const (
	pathTransactions = "/transactions"
	pathStates       = "/requeststates"
	pathResponses    = "/responses"
	pathAccounts     = "/accounts"
	pathHeartbeat    = "/heartbeat"
)

// Query asks by the serverCorrelationId, and by our X-CorrelationID where that is not known or forgotten. Unknown and
// RetrySafe says that the rail has nothing under either: that counts only where it never accepted the operation, which
// the Runner knows.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	e := r.query(ctx, op)
	e.Origin = adapters.FromQuery
	return e
}

func (r *Rail) query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if op.RailID != "" {
		e, found := r.askState(ctx, op, op.RailID)
		if found {
			return e
		}
	}
	got, err := r.client.get(ctx, pathResponses+"/"+correlation(op.ID))
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	if got.status != http.StatusOK {
		return missing(newFailure(got))
	}
	value, err := parse(got.body)
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	named, err := readLink(value)
	switch {
	case err != nil:
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	case named.state != "":
		e, _ := r.askState(ctx, op, named.state)
		e.RetrySafe = false // the rail has just said that it has it
		return e
	default:
		e := r.askTransaction(ctx, op, named.transaction)
		e.RailID = named.transaction
		return e
	}
}

// missing is a question that failed. It says nothing of the operation, unless the rail has nothing by that name.
func missing(f *failure) adapters.Evidence {
	e := adapters.Evidence{State: adapters.Unknown, Code: f.code, Text: f.text}
	if e.RetrySafe = f.status == http.StatusNotFound && f.code == codeIdentifier; !e.RetrySafe {
		e.Err = f
	}
	return e
}

// askState asks for a request's state, and for the transaction that it names when it is completed. found is false where
// the rail knows no such state (any more).
func (r *Rail) askState(ctx context.Context, op adapters.Operation, id string) (e adapters.Evidence, found bool) {
	if !referenceForm.MatchString(id) {
		return adapters.Evidence{State: adapters.Unknown, Err: &DecodeError{Fault: "no serverCorrelationId to ask by"}}, true
	}
	got, err := r.client.get(ctx, pathStates+"/"+id)
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}, true
	}
	if got.status != http.StatusOK {
		e := missing(newFailure(got))
		return e, !e.RetrySafe
	}
	value, err := parse(got.body)
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}, true
	}
	state, err := readState(value)
	if err == nil && state.id != id {
		err = &DecodeError{Fault: "the state is another request's"}
	}
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}, true
	}
	e = state.evidence()
	if state.status == stateCompleted && state.object != "" {
		e = r.askTransaction(ctx, op, state.object)
		e.RailID = id
	}
	return e, true
}

// askTransaction asks for the transaction that came of an operation. One that is not there, or is somebody else's,
// leaves the operation unknown.
func (r *Rail) askTransaction(ctx context.Context, op adapters.Operation, reference string) adapters.Evidence {
	t, err := r.read(ctx, reference)
	if err == nil {
		err = r.belongs(t, op)
	}
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	return t.evidence(r.cfg.words())
}

// read asks for one transaction. Errors are *failure, *DecodeError and the transport's.
func (r *Rail) read(ctx context.Context, reference string) (transaction, error) {
	got, err := r.client.get(ctx, pathTransactions+"/"+reference)
	if err != nil {
		return transaction{}, err
	}
	if got.status != http.StatusOK {
		return transaction{}, newFailure(got)
	}
	value, err := parse(got.body)
	if err != nil {
		return transaction{}, err
	}
	t, err := readTransaction(value)
	if err == nil && t.reference != "" && t.reference != reference {
		err = &DecodeError{Fault: "it is another transaction"}
	}
	return t, err
}

// belongs tells whether a transaction is the one that an operation asked for.
func (r *Rail) belongs(t transaction, op adapters.Operation) error {
	kind, original := r.cfg.PayoutType, ""
	if op.Kind == messaging.KindRefund {
		kind, original = typeReversal, op.CollectionRef
	}
	switch {
	case t.kind != kind:
		return &DecodeError{Fault: "the transaction is of another type than " + kind}
	case t.ours != "" && t.ours != op.ID:
		return errOtherOperation
	case t.original != original:
		return &DecodeError{Fault: "the transaction reverses another one"}
	}
	return nil
}

var errOtherOperation = &DecodeError{Fault: "the requestingOrganisationTransactionReference is another operation's"}
