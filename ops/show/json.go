package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
)

// writeJSON writes each sheet as an array of objects, members in the order of columns.
func writeJSON(out io.Writer, sheets []Sheet) error {
	e := jsontext.NewEncoder(out, jsontext.WithIndent("  "))
	if len(sheets) == 1 {
		return sheets[0].json(e)
	}
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, s := range sheets {
		if err := e.WriteToken(jsontext.String(s.Name)); err != nil {
			return err
		}
		if err := s.json(e); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func (s Sheet) json(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, row := range s.Rows {
		if err := e.WriteToken(jsontext.BeginObject); err != nil {
			return err
		}
		for i, head := range s.Heads {
			if err := e.WriteToken(jsontext.String(head.Name)); err != nil {
				return err
			}
			if err := json.MarshalEncode(e, member(row[i]), json.Deterministic(true)); err != nil {
				return fmt.Errorf("%s: %w", head.Name, err)
			}
		}
		if err := e.WriteToken(jsontext.EndObject); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

// amount is money as JSON has it: a string, because no program may make a float of it.
type amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// member is a value as JSON has it.
func member(value any) any {
	switch v := value.(type) {
	case fx.Money:
		return amount{Amount: v.Text(), Currency: v.Currency.String()}
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC()
	case string:
		return strings.ToValidUTF8(v, "\ufffd")
	case nil, bool, int, int32, int64, uint64, []string, json.MarshalerTo, json.Marshaler, interface{ MarshalText() ([]byte, error) }:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// Value writes anything as JSON, as programs like it.
func Value(out io.Writer, found any) error {
	text, err := json.Marshal(found, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("as JSON: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s\n", text)
	return err
}
