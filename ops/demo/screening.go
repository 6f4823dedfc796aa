package demo

import "github.com/ayni-switch/ayni/settlement/screen"

// listedName is somebody whom the demo's list denies. None of its customers has it.
const listedName = "Nobody Listed Of Demo"

// screeningList is what the demo's switch holds every intent against.
func screeningList() (*screen.List, error) {
	return screen.NewList(screen.Lists{Name: "demo-list", Entries: []screen.Entry{{Decision: screen.Deny, Names: []string{listedName}}}})
}
