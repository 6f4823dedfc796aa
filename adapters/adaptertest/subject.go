package adaptertest

import (
	"os/exec"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// Subject is an adapter, and the rail that it is joined to.
type Subject struct {
	Name string
	// Command makes the process of one life of the adapter; the suite starts it, kills it, and starts it again on the
	// same folder. Nil where it runs already: then it is never killed.
	Command func(Link) (*exec.Cmd, error)
	Running Listening // where it listens, without a Command
	// Rail makes the rail that one case is played on, nil where there is none that could be looked into.
	Rail func(adapters.SandboxOptions) (Joined, error)
	// Secure says that the rail shows a certificate where it is reached by https: its server has a TLS() *tls.Config.
	Secure bool
	// Terms are what the rail pays out, where there is no Rail to ask.
	Terms Terms
	// Account names the n-th beneficiary or payer. No two may be the same.
	Account func(n uint64) string
	// Lacks says what the adapter or its rail cannot do, and why.
	Lacks  map[Need]string
	Volume int // payouts in the case of many; 0 for 10,000
	// Broker is the one to play on; nil for one of the suite's own for each case.
	Broker *Broker
}

// Joined is a rail, and what an adapter needs to know of it.
type Joined struct {
	Rail     sandbox.Server
	Settings []byte // the adapter's settings file
	Terms    Terms
	Reserves bool // it sets money aside before it is paid out
	// Statement hands over what the rail states of the day that begins at a moment, in its Zone; nil where it gives no
	// statement: then its ledger has to do.
	Statement func(day time.Time, line func(adapters.StatementLine) error) error
	Zone      *time.Location
}

// Terms bound payouts, in minor units.
type Terms struct {
	Currency             fx.Currency
	Increment, Min, Most int64
}

func (t Terms) money(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: t.Currency} }

// some is an amount that is well inside, the n-th of many.
func (t Terms) some(n uint64) int64 {
	steps := min((t.Most-t.Min)/t.Increment, 1000)
	return t.Min + int64(n%uint64(steps+1))*t.Increment //nolint:gosec // at most a thousand
}

// Need is what a case needs of its subject.
type Need string

// The needs.
const (
	NeedKill      Need = "kill"       // its process can be killed and started again
	NeedRail      Need = "rail"       // the rail's ledger can be read, its faults set, its wire tapped
	NeedOrders    Need = "orders"     // it takes orders over HTTP, as adapters.Runner does
	NeedRefunds   Need = "refunds"    // it gives customers' payments back
	NeedCallbacks Need = "callbacks"  // the rail calls it back
	NeedSources   Need = "sources"    // it takes callbacks from the addresses alone that its settings name
	NeedReserve   Need = "reserve"    // it sets money aside before it pays out
	NeedBroker    Need = "broker"     // the broker can be stopped and started again
	NeedCases     Need = "exceptions" // it shows what a person has to look at, as adapters.Runner does
	NeedAsking    Need = "asking"     // it answers query and recall
)

// lack says why the subject cannot play what needs this; "" where it can.
func (s Subject) lack(n Need) string {
	switch {
	case s.Lacks[n] != "":
		return s.Lacks[n]
	case n == NeedKill && s.Command == nil:
		return "the process is not ours to kill"
	case s.Rail == nil && (n == NeedRail || n == NeedCallbacks):
		return "there is no rail to look into"
	case s.Rail == nil && (n == NeedOrders || n == NeedRefunds):
		return "there is no rail on which customers could pay"
	case n == NeedBroker && s.Broker != nil:
		return "the broker is not ours to stop"
	case n == NeedRefunds && s.Lacks[NeedOrders] != "":
		return s.Lacks[NeedOrders]
	}
	return ""
}
