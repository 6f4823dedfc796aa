// Package rails lists the rails that ship. A rail of your own joins them with one line here.
package rails

import (
	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	banksandbox "github.com/ayni-switch/ayni/adapters/bank/sandbox"
	"github.com/ayni-switch/ayni/adapters/gcash"
	gcashsandbox "github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	"github.com/ayni-switch/ayni/adapters/gsma"
	gsmasandbox "github.com/ayni-switch/ayni/adapters/gsma/sandbox"
	"github.com/ayni-switch/ayni/adapters/momo"
	momosandbox "github.com/ayni-switch/ayni/adapters/momo/sandbox"
	"github.com/ayni-switch/ayni/adapters/mpesa"
	mpesasandbox "github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	upisandbox "github.com/ayni-switch/ayni/adapters/upi/sandbox"
)

// All are the rails, by name.
func All() []adapters.Plug {
	return []adapters.Plug{
		with(bank.Plug(), banksandbox.Open),
		with(gcash.Plug(), gcashsandbox.Open),
		with(gsma.Plug(), gsmasandbox.Open),
		with(momo.Plug(), momosandbox.Open),
		with(mpesa.Plug(), mpesasandbox.Open),
		with(upi.Plug(), upisandbox.Open),
	}
}

// with joins a rail to its sandbox, which imports it.
func with(plug adapters.Plug, open func(adapters.SandboxOptions) (sandbox.Server, []byte, error)) adapters.Plug {
	plug.Sandbox = open
	return plug
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
