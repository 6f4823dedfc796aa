package main

import (
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/letters"
	"github.com/ayni-switch/ayni/settlement"
)

const databaseHelp = "the switch's PostgreSQL"

func deadLettersCommand() *cobra.Command {
	var url string
	var limit int
	var s shown
	c := &cobra.Command{
		Use:   "dead-letters",
		Short: "List what could not be read, with the reason and where its bytes are, newest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return letters.List(c.Context(), c.OutOrStdout(), url, limit, s.format)
		},
	}
	c.Flags().StringVar(&url, "database-url", "", databaseHelp)
	contextual(c.Flags(), "database-url")
	c.Flags().IntVar(&limit, "limit", 100, "how many")
	s.register(c)
	demand(c, "database-url")
	return c
}

func replayDeadLetterCommand() *cobra.Command {
	var url string
	var letter settlement.ReplayLetter
	c := &cobra.Command{
		Use:   "replay-dead-letter",
		Short: "Have the engine take a dead letter in again, as if it had just come",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return letters.Replay(c.Context(), c.OutOrStdout(), url, letter)
		},
	}
	c.Flags().StringVar(&url, "database-url", "", databaseHelp)
	contextual(c.Flags(), "database-url")
	c.Flags().StringVar(&letter.Participant, "participant", "", "whose message")
	c.Flags().Uint64Var(&letter.Sequence, "sequence", 0, "its number on the participant's stream")
	c.Flags().Int32Var(&letter.Place, "place", -1, "the place in it, from 0; -1 is the whole message")
	c.Flags().StringVar(&letter.Asker, "asker", "", "who asks")
	c.Flags().StringVar(&letter.Reason, "reason", "", "why it should be taken in now")
	demand(c, "database-url", "participant", "sequence", "asker", "reason")
	return c
}
