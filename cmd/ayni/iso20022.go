package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/iso20022"
)

func iso20022Command() *cobra.Command {
	c := group("iso20022", "Check files of ISO 20022 messages")
	c.AddCommand(
		iso20022FilesCommand("check", "Say whether the published schemas allow each file, and where it breaks them first", iso20022.Check),
		iso20022FilesCommand("roundtrip", "Read each file, write it, and say whether that reads as the same", iso20022.RoundTrip),
	)
	return c
}

// iso20022FilesCommand is a command over files: exit 0 only if all are accepted.
func iso20022FilesCommand(use, short string, run func(out io.Writer, files []string, asJSON bool) error) *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use:   use + " FILE...",
		Short: short,
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			asJSON, err := s.asJSON()
			if err != nil {
				return err
			}
			return run(c.OutOrStdout(), files, asJSON)
		},
	}
	s.register(c)
	return c
}
