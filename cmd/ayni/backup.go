package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/backup"
	"github.com/ayni-switch/ayni/ops/dev"
)

const (
	identityHelp = "file of the age identity (private key) that opens the backup; none for one that is not encrypted"
	dataHelp     = "the switch's folder (default: as in dev)"
)

func backupCommand() *cobra.Command {
	var cfg backup.Config
	var recipients []string
	c := &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Take a backup of a switch, running or not, into a new folder",
		Long: "Take a backup of a switch, running or not, into a new folder: the ledger, the keys, the adapters' and the pools' stores.\n" +
			"It holds the keys of persons and every secret of the folder: encrypt it, to a public key of age-keygen, or say that you do not.\n" +
			"`ayni backup wal` beside it brings the ledger back to any moment. ops/backup/README.md says what is in it and why.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if cfg.Recipients, err = backup.Recipients(recipients); err != nil {
				return err
			}
			if err := backupOf(c, &cfg); err != nil {
				return err
			}
			m, err := backup.Take(c.Context(), cfg, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d files; the ledger at batch %d or later, its log at entry %d\n", len(m.Files), m.Ledger.Batch, m.Ledger.Entries)
			return err
		},
	}
	switchFlags(c, &cfg)
	c.Flags().StringArrayVar(&recipients, "recipient", nil, "public key that the backup is encrypted to, age1…, or a file of them; again for more")
	c.Flags().Bool("unencrypted", false, "write everything as it is, for a folder that is encrypted itself") // that it is there is all
	c.MarkFlagsOneRequired("recipient", "unencrypted")
	c.MarkFlagsMutuallyExclusive("recipient", "unencrypted")
	c.AddCommand(backupKeyCommand(), backupVerifyCommand(), backupWALCommand())
	return c
}

func switchFlags(c *cobra.Command, cfg *backup.Config) {
	c.Flags().StringVar(&cfg.Data, "data", "", dataHelp)
	c.Flags().StringVar(&cfg.DatabaseURL, "database-url", "", "the switch's PostgreSQL, as a user who may replicate (default: the folder's own)")
}

// backupOf completes what is said of a switch.
func backupOf(c *cobra.Command, cfg *backup.Config) (err error) {
	cfg.Log = logTo(c.ErrOrStderr(), false)
	if cfg.Data == "" {
		cfg.Data, err = dev.DefaultDir()
	}
	return err
}

func backupVerifyCommand() *cobra.Command {
	var identity, key string
	c := &cobra.Command{
		Use:   "verify FOLDER",
		Short: "Prove without a server that a backup is whole",
		Long: "Prove without a server that a backup is whole: every file is what the manifest says; with --identity, or where nothing is\n" +
			"encrypted, also every page of PostgreSQL and every store; with --log-key, that the log's key signed its checkpoint.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			identities, err := backup.Identities(identity)
			if err != nil {
				return err
			}
			if key, err = textOrFile(key); err != nil {
				return err
			}
			v, err := backup.Verify(c.Context(), args[0], identities, key)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "whole: %d files, %d bytes, taken %s by %s of PostgreSQL %d, the ledger at batch %d or later\n", //nolint:errcheck // to a person
				v.Files, v.Bytes, v.Manifest.Made.Format(time.RFC3339), v.Manifest.Program, v.Manifest.PostgreSQL, v.Manifest.Ledger.Batch)
			if v.Pages == 0 {
				_, err = fmt.Fprintln(out, "encrypted: what is inside was not looked at; --identity does")
			} else {
				_, err = fmt.Fprintf(out, "inside: %d files of PostgreSQL, each as it wrote them\n", v.Pages)
			}
			return err
		},
	}
	c.Flags().StringVar(&identity, "identity", "", identityHelp)
	c.Flags().StringVar(&key, "log-key", "", logKeyHelp)
	return c
}

func backupWALCommand() *cobra.Command {
	var cfg backup.Config
	c := &cobra.Command{
		Use:   "wal FOLDER",
		Short: "Copy what PostgreSQL writes into a folder, as it is written, until stopped",
		Long: "Copy what PostgreSQL writes into a folder, as it is written, until stopped; a restart goes on where it was. With it a backup\n" +
			"comes back as of any moment. It is not encrypted: keep the folder on an encrypted disk that no disaster shares. Where\n" +
			"PostgreSQL has synchronous_standby_names = 'ayni_backup', nothing is committed, and so nothing told, before it is copied.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := backupOf(c, &cfg); err != nil {
				return err
			}
			return backup.Receive(c.Context(), cfg, args[0])
		},
	}
	switchFlags(c, &cfg)
	return c
}

var errTwoMoments = errors.New("--until and --until-batch name two moments: say one")

func restoreCommand() *cobra.Command {
	var cfg backup.RestoreConfig
	var identity, until string
	c := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Put a backup back into a data folder; what is there already stays",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			cfg.Backup = args[0]
			if cfg.Identities, err = backup.Identities(identity); err != nil {
				return err
			}
			if until != "" && cfg.UntilBatch != 0 {
				return errTwoMoments
			}
			if until != "" {
				if cfg.Until, err = time.Parse(time.RFC3339, until); err != nil {
					return fmt.Errorf("--until: %w", err)
				}
			}
			from := backup.Config{Data: cfg.Data}
			if err := backupOf(c, &from); err != nil {
				return err
			}
			cfg.Data, cfg.Log = from.Data, from.Log
			r, err := backup.Restore(c.Context(), cfg)
			if err != nil {
				return err
			}
			return sayRestored(c.OutOrStdout(), r)
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Data, "data", "", dataHelp)
	f.StringVar(&identity, "identity", "", identityHelp)
	f.StringVar(&cfg.WAL, "wal", "", "folder of `ayni backup wal`: the ledger comes back as far as it goes")
	f.StringVar(&until, "until", "", "go back to this moment only, RFC 3339: what came later is lost, and listed")
	f.Int64Var(&cfg.UntilBatch, "until-batch", 0, "likewise, to this batch, itself included")
	c.AddCommand(reconnectCommand())
	return c
}

func reconnectCommand() *cobra.Command {
	var cfg backup.Config
	c := &cobra.Command{
		Use:   "streams",
		Short: "Put the broker's streams right, where they were lost or know another past than the ledger",
		Long: "Put the embedded broker's streams right, where they were lost or know another past than the ledger: what an engine would\n" +
			"halt on. The switch must not run. What agrees is left as it is; what does not is set aside and made anew.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := backupOf(c, &cfg); err != nil {
				return err
			}
			found, err := backup.Reconnect(c.Context(), cfg.Data, cfg.Log)
			if err != nil {
				return err
			}
			return sayReconnected(c.OutOrStdout(), found)
		},
	}
	c.Flags().StringVar(&cfg.Data, "data", "", dataHelp)
	return c
}

// sayReconnected says what became of streams, and what that leaves to do.
func sayReconnected(out io.Writer, found *backup.Streams) error {
	lines := []string{"streams and ledger agree"}
	if found.Aside != "" {
		lines = []string{"set aside: nats/" + found.Aside}
	}
	if found.Ahead {
		lines = append(lines, "participants were told what the ledger does not know: tell witnesses and auditors that the log goes back")
	}
	for _, name := range found.Resumed {
		lines = append(lines, "made anew, behind what was read: what "+name+" sends")
	}
	if found.Told {
		lines = append(lines, "everything is told again when an engine leads; adapters do again nothing that they did")
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

func backupKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "key FILE", Short: "Make a key that backups are encrypted to: the private half goes into FILE, the public one is printed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			public, err := backup.NewIdentity(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), public)
			return err
		},
	}
}

// sayRestored says what a restore came to, and what is left to do.
func sayRestored(out io.Writer, r *backup.Restored) error {
	for _, name := range r.Kept {
		if _, err := fmt.Fprintf(out, "stays: %s\n", name); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "the ledger is at batch %d\n", r.Batch)
	if err == nil && r.Lost.File != "" {
		_, err = fmt.Fprintf(out, "lost: %d batches, with %d commands and %d transfers, listed in %s\n", r.Lost.Batches, r.Lost.Commands, r.Lost.Transfers, r.Lost.File)
	}
	if err == nil {
		_, err = fmt.Fprintln(out, "next: `ayni restore streams`, then start the switch; ops/docs/howto/recover.md has the whole way")
	}
	return err
}
