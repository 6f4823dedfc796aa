package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/person"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/store"
)

// errUnsound ends a verification that found a difference.
var errUnsound = exit.Finding("the log is not what it should be")

func auditCommand() *cobra.Command {
	c := group("audit", "Export the settlement log, and verify and replay an export with nothing else at hand")
	c.AddCommand(exportCommand(), verifyCommand(), receiptCommand(), checkReceiptCommand(), serveCommand(), mirrorCommand())
	c.AddCommand(replayingCommands()...)
	c.AddCommand(witnessingCommands()...)
	return c
}

const logKeyHelp = "the log's verifier key, or a file that holds it"

func exportCommand() *cobra.Command {
	var d desk
	var key, sealed string
	c := &cobra.Command{
		Use: "export DIR", Short: "Write the settlement log into a folder of static files, or what is new of it since the last time", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			key, err := textOrFile(key)
			if err != nil {
				return err
			}
			return d.connect(c.Context(), store.OpenPersonal, func(books *store.Ledger) error {
				done, err := audit.Export(c.Context(), books, key, args[0], nil)
				if err != nil {
					return err
				}
				fmt.Fprintln(c.OutOrStdout(), done) //nolint:errcheck // to a person
				if sealed == "" {
					return nil
				}
				messages, err := person.Seals(c.Context(), books, sealed)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "%d sealed messages beside it\n", messages)
				return err
			})
		},
	}
	d.register(c)
	c.Flags().StringVar(&key, "log-key", "", logKeyHelp)
	c.Flags().StringVar(&sealed, "sealed", "", "another folder, for what is sealed of people: `ayni person reveal` opens one person's")
	demand(c, "log-key")
	return c
}

func verifyCommand() *cobra.Command {
	var cfg audit.Config
	var d desk
	var since, policy string
	var s shown
	c := &cobra.Command{
		Use: "verify DIR", Short: "Verify and replay an export: exit 0 only if every signature, decision, posting and balance is as logged", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg.Dir = args[0]
			var err error
			if cfg.Key, err = textOrFile(cfg.Key); err != nil {
				return err
			}
			if cfg.Since, err = textOfFile("since", since); err != nil {
				return err
			}
			if cfg.Policy, err = textOfFile("policy", policy); err != nil {
				return err
			}
			bar := progress(c.ErrOrStderr(), "replaying")
			cfg.Watch = func(done, all int64) { bar(int(done), int(all)) }
			r, err := verifyWith(c.Context(), &d, cfg)
			if err != nil {
				return err
			}
			if err := s.report(c, r, func(out io.Writer) error {
				_, err := fmt.Fprintf(out, "%s\n%s, %s\n", r, r.Origin, r.Took().Round(time.Millisecond))
				return err
			}); err != nil {
				return err
			}
			if !r.OK() {
				return errUnsound
			}
			return nil
		},
	}
	c.Flags().StringVar(&cfg.Key, "log-key", "", logKeyHelp+" (default: the export's own, which proves less)")
	c.Flags().StringVar(&since, "since", "", "a checkpoint of before, which the log must continue")
	c.Flags().StringVar(&policy, "policy", "", policyHelp)
	c.Flags().StringVar(&d.url, "database-url", "", "a ledger that must hold what the export says: read only, from one snapshot")
	s.register(c)
	return c
}

// verifyWith verifies an export, and the ledger of a database with it where one is named.
func verifyWith(ctx context.Context, d *desk, cfg audit.Config) (r *audit.Report, err error) {
	if d.url == "" {
		return audit.Verify(ctx, cfg)
	}
	err = d.connect(ctx, store.OpenPersonal, func(books *store.Ledger) error {
		cfg.Ledger = books
		r, err = audit.Verify(ctx, cfg)
		return err
	})
	return r, err
}

func receiptCommand() *cobra.Command {
	var cfg audit.Config
	var transfer string
	c := &cobra.Command{
		Use: "receipt DIR", Short: "Make a transfer's receipt from an export: what became of it, proved, to standard output", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg.Dir = args[0]
			id, err := settlement.ParseTransferID(transfer)
			if err != nil {
				return err
			}
			if cfg.Key, err = textOrFile(cfg.Key); err != nil {
				return err
			}
			r, err := audit.Receipt(c.Context(), cfg, id)
			if err != nil {
				return err
			}
			text, err := r.Text()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().StringVar(&cfg.Key, "log-key", "", logKeyHelp)
	c.Flags().StringVar(&transfer, "transfer", "", "the transfer's id")
	demand(c, "transfer")
	return c
}

func checkReceiptCommand() *cobra.Command {
	var key, policy string
	c := &cobra.Command{
		Use: "check-receipt FILE", Short: "Check a receipt with the log's key alone: no network, no log", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			key, err := textOrFile(key)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("receipt: %w", err)
			}
			wanted, err := textOfFile("policy", policy)
			if err != nil {
				return err
			}
			r, at, err := audit.CheckReceipt(text, key, wanted)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "intent %s of %s, transfer %s\n%s\n", r.Intent, r.Participant, r.Transfer, r.Open) //nolint:errcheck // to a person
			for _, s := range r.Steps {
				fmt.Fprintf(out, "  entry %-8d %s\n", s.Index, s.Line) //nolint:errcheck // likewise
			}
			fmt.Fprintf(out, "all in the log of %s, at %d entries\n", at.Origin, at.Size) //nolint:errcheck // likewise
			return nil
		},
	}
	c.Flags().StringVar(&key, "log-key", "", logKeyHelp)
	c.Flags().StringVar(&policy, "policy", "", policyHelp)
	demand(c, "log-key")
	return c
}

func serveCommand() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use: "serve DIR", Short: "Serve an export as static files over HTTP, until Ctrl-C", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			fmt.Fprintf(c.ErrOrStderr(), "serving %s on http://%s\n", args[0], listen) //nolint:errcheck // to a person
			return audit.Serve(c.Context(), args[0], listen)
		},
	}
	c.Flags().StringVar(&listen, "listen", audit.Listen, "address to listen on")
	return c
}

func mirrorCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "mirror URL DIR", Short: "Fetch an export that somebody serves, or what is new of it", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			key, err := textOrFile(key)
			if err != nil {
				return err
			}
			at, err := audit.Mirror(c.Context(), args[0], args[1], key)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d entries of %s, root %s\n", at.Size, at.Origin, at.Root)
			return err
		},
	}
	c.Flags().StringVar(&key, "log-key", "", logKeyHelp)
	demand(c, "log-key")
	return c
}

// textOrFile is what a flag says, or what the file that it names does.
func textOrFile(said string) (string, error) {
	if said == "" || strings.Contains(said, "+") { // a verifier key has two, a file seldom
		return said, nil
	}
	text, err := os.ReadFile(said)
	if err != nil {
		return "", fmt.Errorf("the log's key: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
