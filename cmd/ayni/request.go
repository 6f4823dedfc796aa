package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

func requestCommand() *cobra.Command {
	c := group("request", "What two people have to want: one asks and says why, another approves or refuses")
	var d desk
	d.register(c)
	c.AddCommand(d.requests(), d.request(), d.decides(true), d.decides(false), d.makes())
	return c
}

func (d *desk) requests() *cobra.Command {
	var all bool
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List what waits for a second person, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.read(c.Context(), func(books *store.Ledger) error {
				found, err := books.Requests(c.Context(), limit)
				if err != nil {
					return err
				}
				if !all {
					found = slices.DeleteFunc(found, func(r ledger.Request) bool { return request.StateOf(r) != request.Waiting })
				}
				return writeRequestList(c.OutOrStdout(), found)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "decided and expired ones too")
	c.Flags().IntVar(&limit, "limit", listedRequests, "how many of the newest are looked through")
	return c
}

func writeRequestList(out io.Writer, all []ledger.Request) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REQUEST\tMADE\tASKED BY\tKIND\tABOUT\tSTATE\tWHAT WILL HAPPEN") //nolint:errcheck // Flush tells
	for _, r := range all {
		says := "it no longer reads"
		if p, err := request.Read(r); err == nil {
			says = p.Consequence()
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.MadeAt.UTC().Format(time.RFC3339), r.Maker, r.Kind, r.Subject, request.StateOf(r), says) //nolint:errcheck // as above
	}
	return w.Flush()
}

func (d *desk) request() *cobra.Command {
	return &cobra.Command{
		Use: "show REQUEST", Short: "Show a request: what will happen, what it changes of what stands now, and exactly what is done", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := requestNumber(args[0])
			if err != nil {
				return err
			}
			return d.read(c.Context(), func(books *store.Ledger) error {
				return showRequest(c.Context(), c.OutOrStdout(), books, id)
			})
		},
	}
}

func requestNumber(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.20q is no number of a request", text)
	}
	return id, nil
}

func showRequest(ctx context.Context, out io.Writer, books *store.Ledger, id int64) error {
	r, err := books.Request(ctx, id)
	if err != nil {
		return err
	}
	p, err := request.Read(r)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "request %d: %s %s, %s\n%s\n", r.ID, r.Kind, r.Subject, request.StateOf(r), p.Consequence())
	fmt.Fprintf(&b, "asked by %s %s: %s\n", r.Maker, r.MadeAt.UTC().Format(time.RFC3339), p.Reason)
	if r.Checker != "" {
		fmt.Fprintf(&b, "decided by %s %s: %s\n", r.Checker, r.DecidedAt.UTC().Format(time.RFC3339), r.Reason)
	}
	if r.Fault != "" {
		fmt.Fprintf(&b, "not done: %s\n", r.Fault)
	}
	if request.StateOf(r) == request.Waiting {
		seen, err := request.Preview(ctx, books, p)
		if err != nil {
			return err
		}
		for _, change := range seen.Changes {
			fmt.Fprintf(&b, "  %s: %s -> %s\n", change.What, change.Before, change.After)
		}
		for _, warning := range seen.Warnings {
			fmt.Fprintf(&b, "  beware: %s\n", warning)
		}
		fmt.Fprintf(&b, "it can be approved until %s\n", r.MadeAt.Add(ledger.RequestHolds).UTC().Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "%s\n", r.Body)
	_, err = io.WriteString(out, b.String())
	return err
}

func (d *desk) decides(approved bool) *cobra.Command {
	use, short := "refuse REQUEST", "Refuse what somebody else asked for"
	if approved {
		use, short = "approve REQUEST", "Approve what somebody else asked for, and wait until it is done"
	}
	var reason string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := requestNumber(args[0])
			if err != nil {
				return err
			}
			return d.open(c.Context(), func(books *store.Ledger) error {
				if err := request.Decide(c.Context(), books, id, d.as, approved, reason); err != nil {
					return err
				}
				if approved {
					return awaitRequest(c.Context(), c.OutOrStdout(), books, id)
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "request %d: refused\n", id)
				return err
			})
		},
	}
	d.who(c, "who decides; not who asked")
	c.Flags().StringVar(&reason, "reason", "", "why, for those who look later")
	demand(c, "reason")
	return c
}

func (d *desk) makes() *cobra.Command {
	var file string
	kinds := make([]string, 0, len(request.Kinds()))
	for _, kind := range request.Kinds() {
		if kind.FromBody() {
			kinds = append(kinds, string(kind))
		}
	}
	c := &cobra.Command{
		Use: "make KIND", Short: "Ask for anything that two people have to want, by the body of its command",
		Long: "Ask for anything that two people have to want, by the body of its command: JSON, from --body or standard input, whose\n" +
			"members are those of the kind's type in settlement/. Reasons and names are filled in from --reason and the two people;\n" +
			"resolve_operation takes participant, id, ended (paid or failed), rail_ref and evidence. What has a verb of its own is made\n" +
			"by it: ayni participant add, rotate and revoke, ayni reconcile resolve.\n\nKinds: " + strings.Join(kinds, ", "),
		Args: cobra.ExactArgs(1), ValidArgs: kinds,
		RunE: func(c *cobra.Command, args []string) error {
			body, err := readBody(c.InOrStdin(), file)
			if err != nil {
				return err
			}
			p, err := request.Make(request.Kind(args[0]), body, d.why)
			if err != nil {
				return err
			}
			return d.open(c.Context(), func(books *store.Ledger) error {
				id, err := request.Ask(c.Context(), books, d.as, p)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "request %d: %s\nsomebody else approves it with: ayni request approve %d\n", id, p.Consequence(), id)
				return err
			})
		},
	}
	d.who(c, "who asks")
	c.Flags().StringVar(&d.why, "reason", "", "why, for who decides and who looks later")
	c.Flags().StringVar(&file, "body", "", "file of the body (default: standard input)")
	demand(c, "reason")
	return c
}

// readBody reads a command's body from a file, or from in where there is none.
func readBody(in io.Reader, file string) ([]byte, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, mostBody))
	if err != nil {
		return nil, fmt.Errorf("the body: %w", err)
	}
	return body, nil
}
