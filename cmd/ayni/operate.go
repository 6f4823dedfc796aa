package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/operate"
	"github.com/ayni-switch/ayni/settlement"
)

// mostBody bounds what is read of a command's body; the ledger's own limit is lower.
const mostBody = 16 << 20

func commandCommand() *cobra.Command {
	var url, file string
	var r operate.Request
	kinds := make([]string, len(settlement.CommandKinds()))
	for n, kind := range settlement.CommandKinds() {
		kinds[n] = string(kind)
	}
	c := &cobra.Command{
		Use:   "command KIND",
		Short: "Have the engine carry out a command, and wait for its answer",
		Long: "Have the engine carry out a command, and wait for its answer. The body is JSON, from --body or standard input;\n" +
			"its members are those of the kind's type in settlement/. The same command asked again is done once.\n\nKinds: " +
			strings.Join(kinds, ", "),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: firstArgument(cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp)),
		RunE: func(c *cobra.Command, args []string) (err error) {
			in := c.InOrStdin()
			if file != "" {
				f, err := os.Open(file)
				if err != nil {
					return err
				}
				defer f.Close() //nolint:errcheck // only read
				in = f
			}
			r.Kind = settlement.CommandKind(args[0])
			if r.Body, err = io.ReadAll(io.LimitReader(in, mostBody)); err != nil {
				return fmt.Errorf("the body: %w", err)
			}
			return operate.Ask(c.Context(), c.OutOrStdout(), url, r)
		},
	}
	c.Flags().StringVar(&url, "database-url", "", databaseHelp)
	contextual(c.Flags(), "database-url")
	c.Flags().StringVar(&file, "body", "", "file of the body (default: standard input)")
	c.Flags().StringVar(&r.Key, "key", "", "asked again under one key it is done once (default: made of kind and body)")
	demand(c, "database-url")
	return c
}
