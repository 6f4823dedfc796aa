package upi

import (
	_ "embed"
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

//go:embed config.yaml
var template string

// Plug is this rail as programs know it. Its sandbox is in a package of its own.
func Plug() adapters.Plug {
	return adapters.Plug{
		Name: "upi", Title: "UPI and IMPS by way of a sponsor bank or PSP (India, and networks on the same stack)",
		Template: template, Kinds: kinds, Decode: decode,
		New: func(s adapters.Settings, sink adapters.Sink) (adapters.Rail, error) {
			read, err := readSettings(s)
			if err != nil {
				return nil, err
			}
			cfg, err := read.config()
			if err != nil {
				return nil, err
			}
			return New(cfg, sink)
		},
		Statement: func(r io.Reader, s adapters.Settings, line func(adapters.StatementLine) error) error {
			read := statementSettings{Currency: fx.MustCurrency(standardCurrency), Columns: StandardColumns}
			if err := s.Part(&read); err != nil {
				return err
			}
			return readSettlement(r, read.Columns, read.Currency, line)
		},
		StatementZone: func(adapters.Settings) (*time.Location, error) { return IndianTime, nil },
	}
}

// statementSettings are what a settlement file is read by: it is not signed, and no key is needed.
type statementSettings struct {
	Currency fx.Currency `yaml:"currency"`
	Columns  Columns     `yaml:"settlement_columns"`
}
