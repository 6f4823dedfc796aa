package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/operate"
	"github.com/ayni-switch/ayni/settlement"
)

// mostBody bounds what is read of a command's body; the ledger's own limit is lower.
const mostBody = 16 << 20

func commandCommand() *cobra.Command {
	var url, file string
	var alone bool
	var r operate.Request
	kinds := make([]string, len(settlement.CommandKinds()))
	for n, kind := range settlement.CommandKinds() {
		kinds[n] = string(kind)
	}
	c := &cobra.Command{
		Use:   "command KIND",
		Short: "Have the engine carry out a command that one person wants alone, and wait for its answer",
		Long: "Have the engine carry out a command that one person wants alone, and wait for its answer. Two should: ayni request make\n" +
			"asks for the same, and somebody else approves. Where there is no second person, --alone says so, and the settlement log\n" +
			"names who did it, and nobody beside, for ever.\n\n" +
			"The body is JSON, from --body or standard input; its members are those of the kind's type in settlement/. The same\n" +
			"command asked again is done once.\n\nKinds: " +
			strings.Join(kinds, ", "),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: firstArgument(cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp)),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if !alone {
				return errTwo
			}
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
	c.Flags().StringVar(&r.By, "as", "", "who you are, as the log shall say")
	contextual(c.Flags(), "as")
	c.Flags().BoolVar(&alone, "alone", false, "carry it out without a second person")
	demand(c, "database-url", "as")
	return c
}

// errTwo sends somebody who is alone to a second person.
var errTwo = exit.As(exit.Usage, errors.New("two people have to want it: ask with ayni request make, or say --alone, which the log keeps"))
