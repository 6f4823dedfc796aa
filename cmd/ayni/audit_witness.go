package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/exit"
	logaudit "github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
)

// errForked ends a comparison of checkpoints that found two histories.
var errForked = exit.Finding("the log has two histories")

// witnessingCommands are for who vouches for a log, who asks them, and who listens.
func witnessingCommands() []*cobra.Command {
	return []*cobra.Command{witnessCommand(), pardonCommand(), gossipCommand(), cosignCommand()}
}

const policyHelp = "file of who must have cosigned (C2SP tlog-policy: lines of log, witness, group, quorum)"

func witnessCommand() *cobra.Command {
	var c witness.Config
	var listen string
	cmd := &cobra.Command{
		Use: "witness", Short: "Run a witness: cosign checkpoints of logs, each only if it continues the one before", Args: cobra.NoArgs,
		Long: "Run a witness: cosign checkpoints of logs, each only if it continues the one before. The folder holds the key, made\n" +
			"the first time, and what was cosigned: never run two witnesses on copies of it. A log that shows two histories is\n" +
			"held, the evidence kept, until ayni audit pardon. Answers POST /add-checkpoint, GET /checkpoint?origin=ORIGIN, /key\n" +
			"and /health; in front of it stands a proxy that ends TLS.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			for i, said := range c.Logs {
				key, err := textOrFile(said)
				if err != nil {
					return err
				}
				c.Logs[i] = key
			}
			return witness.Run(cmd.Context(), c, listen, func(key logaudit.CosignerKey, at net.Addr) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\nlistening on %s\n", key, at) //nolint:errcheck // to a person
			})
		},
	}
	cmd.Flags().StringVar(&c.Folder, "data", "", "folder of its key and memory")
	cmd.Flags().StringVar(&c.Name, "name", "", "in its cosignatures: its URL without the scheme, as a rule")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8091", "HOST:PORT")
	cmd.Flags().StringArrayVar(&c.Logs, "log", nil, logKeyHelp+"; may be given again")
	demand(cmd, "data", "name", "log")
	return cmd
}

func pardonCommand() *cobra.Command {
	var folder, origin, evidence, by, reason string
	cmd := &cobra.Command{
		Use: "pardon", Short: "Have a witness that is stopped cosign a log again that it holds for a fork", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if by == "" || reason == "" || strings.ContainsFunc(by+reason, func(c rune) bool { return c < ' ' }) {
				return errors.New("a pardon takes a name and a reason, each of one line")
			}
			return witness.Pardon(folder, logaudit.Origin(origin), evidence, by+": "+reason)
		},
	}
	cmd.Flags().StringVar(&folder, "data", "", "the witness's folder")
	cmd.Flags().StringVar(&origin, "origin", "", "the log's origin: the name in its key")
	cmd.Flags().StringVar(&evidence, "evidence", "", "what it is held for, as /health names it (held_for)")
	cmd.Flags().StringVar(&by, "by", "", "who pardons")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	demand(cmd, "data", "origin", "evidence", "by", "reason")
	return cmd
}

func gossipCommand() *cobra.Command {
	var keys []string
	var export string
	cmd := &cobra.Command{
		Use: "gossip FILE|URL...", Short: "Tell whether checkpoints from many places are of one history: exit 6 and the evidence if not",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, places []string) error {
			for i, said := range keys {
				key, err := textOrFile(said)
				if err != nil {
					return err
				}
				keys[i] = key
			}
			history, err := audit.Gossip(cmd.Context(), keys, places, export)
			if fork, ok := errors.AsType[*witness.SplitViewError](err); ok {
				text, err := fork.Evidence()
				if err != nil {
					return err
				}
				fmt.Fprint(cmd.OutOrStdout(), string(text)) //nolint:errcheck // the exit says it too
				return fmt.Errorf("%w: %w", errForked, fork)
			}
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: %d entries, by %s\n", history.Newest.Origin, history.Newest.Size, history.From) //nolint:errcheck // to a person
			for _, place := range history.Unproved {
				fmt.Fprintf(out, "not proved to be of this history, nor of another: %s\n", place) //nolint:errcheck // likewise
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&keys, "log-key", nil, logKeyHelp+"; may be given again")
	cmd.Flags().StringVar(&export, "export", "", "folder of an export, to prove by that a checkpoint continues a smaller one")
	demand(cmd, "log-key")
	return cmd
}

func cosignCommand() *cobra.Command {
	var policy string
	cmd := &cobra.Command{
		Use: "cosign DIR", Short: "Collect witnesses' cosignatures on an export's newest checkpoint, and put them into the export", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := textOfFile("policy", policy)
			if err != nil {
				return err
			}
			done, err := audit.Cosign(cmd.Context(), args[0], text)
			for _, name := range slices.Sorted(maps.Keys(done.Failed)) {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", name, done.Failed[name]) //nolint:errcheck // to a person
			}
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%d entries, cosigned by\n", done.Witnessed.Size) //nolint:errcheck // likewise
			for _, c := range done.Witnessed.By {
				fmt.Fprintf(out, "  %s at %s\n", c.Name, c.At) //nolint:errcheck // likewise
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", policyHelp)
	demand(cmd, "policy")
	return cmd
}

// textOfFile reads the file that a flag names, "" where it names none.
func textOfFile(flag, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	return string(text), nil
}
