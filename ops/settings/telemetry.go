package settings

import (
	"net/url"
	"slices"
)

// Telemetry is how a program says what it does, the same for each.
type Telemetry struct {
	LogLevel    string  `yaml:"log_level" help:"debug, info, warn or error"`
	LogFormat   string  `yaml:"log_format" help:"text or json"`
	TracesURL   string  `yaml:"traces_url" help:"OTLP receiver of traces over HTTP, as in http://127.0.0.1:4318/v1/traces; \"\" for none"`
	TracesRatio float64 `yaml:"traces_ratio" help:"share of transfers that is traced, 0 to 1; of two programs, who traces more traces what the other does, too"`
}

// tracesRatio is the share that is traced where nothing is said: few of many, and with a receiver never none for long.
const tracesRatio = 0.01

// DefaultTelemetry is what holds where nothing is said, of a program with a level and a format of its own.
func DefaultTelemetry(level, format string) Telemetry {
	return Telemetry{LogLevel: level, LogFormat: format, TracesRatio: tracesRatio}
}

// Levels and formats of a program's own log.
var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"text", "json"}
)

// Check says what cannot be. Errors are *Error.
func (t *Telemetry) Check(place string) error {
	fault := func(name, what string) error { return &Error{Place: place, Name: name, Fault: what} }
	switch {
	case !slices.Contains(logLevels, t.LogLevel):
		return fault("log_level", "is none of debug, info, warn, error")
	case !slices.Contains(logFormats, t.LogFormat):
		return fault("log_format", "is neither text nor json")
	case !(t.TracesRatio >= 0 && t.TracesRatio <= 1):
		return fault("traces_ratio", "is not from 0 to 1")
	case t.TracesURL != "" && !isHTTP(t.TracesURL):
		return fault("traces_url", "is no address of HTTP")
	}
	return nil
}

// isHTTP tells whether a text is an address of HTTP, without anybody's password.
func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}
