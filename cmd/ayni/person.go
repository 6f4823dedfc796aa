package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/person"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
)

func personCommand() *cobra.Command {
	c := group("person", "Erase a person, or show who is allowed to see it what is known of one")
	c.AddCommand(personKeysCommand(), eraseCommand(), discloseCommand(), revealCommand())
	return c
}

// somebody is a person, and where the keys of persons are.
type somebody struct {
	data, file string
	who        persons.Person
}

func (s *somebody) register(c *cobra.Command) {
	c.Flags().StringVar(&s.data, "data", "", "the switch's folder, which has persons.keys")
	c.Flags().StringVar(&s.file, "persons", "", "the file of keys itself, in place of --data")
	c.Flags().StringVar(&s.who.Participant, "participant", "", "whose customer the person is")
	c.Flags().StringVar(&s.who.Account, "account", "", "the person's account there, as intents write it")
	c.MarkFlagsOneRequired("data", "persons")
	c.MarkFlagsMutuallyExclusive("data", "persons")
	demand(c, "participant", "account")
}

func (s *somebody) keys() (*persons.Store, error) {
	if s.file != "" {
		return persons.Open(s.file)
	}
	return persons.Open(filepath.Join(s.data, "persons.keys"))
}

var errNotErased = errors.New("not erased: nobody said yes")

func eraseCommand() *cobra.Command {
	var s somebody
	var d desk
	var yes, force bool
	c := &cobra.Command{
		Use: "erase", Short: "Destroy a person's key, for ever: what is sealed of the person is read by nobody any more", Args: cobra.NoArgs,
		Long: "Destroy a person's key, for ever. The log stays as it is, and verifies. settlement/persons/README.md says what this\n" +
			"does not reach: copies of the file of keys elsewhere, participants, the broker's streams. With --database-url the ledger\n" +
			"keeps at once who was erased, which otherwise the next engine has it do, so that a file from a backup brings nobody back;\n" +
			"and a person who has transfers that have not ended is not erased, unless --force says so.",
		RunE: func(c *cobra.Command, _ []string) error {
			keys, err := s.keys()
			if err != nil {
				return err
			}
			if !yes {
				fmt.Fprintf(c.ErrOrStderr(), "erase %s of %s, for ever? (yes) ", s.who.Account, s.who.Participant) //nolint:errcheck // to a person
				answer, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
				if strings.TrimSpace(answer) != "yes" {
					return errNotErased
				}
			}
			if err := erase(c.Context(), d, keys, s.who, force); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "erased")
			return err
		},
	}
	s.register(c)
	c.Flags().StringVar(&d.url, "database-url", "", databaseHelp+", to look for transfers that have not ended, and to keep who was erased")
	c.Flags().BoolVar(&yes, "yes", false, "ask nothing")
	c.Flags().BoolVar(&force, "force", false, "also while transfers have not ended")
	return c
}

func erase(ctx context.Context, d desk, keys *persons.Store, who persons.Person, force bool) error {
	if d.url == "" {
		return person.Erase(ctx, keys, nil, who, force)
	}
	return d.connect(ctx, store.Open, func(books *store.Ledger) error { return person.Erase(ctx, keys, books, who, force) })
}

func discloseCommand() *cobra.Command {
	var s somebody
	c := &cobra.Command{
		Use: "disclose", Short: "Print a person's key, which opens that person's lines and nobody else's", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			keys, err := s.keys()
			if err != nil {
				return err
			}
			text, err := person.Disclose(keys, s.who)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), text)
			return err
		},
	}
	s.register(c)
	return c
}

func revealCommand() *cobra.Command {
	var cfg audit.Config
	var keyFile, sealed string
	c := &cobra.Command{
		Use: "reveal EXPORT", Short: "Show a person's lines with the transfers that they belong to, each checked against the log", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg.Dir = args[0]
			var err error
			if cfg.Key, err = textOrFile(cfg.Key); err != nil {
				return err
			}
			text, err := personKey(keyFile)
			if err != nil {
				return err
			}
			key, err := persons.ReadKey(text)
			if err != nil {
				return err
			}
			lines := 0
			err = audit.Observe(c.Context(), cfg, person.Reveal(key, sealed, func(r person.Revealed) error {
				lines++
				_, err := fmt.Fprintln(c.OutOrStdout(), r)
				return err
			}))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d lines, each as the log commits to it\n", lines)
			return err
		},
	}
	c.Flags().StringVar(&cfg.Key, "log-key", "", logKeyHelp)
	c.Flags().StringVar(&keyFile, "key", "", "the person's key, or a file that holds it (other people see what commands are called with)")
	c.Flags().StringVar(&sealed, "sealed", "", "the folder of sealed messages, of `ayni audit export --sealed`")
	demand(c, "key", "sealed")
	return c
}

// personKey is a person's key as a flag says it, or the file that the flag names.
func personKey(said string) (string, error) {
	if strings.HasPrefix(said, "ayni-person-key-") {
		return said, nil
	}
	text, err := os.ReadFile(said)
	if err != nil {
		return "", fmt.Errorf("the person's key: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
