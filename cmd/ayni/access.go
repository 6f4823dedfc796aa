package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/machines"
	"github.com/ayni-switch/ayni/ops/auth/people"
	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/show"
)

// actor is who does what is done by command, in the record of it: whoever has the database.
const actor = "command line"

// keeper is where who may come in is kept.
type keeper struct{ url string }

func (k *keeper) open(ctx context.Context, do func(*access.Store) error) error {
	if k.url == "" {
		return errNoDatabase
	}
	kept, err := access.Open(ctx, k.url)
	if err != nil {
		return err
	}
	defer kept.Close()
	return do(kept)
}

func accessCommand() *cobra.Command {
	c := group("access", "Say who may come in: links for people, secrets and certificates for machines")
	var k keeper
	c.PersistentFlags().StringVar(&k.url, "database-url", "", databaseHelp)
	contextual(c.PersistentFlags(), "database-url")
	machine := group("machine", "Machines that use the API")
	machine.AddCommand(k.addMachine(), k.newSecret(), k.certificate(), k.revoke(), k.machines())
	c.AddCommand(k.link(), k.signOut(), k.events(), machine)
	return c
}

// someone are flags that say who somebody is.
type someone struct {
	roles       []string
	participant string
}

func (s *someone) register(c *cobra.Command) {
	c.Flags().StringSliceVar(&s.roles, "role", nil, "operator, approver, auditor, participant or pool; may be repeated")
	c.Flags().StringVar(&s.participant, "participant", "", "whose things are its own, of the roles participant and pool")
	demand(c, "role")
	complete(c, "role", roleNames()...)
}

func roleNames() (names []string) {
	for _, r := range auth.Roles() {
		names = append(names, string(r))
	}
	return names
}

func (s *someone) read() (roles []auth.Role, err error) {
	for _, name := range s.roles {
		if !slices.Contains(auth.Roles(), auth.Role(name)) {
			return nil, exit.As(exit.Usage, fmt.Errorf("no role %.20q; there are %s", name, strings.Join(roleNames(), ", ")))
		}
		roles = append(roles, auth.Role(name))
	}
	return roles, nil
}

func (k *keeper) link() *cobra.Command {
	var who someone
	var p auth.Principal
	var origin string
	c := &cobra.Command{
		Use: "link", Short: "Print an address that signs somebody in, once, within ten minutes", Args: cobra.NoArgs,
		Long: "Print an address that signs somebody in, once, within ten minutes: for the first people of a switch, and where no issuer\n" +
			"knows them. Two people are two subjects; what two have to want cannot be done by one with two links of one subject.",
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if p.Roles, err = who.read(); err != nil {
				return err
			}
			p.Participant = who.participant
			return k.open(c.Context(), func(kept *access.Store) error {
				address, err := people.MakeLink(c.Context(), kept, origin, p)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), address)
				return err
			})
		},
	}
	who.register(c)
	c.Flags().StringVar(&p.Subject, "subject", "", "who it is, for ever, as in asha@scheme.example")
	c.Flags().StringVar(&p.Name, "name", "", "as people read it")
	c.Flags().StringVar(&origin, "origin", "", "of the console, as in https://switch.example")
	demand(c, "subject", "name", "origin")
	return c
}

func (k *keeper) signOut() *cobra.Command {
	return &cobra.Command{
		Use: "sign-out SUBJECT", Short: "End every session of somebody", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return k.open(c.Context(), func(kept *access.Store) error { return kept.EndSessions(c.Context(), args[0], actor) })
		},
	}
}

var eventColumns = []show.Column[access.Event]{
	{Name: "at", Value: func(e access.Event) any { return e.At }},
	{Name: "kind", Value: func(e access.Event) any { return e.Kind }},
	{Name: "who", Value: func(e access.Event) any { return e.Who }},
	{Name: "actor", Title: "by", Value: func(e access.Event) any { return e.Actor }},
}

func (k *keeper) events() *cobra.Command {
	var s shown
	var who string
	var limit int
	c := &cobra.Command{
		Use: "events", Short: "List what happened to who may come in, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return k.open(c.Context(), func(kept *access.Store) error {
				all, err := kept.Events(c.Context(), who, limit)
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("events", eventColumns, all))
			})
		},
	}
	s.register(c)
	c.Flags().StringVar(&who, "subject", "", "of one subject alone")
	c.Flags().IntVar(&limit, "limit", 100, "how many")
	return c
}

func (k *keeper) addMachine() *cobra.Command {
	var who someone
	c := &cobra.Command{
		Use: "add NAME", Short: "Make a machine, and print a secret for it, which is never shown again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			roles, err := who.read()
			if err != nil {
				return err
			}
			return k.open(c.Context(), func(kept *access.Store) error {
				if err := machines.Make(c.Context(), kept, args[0], roles, who.participant, actor); err != nil {
					return err
				}
				return printSecret(c, kept, args[0])
			})
		},
	}
	who.register(c)
	return c
}

func printSecret(c *cobra.Command, kept *access.Store, name string) error {
	secret, err := machines.NewSecret(c.Context(), kept, name, actor)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), secret)
	return err
}

func (k *keeper) newSecret() *cobra.Command {
	var end bool
	c := &cobra.Command{
		Use: "secret NAME", Short: "Print another secret for a machine, beside the one it has", Args: cobra.ExactArgs(1),
		Long: "Print another secret for a machine, beside the one it has. Once it uses the new one, --end-old ends the other, and makes none.",
		RunE: func(c *cobra.Command, args []string) error {
			return k.open(c.Context(), func(kept *access.Store) error {
				if end {
					return kept.EndOldSecrets(c.Context(), args[0], actor)
				}
				return printSecret(c, kept, args[0])
			})
		},
	}
	c.Flags().BoolVar(&end, "end-old", false, "end all secrets but the newest")
	return c
}

func (k *keeper) certificate() *cobra.Command {
	var fingerprint, bears string
	c := &cobra.Command{
		Use: "certificate NAME", Short: "Let a machine in by a certificate", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return k.open(c.Context(), func(kept *access.Store) error {
				if bears != "" {
					return machines.AllowName(c.Context(), kept, args[0], bears, actor)
				}
				sum, err := readFingerprint(fingerprint)
				if err != nil {
					return err
				}
				return machines.AllowFingerprint(c.Context(), kept, args[0], sum, actor)
			})
		},
	}
	c.Flags().StringVar(&fingerprint, "sha256", "", "of the one certificate, in hex, with or without colons")
	c.Flags().StringVar(&bears, "bears", "", "a DNS name or URI that its certificates bear")
	c.MarkFlagsOneRequired("sha256", "bears")
	c.MarkFlagsMutuallyExclusive("sha256", "bears")
	return c
}

// readFingerprint reads a SHA-256 as openssl and browsers write it.
func readFingerprint(text string) (sum [32]byte, err error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(raw) != len(sum) {
		return sum, exit.As(exit.Usage, fmt.Errorf("%.100q is no SHA-256 in hex", text))
	}
	return [32]byte(raw), nil
}

func (k *keeper) revoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: "End a machine for ever, with all that it could come in by", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return k.open(c.Context(), func(kept *access.Store) error { return kept.RevokeMachine(c.Context(), args[0], actor) })
		},
	}
}

var machineColumns = []show.Column[access.Machine]{
	{Name: "machine", Value: func(m access.Machine) any { return m.Name }},
	{Name: "roles", Value: func(m access.Machine) any {
		names := make([]string, len(m.Roles))
		for i, r := range m.Roles {
			names[i] = string(r)
		}
		return strings.Join(names, " ")
	}},
	{Name: "participant", Value: func(m access.Machine) any { return m.Participant }},
	{Name: "secrets", Value: func(m access.Machine) any { return m.Secrets }},
	{Name: "certificates", Value: func(m access.Machine) any { return strings.Join(m.Certificate, "; ") }},
	{Name: "made_at", Value: func(m access.Machine) any { return m.MadeAt }},
	{Name: "seen_at", Value: func(m access.Machine) any { return m.SeenAt }},
	{Name: "revoked", Value: func(m access.Machine) any { return !m.RevokedAt.IsZero() }},
}

func (k *keeper) machines() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "list", Short: "List machines", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return k.open(c.Context(), func(kept *access.Store) error {
				all, err := kept.Machines(c.Context())
				if err != nil {
					return err
				}
				return s.sheets(c, show.Rows("machines", machineColumns, all))
			})
		},
	}
	s.register(c)
	return c
}
