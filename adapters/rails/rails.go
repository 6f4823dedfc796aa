// Package rails lists the rails that ship. A rail of your own joins them with one line here.
package rails

import (
	"github.com/ayni-switch/ayni/adapters"
)

// All are the rails, by name.
func All() []adapters.Plug {
	return []adapters.Plug{}
}

// Find returns the rail of a name.
func Find(name string) (plug adapters.Plug, found bool) {
	for _, p := range All() {
		if p.Name == name {
			return p, true
		}
	}
	return adapters.Plug{}, false
}

// Names are the rails' names.
func Names() []string {
	var names []string
	for _, p := range All() {
		names = append(names, p.Name)
	}
	return names
}
