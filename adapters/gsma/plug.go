package gsma

import (
	_ "embed" // the settings template

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
	}
}
