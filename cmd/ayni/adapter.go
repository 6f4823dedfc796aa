package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/adapter"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/telemetry"
)

// maxConfigBytes is more than a configuration may have: its reader says how much.
const maxConfigBytes = 1 << 20

func adapterCommand() *cobra.Command {
	c := group("adapter", "Join a rail to the switch")
	c.AddCommand(adapterInitCommand(), adapterKeyCommand(), adapterRunCommand(), adapterDecodeCommand(),
		newConformanceCommand())
	return c
}

// railArgument finds the rail that an argument names.
func railArgument(name string) (adapters.Plug, error) {
	plug, ok := rails.Find(name)
	if !ok {
		return plug, fmt.Errorf("no rail %q; there are %s", name, strings.Join(rails.Names(), ", "))
	}
	return plug, nil
}

func adapterInitCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "init RAIL",
		Short: "Write a commented configuration for a rail",
		Long:  "Write a commented configuration for a rail, to standard output or a new file.\n\nRails:\n" + listOfRails(),
		Args:  cobra.ExactArgs(1),

		ValidArgsFunction: firstArgument(cobra.FixedCompletions(rails.Names(), cobra.ShellCompDirectiveNoFileComp)),
		RunE: func(c *cobra.Command, args []string) error {
			plug, err := railArgument(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				_, err = io.WriteString(c.OutOrStdout(), adapter.Template(plug))
				return err
			}
			return writeNew(out, adapter.Template(plug))
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write; one that exists is left alone")
	return c
}

func listOfRails() string {
	var b strings.Builder
	for _, plug := range rails.All() {
		fmt.Fprintf(&b, "  %-8s %s\n", plug.Name, plug.Title)
	}
	return b.String()
}

// writeNew writes a file that only its owner reads, and that was not there before.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists, and is left as it is", path)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func adapterKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key FILE",
		Short: "Make a signing key: the secret half goes into a new file, the public half is printed",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			seed, err := messaging.NewSeed()
			if err != nil {
				return err
			}
			signer, err := messaging.NewSigner(seed)
			if err != nil {
				return err
			}
			if err := writeNew(args[0], string(seed)+"\n"); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), signer.PublicKey())
			return err
		},
	}
}

func adapterRunCommand() *cobra.Command {
	var file string
	var verbose bool
	c := &cobra.Command{
		Use:   "run",
		Short: "Run one rail's adapter until Ctrl-C",
		Long: "Run one rail's adapter until Ctrl-C. Settings come from the file, then the environment (" + adapterPrefix + " and the setting's\n" +
			"name in capitals), then flags; ayni config print adapter shows what holds. The rail's own settings are the file's alone.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := loadAdapter(sources(c, file, adapterPrefix))
			if err != nil {
				return err
			}
			err = adapter.Run(c.Context(), cfg, telemetry.Log(c.ErrOrStderr(), louder(cfg.Telemetry, verbose)), func(listen, callbacks net.Addr) {
				_, _ = fmt.Fprintf(c.OutOrStdout(), "%s over %s: orders at http://%s, callbacks at %s://%s/rail\n", cfg.Participant, cfg.Rail, listen, cfg.Scheme(), callbacks)
			})
			return unlessStopped(c.Context(), err)
		},
	}
	c.Flags().StringVar(&file, "config", "", "the configuration; \"ayni adapter init\" writes one")
	c.Flags().BoolVar(&verbose, "verbose", false, "log what happens, to standard error")
	settingFlags(c, &adapter.Config{})
	demand(c, "config")
	return c
}

// adapterPrefix is of the names that the environment has for an adapter's settings.
const adapterPrefix = "AYNI_ADAPTER_"

func loadAdapter(from settings.Sources) (*adapter.Config, []settings.Value, error) {
	text, err := readFile(from.File, maxConfigBytes)
	if err != nil {
		return nil, nil, err
	}
	cfg, values, err := adapter.LoadConfig(text, from)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", from.File, err)
	}
	return cfg, values, nil
}

// unlessStopped is err, unless Ctrl-C is what ended it.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || err == nil) {
		return nil
	}
	return err
}

// louder has a program that is asked to be verbose say everything.
func louder(s settings.Telemetry, verbose bool) settings.Telemetry {
	if verbose {
		s.LogLevel = "debug"
	}
	return s
}

// logTo is the log of a command, for whoever called it.
func logTo(w io.Writer, verbose bool) *slog.Logger {
	return telemetry.Log(w, louder(settings.DefaultTelemetry("warn", "text"), verbose))
}

// readFile reads a file of at most so many bytes, - for standard input.
func readFile(path string, most int64) ([]byte, error) {
	in := os.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return text, nil
}
