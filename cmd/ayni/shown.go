package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
)

// shown is how a command shows what it found.
type shown struct{ format show.Format }

// register adds -o, and --json, which was there before it. What the format is already is what it is unless said.
func (s *shown) register(c *cobra.Command) {
	s.output(c)
	c.Flags().BoolFunc("json", "the same as -o json", func(string) error {
		s.format = show.JSON
		return nil
	})
}

// output adds -o alone.
func (s *shown) output(c *cobra.Command) {
	if s.format == "" {
		s.format = show.Table
	}
	c.Flags().VarP(&s.format, "output", "o", outputHelp)
	complete(c, "output", show.Formats()...)
}

const outputHelp = "table, json or csv"

// sheets shows tables.
func (s *shown) sheets(c *cobra.Command, sheets ...show.Sheet) error {
	return s.format.Write(c.OutOrStdout(), sheets...)
}

// errNoCSV says that something has no rows that a spreadsheet could take.
var errNoCSV = exit.As(exit.Usage, errors.New("this is no table of rows, and has no CSV; -o json has all of it"))

// report shows what has a table of its own for people.
func (s *shown) report(c *cobra.Command, found any, table func(io.Writer) error) error {
	switch s.format {
	case show.JSON:
		return show.Value(c.OutOrStdout(), found)
	case show.CSV:
		return errNoCSV
	default:
		return table(c.OutOrStdout())
	}
}

// asJSON tells whether a program reads it, for what writes its own JSON and has no CSV.
func (s *shown) asJSON() (bool, error) {
	if s.format == show.CSV {
		return false, errNoCSV
	}
	return s.format == show.JSON, nil
}

// complete has the shell complete a flag with values that are known beforehand.
func complete(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // no such flag, written beside it
	}
}
