package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/ops/site"
	"github.com/ayni-switch/ayni/testdata"
)

// staff are the people of a demo: enough of them for everything that two have to want.
func staff() []auth.Principal {
	return []auth.Principal{
		{Subject: "demo asha", Name: "Asha", Roles: []auth.Role{auth.Operator}},
		{Subject: "demo baraka", Name: "Baraka", Roles: []auth.Role{auth.Operator, auth.Approver}},
		{Subject: "demo chao", Name: "Chao", Roles: []auth.Role{auth.Auditor}},
	}
}

// openFront serves the switch's API and console on an address, and says how to get in: a link a person, and a machine
// for each participant, whose secret is in a file of the data folder.
func (s *stage) openFront(ctx context.Context, addr string) (ways string, err error) {
	on, err := s.listenAt(ctx, addr)
	if err != nil {
		return "", err
	}
	version := "unknown"
	if build, ok := debug.ReadBuildInfo(); ok {
		version = build.Main.Version
	}
	origin := "http://" + on.Addr().String()
	front, err := site.Open(ctx, site.Config{
		Origin: origin, Name: "demo", DatabaseURL: s.servers.DatabaseURL(), LogKey: s.keys.LogPublic, Version: version, Rails: s.rails, Pools: s.known,
		WebhookKey: []byte(s.keys.derive("webhooks", "")), Local: true, Migrate: true, Hub: s.hub, Disk: s.servers.Dir, Metrics: s.metrics, Log: s.log,
	})
	if err != nil {
		return "", errors.Join(err, on.Close())
	}
	defer func() {
		if err != nil {
			front.Close()
			err = errors.Join(err, on.Close())
		}
	}()
	for name, a := range s.actors {
		if a.sandbox != nil {
			front.Mount("POST /sandbox/"+name+"/pay", auth.Need{Roles: []auth.Role{auth.Participant, auth.Operator}, Own: true}, payer(name, a.sandbox))
			front.Mount("POST /sandbox/"+name+"/faults", auth.Need{Roles: []auth.Role{auth.Operator}}, breaker(a.sandbox))
		}
	}
	var told strings.Builder
	fmt.Fprintf(&told, "the console %s, each link once, within ten minutes:\n", origin)
	for _, p := range staff() {
		link, err := front.Link(ctx, p)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&told, "  %-8s %-20s %s\n", p.Name, roles(p), link)
	}
	dir := filepath.Join(s.servers.Dir, "machines")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	for name, a := range s.actors {
		role := auth.Participant
		if a.Role == testdata.RolePool {
			role = auth.Pool
		}
		if err := machine(ctx, front, filepath.Join(dir, name), name, role); err != nil {
			return "", err
		}
	}
	// Last: whoever finds it ready finds secrets and links, too.
	s.group.Go(func() error {
		defer front.Close()
		return front.Run(s.ctx, on)
	})
	fmt.Fprintf(&told, "the API     %s/docs; a token of a participant's own:\n  curl -u \"mpesa-ke:$(cat %s)\" -d grant_type=client_credentials %s/auth/token",
		origin, filepath.Join(dir, "mpesa-ke"), origin)
	return told.String(), nil
}

// usualAddr is where a newcomer looks for the console.
const usualAddr = "127.0.0.1:8080"

// listenAt listens at an address, or at the usual one or any where none is given.
func (s *stage) listenAt(ctx context.Context, addr string) (net.Listener, error) {
	wanted := addr
	if wanted == "" {
		wanted = usualAddr
	}
	on, err := new(net.ListenConfig).Listen(ctx, "tcp", wanted)
	if err != nil && addr == "" {
		return s.listen()
	}
	if err != nil {
		return nil, fmt.Errorf("demo: listen: %w", err)
	}
	return on, nil
}

// machine makes a participant's machine, with its secret in a file, unless an earlier process has.
func machine(ctx context.Context, front *site.Site, file, name string, role auth.Role) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	secret, err := front.Machine(ctx, name, role, name)
	if errors.Is(err, access.ErrTaken) {
		return fmt.Errorf("demo: machine %s has lost its secret, which was in %s: %w", name, file, err)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// payment is what a customer pays into a sandbox.
type payment struct {
	Ref     string `json:"ref"` // of the order
	Account string `json:"account"`
	Name    string `json:"name"`
	Amount  struct {
		Amount   string      `json:"amount"`
		Currency fx.Currency `json:"currency"`
	} `json:"amount"`
}

// maxPayment bounds a payment's body, in bytes.
const maxPayment = 4 << 10

// payer has a customer of a participant's sandbox pay, as a phone would.
func payer(participant string, rail sandbox.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := auth.Own(r.Context(), participant); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		var p payment
		err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxPayment), &p, json.RejectUnknownMembers(true))
		var amount fx.Money
		if err == nil {
			amount, err = fx.ParseMoney(p.Amount.Amount, p.Amount.Currency)
		}
		if err == nil {
			err = rail.Pay(r.Context(), sandbox.CustomerPayment{OrderRef: p.Ref, Payer: p.Account, PayerName: p.Name, Amount: amount})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// breaker has a sandbox misbehave as asked from now on; no faults make it a good rail.
func breaker(rail sandbox.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var faults sandbox.Faults
		err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxPayment), &faults, json.RejectUnknownMembers(true))
		if err == nil {
			err = rail.SetFaults(faults)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func roles(p auth.Principal) string {
	all := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		all[i] = string(r)
	}
	return strings.Join(all, " and ")
}
