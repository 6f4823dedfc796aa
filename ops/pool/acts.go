package pool

import (
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/act"
)

// Said is an act with the closed values that it names, as it is handed in.
type Said struct {
	act.Signed

	Closed [][]byte `json:"closed,omitempty"`
}

// act takes what somebody signed. A refusal is an answer.
func (a *API) act(w http.ResponseWriter, r *http.Request) {
	said, err := a.read(w, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer, err := a.home.Act(r.Context(), said.Signed, said.Closed)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.give(w, answer)
}

// read reads an act, as often as its address and its key may say one. Keys are limited after their signature was
// verified: nobody else uses up a member's turns.
func (a *API) read(w http.ResponseWriter, r *http.Request) (said Said, err error) {
	if err := a.body(w, r, maxActBytes, &said); err != nil {
		return said, err
	}
	if said.Verify() && a.memberOf(said.Key) != "" {
		return said, a.speakers.allow("act " + said.Key.String())
	}
	return said, nil
}

// body reads what was handed in, as often as its address may.
func (a *API) body(w http.ResponseWriter, r *http.Request, most int64, into any) error {
	if err := a.acts.allow(addressOf(r)); err != nil {
		return err
	}
	err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, most), into, json.RejectUnknownMembers(true))
	if errors.As(err, new(*http.MaxBytesError)) {
		return problem(http.StatusRequestEntityTooLarge, "too_long", "more than %d bytes", most)
	}
	if err != nil {
		return problem(http.StatusBadRequest, "malformed", "not what is taken here: %.200v", err)
	}
	return nil
}
