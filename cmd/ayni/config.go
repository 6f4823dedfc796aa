package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/show"
)

// servePrefix is of the names that the environment has for the switch's settings.
const servePrefix = "AYNI_"

// settingFlags adds a flag for each setting of a struct.
func settingFlags(c *cobra.Command, of any) {
	for _, s := range settings.Names(of) {
		c.Flags().String(strings.ReplaceAll(s.Name, "_", "-"), "", s.Text)
	}
}

// sources are where a command's settings come from.
func sources(c *cobra.Command, file, prefix string) settings.Sources {
	return settings.Sources{File: file, Prefix: prefix, Lookup: os.LookupEnv, Flags: givenFlags(c)}
}

// configured is a program with settings, as `ayni config` knows it.
type configured struct {
	name, prefix, title string
	fresh               func() any // what holds where nothing is said
	check               func(any) error
}

func configurable() []configured {
	return []configured{
		{
			name: "serve", prefix: servePrefix, title: "Settings of `ayni serve`: the switch on PostgreSQL and NATS of others.",
			fresh: func() any { s := settings.DefaultServe(); return &s },
			check: func(of any) error { return of.(*settings.Serve).Check() }, //nolint:errcheck,forcetypeassert // made above
		},
		{
			name: "dev", prefix: devPrefix, title: "Settings of `ayni dev` and `ayni demo`: everything in one process.",
			fresh: func() any { s := settings.DefaultDev(); return &s },
			check: func(any) error { return nil },
		},
	}
}

func configCommand() *cobra.Command {
	c := group("config", "Look at a program's settings: file, then environment, then flags, each before the one before it")
	effective := group("print", "Show the settings that hold, and where each came from; of a secret, where it is kept")
	check := group("check", "Say whether a program would start with these settings; connects to nothing")
	example := group("example", "Write a commented file of settings, with what holds where nothing is said")
	for _, p := range configurable() {
		effective.AddCommand(p.print())
		check.AddCommand(p.checks())
		example.AddCommand(&cobra.Command{
			Use: p.name, Short: p.title, Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := io.WriteString(c.OutOrStdout(), settings.Example(p.fresh(), p.title))
				return err
			},
		})
	}
	c.AddCommand(effective, check, example)
	return c
}

// loads makes a command that reads a program's settings.
func (p configured) loads(do func(c *cobra.Command, of any, values []settings.Value) error) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: p.name, Short: p.title, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			of := p.fresh()
			values, err := settings.Load(of, sources(c, file, p.prefix))
			if err != nil {
				return exit.As(exit.Usage, err)
			}
			return do(c, of, values)
		},
	}
	c.Flags().StringVar(&file, "config", "", "file of settings")
	settingFlags(c, p.fresh())
	return c
}

func (p configured) print() *cobra.Command {
	var s shown
	c := p.loads(func(c *cobra.Command, _ any, values []settings.Value) error {
		return s.sheets(c, show.Rows("settings", []show.Column[settings.Value]{
			{Name: "setting", Value: func(v settings.Value) any { return v.Name }},
			{Name: "value", Value: func(v settings.Value) any { return v.Text }},
			{Name: "from", Value: func(v settings.Value) any { return v.From }},
		}, values))
	})
	s.register(c)
	return c
}

func (p configured) checks() *cobra.Command {
	return p.loads(func(c *cobra.Command, of any, _ []settings.Value) error {
		if err := p.check(of); err != nil {
			return exit.As(exit.Usage, err)
		}
		_, err := fmt.Fprintln(c.OutOrStdout(), "sound")
		return err
	})
}
