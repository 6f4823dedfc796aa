package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/settlement/store"
)

// completeWithin is how long a shell waits for names out of the ledger.
const completeWithin = 2 * time.Second

// completeParticipants gives names from the ledger that the command line, the environment or the context names; none
// where it does not answer at once.
func completeParticipants(c *cobra.Command, _ []string, _ string) (names []string, what cobra.ShellCompDirective) {
	what = cobra.ShellCompDirectiveNoFileComp
	chosen, err := c.Flags().GetString("context")
	if err != nil || fill(c, chosen) != nil {
		return nil, what
	}
	url, err := c.Flags().GetString("database-url")
	if err != nil || url == "" {
		return nil, what
	}
	ctx, cancel := context.WithTimeout(c.Context(), completeWithin)
	defer cancel()
	books, err := store.OpenReader(ctx, url)
	if err != nil {
		return nil, what
	}
	defer books.Close()
	all, err := books.Participants(ctx)
	if err != nil {
		return nil, what
	}
	for _, p := range all {
		names = append(names, cobra.CompletionWithDesc(p.Name, p.Country+" "+p.Currency.String()))
	}
	return names, what
}

// firstArgument completes a command's first argument alone.
func firstArgument(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(c, args, begun)
	}
}

// completes has the shell complete what commands that are there take, wherever they take it.
func completes(root *cobra.Command) {
	everyCommand(root, func(c *cobra.Command) {
		if c.LocalFlags().Lookup("participant") == nil || c.Flag("database-url") == nil {
			return
		}
		if err := c.RegisterFlagCompletionFunc("participant", completeParticipants); err != nil {
			panic(err) // it was just looked
		}
	})
}
