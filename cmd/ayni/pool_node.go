package main

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// nodeCommands are for whoever runs the pool's node.
func nodeCommands() []*cobra.Command {
	return []*cobra.Command{initPool(), servePool(), exportPool(), checkPool(), erasePerson()}
}

func initPool() *cobra.Command {
	var s pool.Start
	var founders []string
	var file, template, share string
	c := &cobra.Command{
		Use: "init DIR", Short: "Make a pool's folder, and found the pool with its charter and its founders' codes", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if file != "" {
				s.Charter, err = charterFile(file)
			} else {
				s.Charter, err = s.Template(template, share)
			}
			if err != nil {
				return err
			}
			for _, f := range founders {
				roles, code, named := strings.Cut(f, "=")
				if !named {
					roles, code = "", f
				}
				if err := s.Founder(code, roles); err != nil {
					return err
				}
			}
			if err := s.Found(c.Context(), args[0], logTo(c.ErrOrStderr(), false)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s is founded in %s by %d, who agree to its charter once it runs:\n  ayni pool serve %s\n  ayni pool agree\n",
				s.Pool, args[0], len(founders), args[0])
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&s.Pool, "pool", "", "participant name: small letters, digits, hyphens")
	f.StringVar(&s.Name, "name", "", "name for people")
	f.StringVar(&s.Account, "account", "", "to which contributions are paid (default: the participant name)")
	f.StringVar(&s.Currency, "currency", "", "in which it settles, as KES")
	f.StringVar(&s.Zone, "zone", "UTC", "whose clock pages show, as Africa/Nairobi")
	f.StringVar(&s.Listen, "listen", "127.0.0.1:8090", "where the node serves pages and API")
	f.StringVar(&s.Database, "database-url", "", "a PostgreSQL that is there (default: the node runs one in the folder)")
	f.StringVar(&file, "charter", "", "the charter as you changed it; or")
	f.StringVar(&template, "template", "", "one to begin with, unchanged: "+strings.Join(charter.Templates(), ", "))
	f.StringVar(&share, "share", "", "what a member pays in at a time, of which templates make their amounts")
	f.StringArrayVar(&founders, "founder", nil, "ROLE[,ROLE…]=CODE or CODE, as \"ayni pool key new\" printed it; one for each founder")
	c.MarkFlagsOneRequired("charter", "template")
	c.MarkFlagsMutuallyExclusive("charter", "template")
	demand(c, "pool", "name", "currency", "founder")
	return c
}

func servePool() *cobra.Command {
	var links []string
	var verbose bool
	c := &cobra.Command{
		Use: "serve DIR", Short: "Run a pool's node until Ctrl-C", Args: cobra.ExactArgs(1),
		Long: "Run a pool's node until Ctrl-C. Settings come from pool.yaml in its folder, then the environment (" + poolPrefix + " and the\n" +
			"setting's name in capitals), then flags; ayni config print pool shows what holds.",
		RunE: func(c *cobra.Command, args []string) error {
			s, _, err := pool.LoadSettings(args[0], sources(c, "", poolPrefix))
			if err != nil {
				return err
			}
			err = pool.Serve(c.Context(), s, telemetry.Log(c.ErrOrStderr(), louder(s.Telemetry, verbose)), func(at net.Addr, site *pool.Site) {
				_, _ = fmt.Fprintf(c.OutOrStdout(), "%s: pages, /api/ and /log/ at http://%s\n", s.Pool, at)
				for _, member := range links {
					_, _ = fmt.Fprintf(c.OutOrStdout(), "%s signs in once, within ten minutes: %s\n", member, site.Pages.Link(member))
				}
			})
			return unlessStopped(c.Context(), err)
		},
	}
	c.Flags().StringSliceVar(&links, "link", nil, "print a link that signs this member in once")
	c.Flags().BoolVar(&verbose, "verbose", false, "log what happens, to standard error")
	settingFlags(c, &pool.Settings{})
	return c
}

// poolPrefix is of the names that the environment has for a pool's settings.
const poolPrefix = "AYNI_POOL_"

// opened makes a command that works on a pool's folder while its node is stopped.
func opened(use, short string, args cobra.PositionalArgs, do func(c *cobra.Command, s *pool.Settings, home *pool.Home, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(c *cobra.Command, args []string) error {
		settings, err := pool.ReadSettings(args[0])
		if err != nil {
			return err
		}
		return settings.With(c.Context(), logTo(c.ErrOrStderr(), false), func(home *pool.Home) error {
			return do(c, settings, home, args[1:])
		})
	}}
}

func exportPool() *cobra.Command {
	return opened("export DIR TO", "Write the whole log for an auditor into a folder, or what is new of it; the node is stopped", cobra.ExactArgs(2),
		func(c *cobra.Command, _ *pool.Settings, home *pool.Home, args []string) error {
			if err := diary.WriteExport(c.Context(), args[0], home.Public, home.Store); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "the whole log is in %s; verify it: ayni audit verify %s --log-key %s\n", args[0], args[0], home.Public)
			return err
		})
}

func checkPool() *cobra.Command {
	return opened("check DIR", "Hold the database against the log and the book; the node is stopped", cobra.ExactArgs(1),
		func(c *cobra.Command, _ *pool.Settings, home *pool.Home, _ []string) error {
			key, err := audit.ParseKey(home.Public)
			if err != nil {
				return err
			}
			findings, err := home.Store.Check(c.Context(), key)
			if err != nil {
				return err
			}
			broken := false
			for _, f := range findings {
				broken = broken || !f.OK
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%-24s %v %s\n", f.Name, f.OK, f.Detail); err != nil {
					return err
				}
			}
			if broken {
				return errUnsound
			}
			return nil
		})
}

func erasePerson() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "erase DIR MEMBER|ACCOUNT", Short: "Destroy a person's key, for ever: what is sealed of the person is read by nobody any more", Args: cobra.ExactArgs(2),
		Long: "Destroy a person's key, for ever; the log stays as it is, and verifies. A member is named by its id, a beneficiary by its\n" +
			"account. A node that runs forgets the person when it is started again; take the key out of backups as well.",
		RunE: func(c *cobra.Command, args []string) error {
			settings, err := pool.ReadSettings(args[0])
			if err != nil {
				return err
			}
			keys, err := persons.Open(filepath.Join(settings.Keys(), "persons.keys"))
			if err != nil {
				return err
			}
			if !yes && !confirmed(c, fmt.Sprintf("erase %s of %s, for ever?", args[1], settings.Pool)) {
				return errNotErased
			}
			if err := keys.Destroy(persons.Person{Participant: settings.Pool, Account: args[1]}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "erased; start the node again so that it forgets, too")
			return err
		},
	}
	c.Flags().BoolVar(&yes, "erase-for-ever", false, "ask nothing")
	return c
}
