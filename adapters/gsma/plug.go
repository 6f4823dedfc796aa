package gsma

import (
	"context"
	_ "embed" // the settings template
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

//go:embed config.yaml
var template string

// Plug is this rail as programs know it, without its sandbox: gsma/sandbox has that.
func Plug() adapters.Plug {
	return adapters.Plug{
		Name: name, Title: "Operators of the GSMA Mobile Money API 1.2", Template: template,
		New: func(s adapters.Settings, sink adapters.Sink) (adapters.Rail, error) {
			var cfg Config
			if err := s.Into(&cfg); err != nil {
				return nil, err
			}
			return New(cfg, sink)
		},
		Kinds: kinds, Decode: Decode,
		Statement: readStatement,
		StatementZone: func(from adapters.Settings) (*time.Location, error) {
			_, zone, err := readStatementSettings(from)
			return zone, err
		},
		FetchStatement: func(ctx context.Context, s adapters.Settings, from, until time.Time, w io.Writer) error {
			var cfg Config
			if err := s.Into(&cfg); err != nil {
				return err
			}
			rail, err := New(cfg, nil)
			if err != nil {
				return err
			}
			return rail.fetchStatement(ctx, from, until, w)
		},
	}
}
