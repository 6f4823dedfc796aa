package adapters

import (
	"context"
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters/sandbox"
)

// Plug is one kind of rail as programs know it: how it is configured, made, read and imitated. Each rail's folder has
// one, and adapters/rails lists those that ship.
type Plug struct {
	Name     string // the folder's, and Capabilities.Rail
	Title    string // for people: which systems speak it
	Template string // a commented settings file with every field, fit for Settings once the blanks are filled in
	// New makes a rail of settings. Errors are *SettingsError, or the rail's own about its configuration: the same
	// settings fail again.
	New func(s Settings, sink Sink) (Rail, error)
	// Kinds are the payloads that Decode knows, by the names that --kind takes.
	Kinds  []string
	Decode func(p Payload) Reading
	// Statement reads what the rail says of a day, line by line; nil where it gives no statement. Errors of the format
	// are *StatementError; an error of line ends it. It needs no secret of the settings.
	Statement func(r io.Reader, s Settings, line func(StatementLine) error) error
	// StatementZone is where the rail's days begin and end; nil where it gives no statement.
	StatementZone func(s Settings) (*time.Location, error)
	// FetchStatement asks the rail for what moved from a moment until another, and writes what Statement reads; nil where
	// statements come as files only. A retry after an error is safe, with a new w.
	FetchStatement func(ctx context.Context, s Settings, from, until time.Time, w io.Writer) error
	// Sandbox makes an operator of this rail that is none, and the settings that join an adapter to it.
	Sandbox func(o SandboxOptions) (sandbox.Server, []byte, error)
}

// SandboxOptions say where a sandbox and the adapter joined to it are.
type SandboxOptions struct {
	sandbox.Config
	Dir         string // for keys and certificates, which the settings name as files
	URL         string // where the adapter reaches the sandbox
	CallbackURL string // where the sandbox reaches the adapter's callbacks
	Timers      Timers // of the adapter; each zero field is the rail's production value
}
