package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/show"
)

func (m *member) charterCommand() *cobra.Command {
	c := group("charter", "The pool's rules")
	c.AddCommand(templatesCommand(), checkCharter(), diffCharters(), m.showCharter())
	return c
}

func templatesCommand() *cobra.Command {
	var s pool.Start
	var share string
	c := &cobra.Command{
		Use: "templates [NAME]", Short: "List charters to begin with, or print one to change", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprintln(c.OutOrStdout(), strings.Join(charter.Templates(), "\n"))
				return err
			}
			text, err := s.TemplateYAML(args[0], share)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().StringVar(&s.Pool, "pool", "our-pool", "participant name")
	c.Flags().StringVar(&s.Name, "name", "Our pool", "name for people")
	c.Flags().StringVar(&s.Currency, "currency", "KES", "the pool's own money")
	c.Flags().StringVar(&share, "share", "", "what a member pays in at a time (default: 1,000 whole units)")
	return c
}

func checkCharter() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check whether a charter hangs together", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			rules, err := charterFile(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "sound: version %d of %s, %x\n", rules.Version, rules.Pool, rules.Hash())
			return err
		},
	}
}

func diffCharters() *cobra.Command {
	return &cobra.Command{
		Use: "diff BEFORE AFTER", Short: "Say what a change of rules changes", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			before, err := charterFile(args[0])
			if err != nil {
				return err
			}
			after, err := charterFile(args[1])
			if err != nil {
				return err
			}
			changes, err := charter.Diff(before, after)
			if err != nil {
				return err
			}
			for _, change := range changes {
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%s: %s -> %s\n", change.Path, orNone(change.Before), orNone(change.After)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (m *member) showCharter() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Print the rules in force", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if m.output == show.JSON {
				return m.read(c, "charter")
			}
			rules, err := m.rules(c)
			if err != nil {
				return err
			}
			text, err := rules.YAML()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}
