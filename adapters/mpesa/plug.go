package mpesa

import (
	_ "embed"
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

//go:embed config.yaml
var template string

// Plug is this rail as programs know it. Its sandbox is made by the package sandbox, which the rail does without.
func Plug() adapters.Plug {
	kinds := make([]string, len(readers))
	for i, r := range readers {
		kinds[i] = r.kind
	}
	return adapters.Plug{
		Name:     railName,
		Title:    "M-Pesa, and other operators that speak Daraja",
		Template: template,
		New: func(from adapters.Settings, sink adapters.Sink) (adapters.Rail, error) {
			s, err := readSettings(from)
			if err != nil {
				return nil, err
			}
			cfg, err := s.config()
			if err != nil {
				return nil, err
			}
			return New(cfg, sink)
		},
		Kinds:  kinds,
		Decode: Decode,
		Statement: func(r io.Reader, from adapters.Settings, line func(adapters.StatementLine) error) error {
			currency, zone, err := statementPlace(from)
			if err != nil {
				return err
			}
			return readStatement(r, currency, zone, line)
		},
		StatementZone: func(from adapters.Settings) (*time.Location, error) {
			_, zone, err := statementPlace(from)
			return zone, err
		},
	}
}
