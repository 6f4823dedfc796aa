package adapters

import (
	"fmt"
	"maps"
	"slices"
)

// Factory makes a rail. decode fills the rail's own configuration struct from wherever the
// configuration lives; sink is where the rail puts what its callbacks say.
type Factory func(decode func(into any) error, sink Sink) (Rail, error)

// Registry knows rails by name. It is a value that the wiring fills and passes on.
type Registry map[string]Factory

// UnknownRailError says that no rail of that name was registered, and which ones were.
type UnknownRailError struct {
	Name  string
	Known []string
}

func (e *UnknownRailError) Error() string {
	return fmt.Sprintf("adapters: no rail %q, only %v", e.Name, e.Known)
}

// New makes the rail of that name. Errors are *UnknownRailError and the factory's own.
func (r Registry) New(name string, decode func(into any) error, sink Sink) (Rail, error) {
	factory, ok := r[name]
	if !ok {
		return nil, &UnknownRailError{Name: name, Known: r.Names()}
	}
	rail, err := factory(decode, sink)
	if err != nil {
		return nil, fmt.Errorf("adapters: rail %s: %w", name, err)
	}
	return rail, nil
}

// Names lists the registered rails in alphabetical order.
func (r Registry) Names() []string { return slices.Sorted(maps.Keys(r)) }
