package sandbox

import (
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
)

// word is a text that clients also write as a number: shortcodes, phone numbers, identifier types.
type word string

// UnmarshalJSON reads either.
func (w *word) UnmarshalJSON(data []byte) error {
	value := jsontext.Value(data)
	switch value.Kind() {
	case '0':
		*w = word(value)
		return nil
	case '"':
		unquoted, err := jsontext.AppendUnquote(nil, value)
		*w = word(unquoted)
		return err
	default:
		return errors.New("neither a text nor a number")
	}
}

// read decodes a request strictly: an unknown or missing name would be a misspelling.
func read(w http.ResponseWriter, body []byte, into any) bool {
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		invalid(w, "body")
		return false
	}
	return true
}

func invalid(w http.ResponseWriter, field string) {
	refuse(w, http.StatusBadRequest, "400.002.02", "Bad Request - Invalid "+field)
}

func internal(w http.ResponseWriter) {
	refuse(w, http.StatusInternalServerError, "500.002.1001", "System internal error.")
}

func tooFast(w http.ResponseWriter) {
	refuse(w, http.StatusInternalServerError, "500.003.02", "Error Occurred: Spike Arrest Violation")
}

// amount reads a request's amount without a float in between.
func (s *Server) amount(written word) (fx.Money, error) {
	money, err := fx.ParseMoney(string(written), s.Currency)
	if err == nil && money.Minor <= 0 {
		err = errors.New("not positive")
	}
	return money, err
}
