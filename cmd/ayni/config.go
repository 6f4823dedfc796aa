package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/adapter"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/show"
)

// servePrefix is of the names that the environment has for the switch's settings.
const servePrefix = "AYNI_"

// settingFlags adds a flag for each setting of a struct.
func settingFlags(c *cobra.Command, of any) {
	for _, s := range settings.Names(of) {
		c.Flags().String(strings.NewReplacer("_", "-", ".", "-").Replace(s.Name), "", s.Text)
	}
}

// sources are where a command's settings come from.
func sources(c *cobra.Command, file, prefix string) settings.Sources {
	return settings.Sources{File: file, Prefix: prefix, Lookup: os.LookupEnv, Flags: givenFlags(c)}
}

// configured is a program with settings, as `ayni config` knows it.
type configured struct {
	name, prefix, title string
	of                  any  // its settings, as they are where nothing is said
	example             bool // whether a file is made of them; others have an init of their own
	// load reads them, and tells with where each came from what a program would not start with.
	load func(from settings.Sources) (values []settings.Value, check func() error, err error)
}

func configurable() []configured {
	return []configured{
		{
			name: "serve", prefix: servePrefix, title: "Settings of `ayni serve`: the switch on PostgreSQL and NATS of others.",
			of: new(settings.DefaultServe()), example: true,
			load: func(from settings.Sources) ([]settings.Value, func() error, error) {
				s := settings.DefaultServe()
				values, err := settings.Load(&s, from)
				return values, s.Check, err
			},
		},
		{
			name: "dev", prefix: devPrefix, title: "Settings of `ayni dev` and `ayni demo`: everything in one process.",
			of: new(settings.DefaultDev()), example: true,
			load: func(from settings.Sources) ([]settings.Value, func() error, error) {
				s := settings.DefaultDev()
				values, err := settings.Load(&s, from)
				return values, func() error { return s.Telemetry.Check("dev") }, err
			},
		},
		{
			name: "adapter", prefix: adapterPrefix, title: "Settings of `ayni adapter run`: one rail's adapter.",
			of: new(adapter.DefaultConfig()),
			load: func(from settings.Sources) ([]settings.Value, func() error, error) {
				_, values, err := loadAdapter(from)
				return values, sound, err
			},
		},
		{
			name: "pool", prefix: poolPrefix, title: "Settings of `ayni pool serve`: a pool's node.",
			of: new(pool.DefaultSettings()),
			load: func(from settings.Sources) ([]settings.Value, func() error, error) {
				if filepath.Base(from.File) != pool.SettingsFile {
					return nil, nil, fmt.Errorf("%s is no %s of a pool's folder", from.File, pool.SettingsFile)
				}
				_, values, err := pool.LoadSettings(filepath.Dir(from.File), from)
				return values, sound, err
			},
		},
	}
}

// sound is of settings that are checked as they are read.
func sound() error { return nil }

func configCommand() *cobra.Command {
	c := group("config", "Look at a program's settings: file, then environment, then flags, each before the one before it")
	effective := group("print", "Show the settings that hold, and where each came from; of a secret, where it is kept")
	check := group("check", "Say whether a program would start with these settings; connects to nothing")
	example := group("example", "Write a commented file of settings, with what holds where nothing is said")
	for _, p := range configurable() {
		effective.AddCommand(p.print())
		check.AddCommand(p.checks())
		if !p.example {
			continue
		}
		example.AddCommand(&cobra.Command{
			Use: p.name, Short: p.title, Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := io.WriteString(c.OutOrStdout(), settings.Example(p.of, p.title))
				return err
			},
		})
	}
	c.AddCommand(effective, check, example)
	return c
}

// loads makes a command that reads a program's settings.
func (p configured) loads(do func(c *cobra.Command, values []settings.Value, check func() error) error) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: p.name, Short: p.title, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			values, check, err := p.load(sources(c, file, p.prefix))
			if err != nil {
				return exit.As(exit.Usage, err)
			}
			return do(c, values, check)
		},
	}
	c.Flags().StringVar(&file, "config", "", "file of settings")
	if !p.example {
		demand(c, "config")
	}
	settingFlags(c, p.of)
	return c
}

func (p configured) print() *cobra.Command {
	var s shown
	c := p.loads(func(c *cobra.Command, values []settings.Value, _ func() error) error {
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
	return p.loads(func(c *cobra.Command, _ []settings.Value, check func() error) error {
		if err := check(); err != nil {
			return exit.As(exit.Usage, err)
		}
		_, err := fmt.Fprintln(c.OutOrStdout(), "sound")
		return err
	})
}
