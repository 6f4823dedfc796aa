package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
)

func (m *member) keyCommands() []*cobra.Command {
	key := group("key", "Your key: the one thing that you must not lose or lend")
	var person messaging.Party
	var name, node string
	fresh := &cobra.Command{
		Use: "new", Short: "Make your key, in a file of your own; AYNI_POOL_PASSPHRASE seals it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := os.Lstat(m.file); err == nil {
				return fmt.Errorf("%s is there: it is somebody's key; name another file with --device", m.file)
			}
			if m.node != "" {
				node = m.node
			}
			f, err := pool.NewKeyFile(name, node, person, passphrase())
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(m.file), 0o700); err != nil {
				return err
			}
			if err := f.Write(m.file); err != nil {
				return err
			}
			return m.showKey(c)
		},
	}
	fresh.Flags().StringVar(&name, "pool", "", "the pool's participant name, as chama-nairobi")
	fresh.Flags().StringVar(&person.Name, "name", "", "your name; only members see it")
	fresh.Flags().StringVar(&person.Account, "contact", "", "your number; only members see it")
	demand(fresh, "pool", "name")
	node = "http://127.0.0.1:8090"
	show := &cobra.Command{
		Use: "show", Short: "Print the code that founders and recoveries name you by", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return m.showKey(c) },
	}
	key.AddCommand(fresh, show)
	return []*cobra.Command{key, m.newKey(), m.recover()}
}

func (m *member) showKey(c *cobra.Command) error {
	f, d, err := m.device()
	if err != nil {
		return err
	}
	code, err := f.Code(d)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), code)
	return err
}

// newKey takes another key. The file holds it from before the pool knows it, so that it is never lost.
func (m *member) newKey() *cobra.Command {
	return &cobra.Command{
		Use: "new-key", Short: "Take another key, signed with the one you have", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, d, err := m.device()
			if err != nil {
				return err
			}
			client, err := m.client()
			if err != nil {
				return err
			}
			about, err := client.About(c.Context())
			if err != nil {
				return hinted(err)
			}
			client.Device.Member = about.Member
			_, fresh, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			if err := f.Keep(fresh, passphrase()); err != nil {
				return err
			}
			next := m.file + ".next"
			if err := f.Write(next); err != nil {
				return err
			}
			d.Key = fresh
			body := decide.NewKey{Key: d.Public(), Proof: act.Sign(fresh, []byte(about.Member)).Signature}
			if _, err := m.sayAt(c, client, about.Version, word{kind: "new_key", body: body}); err != nil {
				return errors.Join(err, fmt.Errorf("the new key is in %s, where the pool may have taken it", next))
			}
			return os.Rename(next, m.file)
		},
	}
}

// recover is what somebody who lost a key does: the members decide about the proof that it prints.
func (m *member) recover() *cobra.Command {
	return &cobra.Command{
		Use: "recover MEMBER", Short: "You lost your key and made a new one: print what a member proposes for you", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			_, d, err := m.device()
			if err != nil {
				return err
			}
			proof := act.Sign(d.Key, []byte(args[0])).Signature
			_, err = fmt.Fprintf(c.OutOrStdout(), "ayni pool propose recovery --member %s --key %s --proof %s\n", args[0], d.Public(), base64url(proof))
			return err
		},
	}
}
