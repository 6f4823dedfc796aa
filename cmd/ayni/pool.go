package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/show"
)

func poolCommand() *cobra.Command {
	c := group("pool", "A mutual-aid pool: run its node, and take part in it as a member")
	m := &member{output: show.Table}
	c.PersistentFlags().StringVar(&m.file, "device", deviceFile(), "the file with your key")
	c.PersistentFlags().StringVar(&m.node, "node", "", "URL of the pool's node (default: the one in the file)")
	c.PersistentFlags().VarP(&m.output, "output", "o", outputHelp)
	complete(c, "output", show.Formats()...)
	c.PersistentFlags().BoolVar(&m.yes, "yes", false, "sign without asking")
	for _, commands := range [][]*cobra.Command{
		nodeCommands(), m.keyCommands(), m.memberCommands(), m.proposalCommands(), m.moneyCommands(), m.boardCommands(),
		m.turnCommands(), m.readCommands(), m.signCommands(), {m.charterCommand()},
	} {
		c.AddCommand(commands...)
	}
	return c
}

// deviceFile is where a member's key is where nothing else is said.
func deviceFile() string {
	if named := os.Getenv("AYNI_POOL_DEVICE"); named != "" {
		return named
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "ayni-pool.key"
	}
	return filepath.Join(config, "ayni", "pool.key")
}

// member is somebody at the command line: with a key, or looking on.
type member struct {
	file, node string
	output     show.Format
	yes        bool
}

// passphrase opens a sealed key. It is no flag: other people see what commands are called with.
func passphrase() string { return os.Getenv("AYNI_POOL_PASSPHRASE") }

// device opens the member's key.
func (m *member) device() (*pool.KeyFile, pool.Device, error) {
	f, err := pool.ReadKeyFile(m.file)
	if err != nil {
		return nil, pool.Device{}, err
	}
	if f.NeedsPassphrase() && passphrase() == "" {
		return nil, pool.Device{}, fmt.Errorf("%s is sealed: set AYNI_POOL_PASSPHRASE to its passphrase", m.file)
	}
	d, err := f.Device(passphrase())
	return f, d, err
}

// client is the member's side of the node.
func (m *member) client() (pool.Client, error) {
	f, d, err := m.device()
	if err != nil {
		return pool.Client{}, err
	}
	client := pool.Client{Node: f.Node, Device: d}
	if m.node != "" {
		client.Node = m.node
	}
	return client, nil
}

// says makes a command by which a member says something.
func (m *member) says(use, short string, args cobra.PositionalArgs, what func(c *cobra.Command, args []string) (word, error)) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(c *cobra.Command, args []string) error {
		w, err := what(c, args)
		if err != nil {
			return err
		}
		_, err = m.say(c, w)
		return err
	}}
}

// word is what a member is about to say.
type word struct {
	kind    string
	body    any
	closed  [][]byte
	version int64 // 0 for the charter in force
}

// say signs and hands in. The answer of what was refused is an error.
func (m *member) say(c *cobra.Command, w word) (decide.Answer, error) {
	client, err := m.client()
	if err != nil {
		return decide.Answer{}, err
	}
	about, err := client.About(c.Context())
	if err != nil {
		return decide.Answer{}, hinted(err)
	}
	client.Device.Member = about.Member
	return m.sayAt(c, client, about.Version, w)
}

func (m *member) sayAt(c *cobra.Command, client pool.Client, version int64, w word) (decide.Answer, error) {
	if w.version != 0 {
		version = w.version
	}
	signed, err := client.Device.Sign(w.kind, version, w.body)
	if err != nil {
		return decide.Answer{}, err
	}
	if err := m.ask(c, signed.Open, w.closed); err != nil {
		return decide.Answer{}, err
	}
	answer, err := client.Act(c.Context(), signed, w.closed)
	if err != nil {
		return answer, hinted(err)
	}
	if answer.Fault != "" {
		return answer, refusedAs(answer)
	}
	return answer, m.tell(c, w.kind, answer)
}

// tell says what became of something said.
func (m *member) tell(c *cobra.Command, kind string, answer decide.Answer) error {
	if m.output == show.JSON {
		return show.Value(c.OutOrStdout(), answer)
	}
	made := ""
	if answer.Made != "" {
		made = ": " + answer.Made
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s done, entry %d of the log%s\n", kind, answer.Index, made)
	return err
}

var errNotSigned = errors.New("not signed: nobody said yes")

// ask shows exactly what is signed, and the closed values that it names, and waits for a yes.
func (m *member) ask(c *cobra.Command, open []byte, closed [][]byte) error {
	if m.yes {
		return nil
	}
	out := c.ErrOrStderr()
	fmt.Fprintf(out, "You sign:\n%s\n", open) //nolint:errcheck // to a person
	for _, blob := range closed {
		fmt.Fprintf(out, "with, for those alone who may see it:\n%s", blob) //nolint:errcheck // likewise
	}
	if !confirmed(c, "sign it?") {
		return errNotSigned
	}
	return nil
}

// confirmed asks a person.
func confirmed(c *cobra.Command, question string) bool {
	fmt.Fprint(c.ErrOrStderr(), question, " (yes) ") //nolint:errcheck // to a person
	answer, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	return strings.TrimSpace(answer) == "yes"
}

// closing closes a text of a member's own, where there is one.
func closing(text string, closed *[][]byte) (act.Commitment, error) {
	if text == "" {
		return act.Commitment{}, nil
	}
	return closingValue(text, closed)
}

func closingValue(value any, closed *[][]byte) (act.Commitment, error) {
	blob, name, err := pool.Close(value)
	*closed = append(*closed, blob)
	return name, err
}

// signCommands are for whatever has no command of its own.
func (m *member) signCommands() []*cobra.Command {
	var body string
	var texts []string
	say := m.says("say KIND", "Say anything: an act of a kind with a body of your own", cobra.ExactArgs(1),
		func(_ *cobra.Command, args []string) (word, error) {
			w := word{kind: args[0], body: jsontext.Value(body)}
			for _, text := range texts {
				w.closed = append(w.closed, []byte(text))
			}
			if !jsontext.Value(body).IsValid() {
				return w, errors.New("--body is no JSON; numbers are written as strings in it, as \"5\"")
			}
			return w, nil
		})
	say.Flags().StringVar(&body, "body", "{}", "its body as JSON")
	say.Flags().StringArrayVar(&texts, "closed", nil, "the blob of a closed value that the body names")
	sign := &cobra.Command{
		Use: "sign [FILE]", Short: "Sign what a page of the pool shows, from a file or standard input, and print the signature to paste", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file := "-"
			if len(args) > 0 {
				file = args[0]
			}
			text, err := readFile(file, act.MaxBytes+1)
			if err != nil {
				return err
			}
			_, d, err := m.device()
			if err != nil {
				return err
			}
			text = []byte(strings.TrimSpace(string(text)))
			signature, err := d.SignPasted(text)
			if err != nil {
				return err
			}
			if file != "-" { // whoever pasted it has just seen it, and has no more to say on standard input
				if err := m.ask(c, text, nil); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), base64.RawURLEncoding.EncodeToString(signature))
			return err
		},
	}
	return []*cobra.Command{say, sign}
}

// within is a time from now, as acts have it.
func within(days int) time.Time {
	return time.Now().Add(time.Duration(days) * 24 * time.Hour).UTC().Truncate(time.Second)
}

// subjectOf reads a subject from a file, as JSON.
func subjectOf(file string) (jsontext.Value, error) {
	text, err := readFile(file, act.MaxBytes)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("%s is no JSON object: %w", file, err)
	}
	return text, nil
}
