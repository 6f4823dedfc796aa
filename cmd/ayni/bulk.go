package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/bulk"
	"github.com/ayni-switch/ayni/ops/atomicfile"
	"github.com/ayni-switch/ayni/ops/show"
)

func bulkCommand() *cobra.Command {
	c := group("bulk", "Pay files of up to a million lines, with a result per line")
	c.AddCommand(bulkCheckCommand(), bulkSendCommand(), bulkApproveCommand(), bulkStatusCommand(), bulkResultsCommand())
	return c
}

func bulkCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong with a file by itself, without sending it",
		Long:  "Say what is wrong with a file by itself, without sending it. Its first line is\n\n" + bulk.Header,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := bulk.Check(c.OutOrStdout(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.ErrOrStderr(), "%d lines, %d of them can be sent\n", f.Lines, f.Counts[bulk.Waiting])
			return err
		},
	}
}

func bulkSendCommand() *cobra.Command {
	var client bulk.Client
	s := shown{format: show.JSON}
	var approve bool
	c := &cobra.Command{
		Use:   "send FILE",
		Short: "Hand a file to an adapter; the same file again shows where it is",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := client.Send(c.Context(), args[0])
			if err == nil && approve {
				f, err = client.Approve(c.Context(), f.SHA256)
			}
			return printFile(c, &s, f, err)
		},
	}
	registerAdapter(c, &client)
	s.register(c)
	c.Flags().BoolVar(&approve, "approve", false, "have it paid at once, without a second look")
	return c
}

func bulkApproveCommand() *cobra.Command {
	var client bulk.Client
	s := shown{format: show.JSON}
	c := &cobra.Command{
		Use:   "approve SHA256",
		Short: "Have a file paid",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := client.Approve(c.Context(), args[0])
			return printFile(c, &s, f, err)
		},
	}
	registerAdapter(c, &client)
	s.register(c)
	return c
}

func bulkStatusCommand() *cobra.Command {
	var client bulk.Client
	s := shown{format: show.JSON}
	c := &cobra.Command{
		Use:   "status SHA256",
		Short: "Say where a file is",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := client.File(c.Context(), args[0])
			return printFile(c, &s, f, err)
		},
	}
	registerAdapter(c, &client)
	s.register(c)
	return c
}

func bulkResultsCommand() *cobra.Command {
	var client bulk.Client
	var file string
	c := &cobra.Command{
		Use:   "results SHA256",
		Short: "Write a line of result for each line of a file, as they are now",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			write := func(out io.Writer) error { return client.Results(c.Context(), args[0], out) }
			if file == "" {
				return write(c.OutOrStdout())
			}
			return atomicfile.Write(file, write)
		},
	}
	registerAdapter(c, &client)
	c.Flags().StringVar(&file, "out", "", "write them to this file (default: standard output)")
	return c
}

func registerAdapter(c *cobra.Command, client *bulk.Client) {
	c.Flags().StringVar(&client.URL, "adapter", "", "private address of the adapter, http://HOST:PORT")
	demand(c, "adapter")
}

func printFile(c *cobra.Command, s *shown, f bulk.File, err error) error {
	switch {
	case err != nil:
		return err
	case s.format == show.JSON:
		return show.Value(c.OutOrStdout(), f)
	default:
		return s.sheets(c, show.Rows("files", fileColumns, []bulk.File{f}))
	}
}

var fileColumns = []show.Column[bulk.File]{
	{Name: "sha256", Value: func(f bulk.File) any { return f.SHA256 }},
	{Name: "state", Value: func(f bulk.File) any { return string(f.State) }},
	{Name: "lines", Value: func(f bulk.File) any { return f.Lines }},
	{Name: "counts", Value: func(f bulk.File) any {
		var parts []string
		for _, state := range slices.Sorted(maps.Keys(f.Counts)) {
			parts = append(parts, fmt.Sprintf("%d %s", f.Counts[state], state))
		}
		return strings.Join(parts, ", ")
	}},
	{Name: "received", Value: func(f bulk.File) any { return f.Received }},
	{Name: "finished", Value: func(f bulk.File) any { return f.Finished }},
	{Name: "holds", Value: func(f bulk.File) any { return f.Holds }},
}
