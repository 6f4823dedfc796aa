package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/pool"
)

func (m *member) readCommands() []*cobra.Command {
	one := &cobra.Command{
		Use: "proposal PROPOSAL", Short: "One proposal: what it says, and how the vote stands", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return m.read(c, "proposals/"+args[0]) },
	}
	var before string
	book := &cobra.Command{
		Use: "book", Short: "The pool's book: what its funds hold, and what moved, the newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return m.read(c, "book?before="+before) },
	}
	book.Flags().StringVar(&before, "before", "", "the page before this one: its \"older\"")
	return []*cobra.Command{
		m.reads("about", "What the pool is, and who you are in it", "about"),
		m.reads("overview", "What you have to know today", "overview"),
		m.reads("contributions", "What you paid and owe", "contributions"),
		m.reads("members", "Who is in the pool", "members"),
		m.reads("proposals", "What is to be decided, and what was", "proposals"),
		m.reads("report", "The pool's report on itself, by Ostrom's eight principles", "report"),
		m.public(), m.copyLog(), one, book,
	}
}

// reads makes a command that shows a view.
func (m *member) reads(use, short, path string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return m.read(c, path) },
	}
}

func (m *member) read(c *cobra.Command, path string) error {
	client, err := m.client()
	if err != nil {
		return err
	}
	return m.show(c, client, path)
}

func (m *member) show(c *cobra.Command, client pool.Client, path string) error {
	text, err := client.Get(c.Context(), path)
	if err != nil {
		return hinted(err)
	}
	return m.output.View(c.OutOrStdout(), text)
}

// public needs no key.
func (m *member) public() *cobra.Command {
	return &cobra.Command{
		Use: "public URL", Short: "What a pool shows to everybody; needs no key", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return m.show(c, pool.Client{Node: args[0]}, "public") },
	}
}

func (m *member) copyLog() *cobra.Command {
	return &cobra.Command{
		Use: "log DIR", Short: "Copy the log, as you may see it, into a new folder; \"ayni audit verify DIR\" verifies it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := m.client()
			if err != nil {
				return err
			}
			about, err := client.About(c.Context())
			if err != nil {
				return hinted(err)
			}
			if err := client.Log(c.Context(), args[0]); err != nil {
				return hinted(err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "the log is in %s; verify it: ayni audit verify %s --log-key %s\n", args[0], args[0], about.LogKey)
			return err
		},
	}
}
