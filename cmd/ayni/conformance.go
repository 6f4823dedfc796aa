package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/adaptertest"
	"github.com/ayni-switch/ayni/adapters/examples/plain"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/exit"
)

// conformanceFlags say what is tested.
type conformanceFlags struct {
	rail    string
	only    string
	payouts int
	json    bool
	shown   shown
	broker  adaptertest.Broker
	lacks   []string
	terms   struct {
		currency             string
		increment, min, most int64
	}
	running adaptertest.Listening
	serve   bool
}

func newConformanceCommand() *cobra.Command {
	var f conformanceFlags
	c := &cobra.Command{
		Use:   "conformance [flags] [-- COMMAND ARGUMENT...]",
		Short: "Hold an adapter against everything that can happen to one: exit 0 only if it stood all of it",
		Long: `Hold an adapter against everything that can happen to one. The switch is played; the adapter is a process of
its own, which is killed and started again; after every case the rail's ledger is held against what the switch
was told. Exit 0 only if nothing failed and something was played.

  --rail R               our adapter of a rail (or all of them), against the rail's sandbox
  --rail R -- COMMAND    an adapter in any language, which speaks R, against R's sandbox
  --nats-url U --participant P [-- COMMAND]
                         an adapter in any language on a broker and a rail of your own; without COMMAND it runs
                         already, and is not killed. With --rail R, the rail is R's sandbox

COMMAND finds in its environment AYNI_NATS_URL, AYNI_NATS_CREDS, AYNI_PARTICIPANT, AYNI_SEED_FILE, AYNI_SWITCH_KEY,
AYNI_DIR and, where there is a sandbox, AYNI_RAIL_URL and AYNI_SETTINGS. Once it runs it writes one line of JSON to
its standard output: {}, or where it takes orders and callbacks, {"orders_url":"http://…","callbacks_url":"http://…"}.`,
		RunE: func(c *cobra.Command, command []string) error {
			if f.serve {
				return serveAdapter(c.Context(), f.rail, c.OutOrStdout())
			}
			var err error
			if f.json, err = f.shown.asJSON(); err != nil {
				return err
			}
			return f.play(c.Context(), c.OutOrStdout(), command)
		},
	}
	c.Flags().StringVar(&f.rail, "rail", "", "a rail, or all: "+strings.Join(append(rails.Names(), plain.Plug().Name), ", "))
	c.Flags().StringVar(&f.only, "only", "", "play the cases whose group/name fits this regular expression")
	c.Flags().IntVar(&f.payouts, "payouts", 0, "payouts in the case of many (default: 10,000)")
	f.shown.register(c)
	c.Flags().StringSliceVar(&f.lacks, "lacks", nil, "what the adapter does not do: orders, refunds, callbacks, sources, reserve, asking, exceptions, kill")
	c.Flags().StringVar(&f.broker.URL, "nats-url", "", "play on this NATS with JetStream instead of one of our own")
	c.Flags().StringVar(&f.broker.Creds, "nats-creds", "", "credentials file of the switch there")
	c.Flags().StringVar(&f.broker.Provisioner, "provisioner-creds", "", "credentials file of who may make streams there (default: --nats-creds)")
	c.Flags().StringVar(&f.broker.SwitchSeed, "switch-seed", "", "file with the switch's signing seed")
	c.Flags().StringVar(&f.broker.Participant, "participant", "", "the adapter's participant there")
	c.Flags().StringVar(&f.broker.Key, "participant-key", "", "its public signing key")
	c.Flags().StringVar(&f.broker.SeedFile, "participant-seed", "", "file with its signing seed, for COMMAND; instead of --participant-key")
	c.Flags().StringVar(&f.broker.ClientCreds, "participant-creds", "", "its credentials file, for COMMAND")
	c.Flags().StringVar(&f.terms.currency, "currency", "KES", "what the adapter pays in, with --nats-url")
	c.Flags().Int64Var(&f.terms.increment, "increment-minor", 100, "payouts are multiples of this")
	c.Flags().Int64Var(&f.terms.min, "min-minor", 1_000, "the smallest payout")
	c.Flags().Int64Var(&f.terms.most, "most-minor", 1_000_000, "the largest payout")
	c.Flags().StringVar(&f.running.Orders, "orders-url", "", "where an adapter that runs already takes orders")
	c.Flags().BoolVar(&f.serve, "serve-adapter", false, "be the adapter that is tested")
	_ = c.Flags().MarkHidden("serve-adapter") // the suite's own
	return c
}

// errNotConforming ends a run in which a case failed.
var errNotConforming = exit.Finding("the adapter does not conform; the cases above say where")

// play plays every subject that the flags name.
func (f conformanceFlags) play(ctx context.Context, out io.Writer, command []string) error {
	subjects, err := f.subjects(command)
	if err != nil {
		return err
	}
	only, err := regexp.Compile(f.only)
	if err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	sound := true
	for _, s := range subjects {
		var passed, failed, skipped int
		err := adaptertest.Play(ctx, s, func(c adaptertest.Case) bool { return only.MatchString(c.Group + "/" + c.Name) }, func(r adaptertest.Result) {
			switch {
			case r.Skipped != "":
				skipped++
			case r.Err != nil:
				failed++
			default:
				passed++
			}
			tellResult(out, s.Name, r, f.json)
		})
		if err != nil {
			return err
		}
		if !f.json {
			_, _ = fmt.Fprintf(out, "%s: %d passed, %d failed, %d skipped\n", s.Name, passed, failed, skipped)
		}
		sound = sound && failed == 0 && passed > 0
	}
	if !sound {
		return errNotConforming
	}
	return nil
}

// tellResult writes one line, and why a case failed below it.
func tellResult(out io.Writer, subject string, r adaptertest.Result, asJSON bool) {
	state, why := "passed", ""
	switch {
	case r.Skipped != "":
		state, why = "skipped", r.Skipped
	case r.Err != nil:
		state, why = "failed", r.Err.Error()
	}
	if asJSON {
		line, err := json.Marshal(map[string]any{
			"subject": subject, "case": r.Case, "result": state, "why": why, "took_ms": r.Took.Milliseconds(),
		}, json.Deterministic(true))
		if err == nil {
			_, _ = fmt.Fprintf(out, "%s\n", line)
		}
		return
	}
	_, _ = fmt.Fprintf(out, "%-8s %s %s (%s)\n", state, subject, r.Case, r.Took.Round(10*time.Millisecond))
	if why != "" {
		_, _ = fmt.Fprintf(out, "         %s\n", strings.ReplaceAll(why, "\n", "\n         "))
	}
}

// subjects are what the flags name.
func (f conformanceFlags) subjects(command []string) ([]adaptertest.Subject, error) {
	lacks := map[adaptertest.Need]string{}
	for _, need := range f.lacks {
		lacks[adaptertest.Need(need)] = "it is said not to"
	}
	var start func(adaptertest.Link) (*exec.Cmd, error)
	if len(command) > 0 {
		start = func(adaptertest.Link) (*exec.Cmd, error) {
			return exec.Command(command[0], command[1:]...), nil //nolint:gosec,noctx // it is what the user wants run, and its life is the suite's to end
		}
	}
	if f.broker.URL != "" {
		if err := f.checkBroker(); err != nil {
			return nil, err
		}
		if f.rail == "" {
			s, err := f.stranger(start, lacks)
			return []adaptertest.Subject{s}, err
		}
	}
	plugs, err := f.plugs()
	if err != nil {
		return nil, err
	}
	var subjects []adaptertest.Subject
	for _, p := range plugs {
		run := start
		if run == nil {
			run = adaptertest.Self("", "adapter", "conformance", "--serve-adapter", "--rail", p.Name)
		}
		s, err := adaptertest.OfPlug(p, run)
		if err != nil {
			return nil, err
		}
		maps.Copy(s.Lacks, lacks)
		s.Volume = f.payouts
		if f.broker.URL != "" {
			s.Broker = &f.broker
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}

func (f conformanceFlags) plugs() ([]adapters.Plug, error) {
	all := append(rails.All(), plain.Plug())
	if f.rail == "all" {
		return all, nil
	}
	i := slices.IndexFunc(all, func(p adapters.Plug) bool { return p.Name == f.rail })
	if i < 0 {
		return nil, fmt.Errorf("--rail: no rail %q", f.rail)
	}
	return all[i : i+1], nil
}

// checkBroker tells what is missing beside --nats-url.
func (f conformanceFlags) checkBroker() error {
	switch {
	case f.broker.Participant == "" || f.broker.SwitchSeed == "":
		return errors.New("--nats-url needs --participant and --switch-seed")
	case f.broker.Key == "" && f.broker.SeedFile == "":
		return errors.New("--nats-url needs --participant-key or --participant-seed")
	}
	return nil
}

// stranger is an adapter on a broker and a rail of the user's.
func (f conformanceFlags) stranger(start func(adaptertest.Link) (*exec.Cmd, error), lacks map[adaptertest.Need]string) (adaptertest.Subject, error) {
	currency, err := fx.ParseCurrency(f.terms.currency)
	switch {
	case err != nil:
		return adaptertest.Subject{}, err
	case f.terms.increment < 1 || f.terms.min < 1 || f.terms.most < f.terms.min:
		return adaptertest.Subject{}, errors.New("the bounds of payouts must be positive, the least at most the greatest")
	}
	return adaptertest.Subject{
		Name: f.broker.Participant, Command: start, Running: f.running, Broker: &f.broker, Lacks: lacks, Volume: f.payouts,
		Account: func(n uint64) string { return fmt.Sprintf("2547%08d", n) },
		Terms:   adaptertest.Terms{Currency: currency, Increment: f.terms.increment, Min: f.terms.min, Most: f.terms.most},
	}, nil
}

// serveAdapter is our adapter of a rail, for the suite to kill.
func serveAdapter(ctx context.Context, name string, said io.Writer) error {
	plugs, err := conformanceFlags{rail: name}.plugs()
	if err != nil {
		return err
	}
	link, err := adaptertest.LinkFromEnviron()
	if err != nil {
		return err
	}
	log := logTo(os.Stderr, false)
	return adaptertest.Serve(ctx, plugs[0], link, said, log)
}
