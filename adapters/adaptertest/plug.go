package adaptertest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// home is where a rail is at home: what it pays in, and how its customers' accounts are written.
type home struct {
	currency string
	account  string // with the number of the person
	most     int64  // that such an account is paid, where it is less than the rail pays others
	lacks    map[Need]string
	secure   bool // it shows a certificate
	// whose days its statement, which its sandbox writes, counts; nil where it gives none
	zone *time.Location
}

// homes are those of the rails that ship.
var homes = map[string]home{
	"bank":  {currency: "KES", account: "2547%08d"},
	"gcash": {currency: "PHP", account: "639%09d"},
	"gsma":  {currency: "KES", account: "2547%08d", secure: true},
	"momo": {currency: "UGX", account: "25677%07d", secure: true, lacks: map[Need]string{
		NeedOrders: "it pays out only", NeedRefunds: "it collects nothing that could be given back",
	}},
	"mpesa": {currency: "KES", account: "2547%08d", secure: true, zone: time.FixedZone("EAT", 3*60*60)},
	"upi":   {currency: "INR", account: "person%09d@okbank", most: 100_000_00, zone: time.FixedZone("IST", 5*60*60+30*60)},
}

// kenya is where any other rail is at home.
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
	subject := Subject{
		Name: plug.Name, Command: command, Lacks: map[Need]string{}, Secure: at.secure,
		Account: func(n uint64) string { return fmt.Sprintf(at.account, n) },
		Rail: func(o adapters.SandboxOptions) (Joined, error) {
			o.Currency = currency
			joined, err := join(plug, o)
			if at.most > 0 {
				joined.Terms.Most = min(joined.Terms.Most, at.most)
			}
			if writer, writes := joined.Rail.(stater); writes && at.zone != nil {
				joined.Statement, joined.Zone = statement(plug, writer, joined.Settings), at.zone
			}
			return joined, err
		},
	}
	if sourcesField(plug) == "" {
		subject.Lacks[NeedSources] = "its settings name no addresses that callbacks come from"
	}
	maps.Copy(subject.Lacks, at.lacks)
	return subject, nil
}

// join makes the sandbox, and asks a rail that is joined to it for its terms.
func join(plug adapters.Plug, o adapters.SandboxOptions) (Joined, error) {
	server, text, err := plug.Sandbox(o)
	if err != nil {
		return Joined{}, fmt.Errorf("adaptertest: sandbox of %s: %w", plug.Name, err)
	}
	if text, err = guarded(plug, text); err != nil {
		return Joined{}, fmt.Errorf("adaptertest: settings of %s: %w", plug.Name, err)
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
	_, reserves := rail.(adapters.Reserver)
	return Joined{Rail: server, Settings: text, Reserves: reserves, Terms: Terms{
		Currency: c.Currency, Increment: c.PayoutIncrementMinor, Min: c.PayoutMinMinor, Most: c.PayoutMaxMinor,
	}}, nil
}

// stater is a sandbox that writes the statement of the day that begins at a moment, as its rail would.
type stater interface {
	WriteStatement(w io.Writer, day time.Time) error
}

// statement reads what a sandbox has written.
func statement(plug adapters.Plug, from stater, settings []byte) func(time.Time, func(adapters.StatementLine) error) error {
	return func(day time.Time, line func(adapters.StatementLine) error) error {
		var text bytes.Buffer
		if err := from.WriteStatement(&text, day); err != nil {
			return err
		}
		parsed, err := adapters.ParseSettings(settings)
		if err != nil {
			return err
		}
		return plug.Statement(&text, parsed, line)
	}
}

// sourcesField is what a rail's settings call the addresses that callbacks come from; "" where they do not.
func sourcesField(plug adapters.Plug) string {
	if found := sourcesForm.FindStringSubmatch(plug.Template); found != nil {
		return found[1]
	}
	return ""
}

var sourcesForm = regexp.MustCompile(`(?m)^(?:# )?((?:callback_)?sources):`)

// guarded has the settings let in callbacks from here alone, where they can say so.
func guarded(plug adapters.Plug, text []byte) ([]byte, error) {
	field := sourcesField(plug)
	if field == "" {
		return text, nil
	}
	settings := map[string]any{}
	if err := yaml.Unmarshal(text, &settings); err != nil {
		return nil, err
	}
	settings[field] = []string{"127.0.0.1/32"}
	return yaml.Marshal(settings)
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
