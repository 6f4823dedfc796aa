package momo

import (
	_ "embed" // the settings template
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

//go:embed config.yaml
var template string

// Plug is this rail as programs know it, without its sandbox: momo/sandbox has that.
func Plug() adapters.Plug {
	return adapters.Plug{
		Name: name, Title: "MTN MoMo, disbursement and remittance", Template: template,
		New: func(s adapters.Settings, sink adapters.Sink) (adapters.Rail, error) {
			var cfg Config
			if err := s.Into(&cfg); err != nil {
				return nil, err
			}
			return New(cfg, sink)
		},
		Kinds: kinds, Decode: Decode,
		Statement: func(r io.Reader, from adapters.Settings, line func(adapters.StatementLine) error) error {
			s, zone, err := readStatementSettings(from)
			if err != nil {
				return err
			}
			return readStatement(r, s.Currency, s.Statement, zone, line)
		},
		StatementZone: func(from adapters.Settings) (*time.Location, error) {
			_, zone, err := readStatementSettings(from)
			return zone, err
		},
	}
}
