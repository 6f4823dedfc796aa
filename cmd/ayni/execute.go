package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
)

// execute runs what the command line says, and tells people what went wrong and what to do next.
func execute(ctx context.Context, root *cobra.Command) exit.Code {
	began := false
	everyCommand(root, func(c *cobra.Command) {
		if run := c.RunE; run != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				began = true
				return run(c, args)
			}
		}
	})
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exit.Done
	}
	if !began { // what fails before a command begins is how it was called
		err = exit.As(exit.Usage, err)
	}
	if _, ok := errors.AsType[*show.FormatError](err); ok || errors.Is(err, show.ErrNoRows) {
		err = exit.As(exit.Usage, err)
	}
	code, hint := exit.Of(err), exit.Hint(err)
	if code == exit.Usage && hint == "" {
		hint = c.CommandPath() + " --help says how"
	}
	out := c.ErrOrStderr()
	fmt.Fprintln(out, "ayni:", err) //nolint:errcheck // to a person
	if hint != "" {
		fmt.Fprintln(out, "     ", hint) //nolint:errcheck // likewise
	}
	return code
}

// everyCommand walks a tree of commands.
func everyCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, child := range c.Commands() {
		everyCommand(child, do)
	}
}

// exitCodesTopic is a page of help.
func exitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the number means that a command ends with", Long: exit.Page}
}
