package adaptertest

import (
	"fmt"
	"maps"
	"os"
	"os/exec"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// home is where a rail is at home: what it pays in, and how its customers' accounts are written.
type home struct {
	currency string
	account  string // with the number of the person
	most     int64  // that such an account is paid, where it is less than the rail pays others
	lacks    map[Need]string
}

// homes are those of the rails that are not at home in Kenya.
var homes = map[string]home{
	"upi": {currency: "INR", account: "person%09d@okbank", most: 100_000_00},
	"momo": {currency: "UGX", account: "25677%07d", lacks: map[Need]string{
		NeedOrders: "it pays out only", NeedRefunds: "it collects nothing that could be given back",
	}},
	"gcash": {currency: "PHP", account: "639%09d"},
}

var kenya = home{currency: "KES", account: "2547%08d"}

// OfPlug is an adapter of this rail, against the rail's own sandbox. command makes a process that calls Serve.
func OfPlug(plug adapters.Plug, command func(Link) (*exec.Cmd, error)) (Subject, error) {
	at, known := homes[plug.Name]
	if !known {
		at = kenya
	}
	currency, err := fx.ParseCurrency(at.currency)
	if err != nil {
		return Subject{}, err
	}
	lacks := map[Need]string{}
	maps.Copy(lacks, at.lacks)
	return Subject{
		Name: plug.Name, Command: command, Lacks: lacks,
		Account: func(n uint64) string { return fmt.Sprintf(at.account, n) },
		Rail: func(o adapters.SandboxOptions) (Joined, error) {
			o.Currency = currency
			joined, err := join(plug, o)
			if at.most > 0 {
				joined.Terms.Most = min(joined.Terms.Most, at.most)
			}
			return joined, err
		},
	}, nil
}

// join makes the sandbox, and asks a rail that is joined to it for its terms.
func join(plug adapters.Plug, o adapters.SandboxOptions) (Joined, error) {
	server, text, err := plug.Sandbox(o)
	if err != nil {
		return Joined{}, fmt.Errorf("adaptertest: sandbox of %s: %w", plug.Name, err)
	}
	settings, err := adapters.ParseSettings(text)
	if err != nil {
		return Joined{}, err
	}
	rail, err := plug.New(settings, nil)
	if err != nil {
		return Joined{}, fmt.Errorf("adaptertest: settings of %s: %w", plug.Name, err)
	}
	c := rail.Capabilities()
	return Joined{Rail: server, Settings: text, Terms: Terms{
		Currency: c.Currency, Increment: c.PayoutIncrementMinor, Min: c.PayoutMinMinor, Most: c.PayoutMaxMinor,
	}}, nil
}

// Self is a command that runs this program once more, with one more NAME=value in its environment, "" for none.
func Self(variable string, arguments ...string) func(Link) (*exec.Cmd, error) {
	return func(Link) (*exec.Cmd, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(self, arguments...) //nolint:gosec,noctx // it is this program, and its life is the suite's to end
		if variable != "" {
			cmd.Env = []string{variable}
		}
		return cmd, nil
	}
}
