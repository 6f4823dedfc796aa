package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
)

func (m *member) memberCommands() []*cobra.Command {
	vouch := m.says("vouch MEMBER", "Say that you know a member and stand for it", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (word, error) {
			return word{kind: "vouch", body: decide.Vouching{Member: args[0]}}, nil
		})
	leave := m.says("leave", "End your membership; what you owe and are owed stays in the book", cobra.NoArgs,
		func(*cobra.Command, []string) (word, error) { return word{kind: "leave", body: decide.Leaving{}}, nil })
	introduce := m.says("introduce", "Tell the members your name and number, as your key's file has them", cobra.NoArgs,
		func(*cobra.Command, []string) (word, error) {
			f, _, err := m.device()
			if err != nil {
				return word{}, err
			}
			return word{kind: "person", body: decide.ChangedPerson{Person: act.Commit(f.Person)}, closed: [][]byte{f.Person}}, nil
		})
	return []*cobra.Command{m.agree(), m.invite(), m.join(), introduce, vouch, leave}
}

// agree shows a founder the charter, and signs its hash as this side computes it.
func (m *member) agree() *cobra.Command {
	return &cobra.Command{
		Use: "agree", Short: "Found the pool: read the charter, and sign that you agree to it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			rules, err := m.rules(c)
			if err != nil {
				return err
			}
			text, err := rules.YAML()
			if err != nil {
				return err
			}
			if !m.yes {
				fmt.Fprintf(c.ErrOrStderr(), "%s\n", text) //nolint:errcheck // to a person
			}
			hash := rules.Hash()
			_, err = m.say(c, word{kind: "agree", body: decide.Agreement{Charter: hex.EncodeToString(hash[:])}})
			return err
		},
	}
}

// rules are the charter in force.
func (m *member) rules(c *cobra.Command) (*charter.Charter, error) {
	client, err := m.client()
	if err != nil {
		return nil, err
	}
	text, err := client.Get(c.Context(), "charter")
	if err != nil {
		return nil, hinted(err)
	}
	return charter.Read(text)
}

func (m *member) invite() *cobra.Command {
	return &cobra.Command{
		Use: "invite", Short: "Invite somebody: prints a code to tell them, good for 60 days and one person", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			code := rand.Text()
			sum := sha256.Sum256([]byte(code))
			answer, err := m.say(c, word{kind: "invite", body: decide.Invitation{Code: hex.EncodeToString(sum[:])}})
			if err != nil || answer.Fault != "" {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "tell them: ayni pool join %s\n", code)
			return err
		},
	}
}

// join asks to be a member. Whoever is none reads as the public does.
func (m *member) join() *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: "join CODE", Short: "Follow an invitation; a member then proposes to admit you", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, d, err := m.device()
			if err != nil {
				return err
			}
			client, err := m.client()
			if err != nil {
				return err
			}
			client.Device.Key = nil
			about, err := client.About(c.Context())
			if err != nil {
				return hinted(err)
			}
			client.Device = d
			answer, err := m.sayAt(c, client, about.Version, word{
				kind: "join", body: decide.Joining{Code: args[0], Person: act.Commit(f.Person), Pool: as}, closed: [][]byte{f.Person},
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "you are %s; a member says: ayni pool propose admission --member %s\n", answer.Made, answer.Made)
			return err
		},
	}
	c.Flags().StringVar(&as, "as-pool", "", "participant name, where the member is a pool")
	return c
}
