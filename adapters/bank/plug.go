package bank

import (
	_ "embed" // the commented settings
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

//go:embed config.yaml
var template string

// Plug is this rail as programs know it. Its sandbox is made by the package sandbox, which the rail does without.
func Plug() adapters.Plug {
	return adapters.Plug{
		Name:     railName,
		Title:    "A bank that speaks ISO 20022",
		Template: template,
		New: func(s adapters.Settings, sink adapters.Sink) (adapters.Rail, error) {
			cfg, err := readSettings(s)
			if err != nil {
				return nil, err
			}
			return New(cfg, sink)
		},
		Kinds:     kinds(),
		Decode:    Decode,
		Statement: readStatement,
		StatementZone: func(from adapters.Settings) (*time.Location, error) {
			_, zone, err := statementPlace(from)
			return zone, err
		},
	}
}
