package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
)

// Cosigned is what came of asking witnesses.
type Cosigned struct {
	Witnessed witness.Witnessed
	Failed    map[string]error // why a witness did not cosign, by its name in the policy
}

// Cosign asks a policy's witnesses about the newest checkpoint of the export in a folder, and puts their cosignatures on
// it, few as they may be. Those that stood there stay unless their witness cosigned anew. The error is a
// *witness.UnsatisfiedError where they are too few for the policy.
func Cosign(ctx context.Context, dir, policy string) (done Cosigned, err error) {
	p, err := witness.ParsePolicy(policy)
	if err != nil {
		return done, err
	}
	line, err := os.ReadFile(filepath.Join(dir, "keys", "log"))
	if err != nil {
		return done, fmt.Errorf("audit: the log's key: %w", err)
	}
	key := strings.TrimSuffix(string(line), "\n")
	folder, err := audit.OpenFolder(dir, key) // nobody else writes on it meanwhile
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Others: verifiers(p), Receipts: anyReceipt})
	if err != nil {
		return done, err
	}
	collected, err := witness.NewCollector(p).Collect(ctx, export.Signed(), export.Hashes())
	if err != nil {
		return done, err
	}
	done.Failed = collected.Failed
	signed := withLines(collected.Note, export.Signed())
	if err := folder.Cosign(signed); err != nil {
		return done, err
	}
	done.Witnessed, err = p.Satisfied(signed, time.Now())
	return done, err
}

// withLines adds to a note those signatures of another one with its text whose keys have none on it.
func withLines(signed, earlier string) string {
	have := map[string]bool{}
	_, lines, _ := strings.Cut(signed, "\n\n")
	for line := range strings.Lines(lines) {
		have[signerOf(line)] = true
	}
	_, lines, _ = strings.Cut(earlier, "\n\n")
	for line := range strings.Lines(lines) {
		if !have[signerOf(line)] {
			signed += line
		}
	}
	return signed
}

// signerOf is the name and the key's id of a line of signature.
func signerOf(line string) string {
	words := strings.Fields(line)
	if len(words) != 3 {
		return line
	}
	const keyID = 4
	raw, err := base64.StdEncoding.DecodeString(words[2])
	if err != nil || len(raw) < keyID {
		return line
	}
	return fmt.Sprintf("%s %x", words[1], raw[:keyID])
}

// verifiers are those of a policy's witnesses.
func verifiers(p *witness.Policy) []note.Verifier {
	var all []note.Verifier
	for _, known := range p.Witnesses() {
		all = append(all, known.Key)
	}
	return all
}
