package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	pool "github.com/ayni-switch/ayni/adapters/pool/verify"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Config is what an auditor says.
type Config struct {
	Dir    string // the export
	Key    string // the log's verifier key; "" takes the export's own word
	Since  string // an older signed checkpoint that the log must continue; "" for none
	Policy string // of witnesses who must have cosigned the newest checkpoint, as C2SP tlog-policy writes it; "" for none
	Watch  func(done, all int64)

	// Ledger is one that must hold what the export says, up to where that ends; nil for none. It may have gone on.
	Ledger *store.Ledger
}

// Report is what a verification found.
type Report struct {
	Origin     string       `json:"origin"`
	Entries    int64        `json:"entries"`
	Root       string       `json:"root"`
	Batches    int64        `json:"batches"`
	Commands   int64        `json:"commands"`
	Messages   int64        `json:"messages"`
	Unread     int64        `json:"unread"`
	Transfers  int64        `json:"transfers"`
	Cleared    int64        `json:"cleared"`
	Postings   int64        `json:"postings"`
	Through    time.Time    `json:"through"`
	Since      int64        `json:"since,omitzero"`     // entries of the older checkpoint
	Witnesses  []string     `json:"witnesses,omitzero"` // who cosigned, by their names in the policy
	Ledger     int64        `json:"ledger,omitzero"`    // batches that a ledger holds the same
	Pool       *pool.Report `json:"pool,omitzero"`      // of a pool's log, in place of batches
	Difference *Difference  `json:"difference,omitzero"`
	TookNS     int64        `json:"took_ns"`
}

// OK tells whether nothing differs.
func (r *Report) OK() bool { return r.Difference == nil }

// Took is how long the verification lasted.
func (r *Report) Took() time.Duration { return time.Duration(r.TookNS) }

// String says it to people.
func (r *Report) String() string {
	if r.Difference != nil {
		return r.Difference.String()
	}
	if r.Pool != nil {
		return r.Pool.String()
	}
	text := fmt.Sprintf("%d entries; %d batches decided again, %d messages, %d transfers, %d postings, all as logged", r.Entries,
		r.Batches, r.Messages, r.Transfers, r.Postings)
	if r.Ledger > 0 {
		text += fmt.Sprintf("; %d batches the same in the ledger", r.Ledger)
	}
	if len(r.Witnesses) > 0 {
		text += "; cosigned by " + strings.Join(r.Witnesses, ", ")
	}
	return text
}

// Difference is the first place where a log is not what follows from it.
type Difference struct {
	Index    int64  `json:"index"` // of the entry; -1 where it is about none
	Batch    int64  `json:"batch,omitzero"`
	Where    string `json:"where"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// String says it to people.
func (d *Difference) String() string {
	at := "beside the entries"
	if d.Index >= 0 {
		at = fmt.Sprintf("entry %d", d.Index)
	}
	return fmt.Sprintf("%s: %s: expected %s, found %s", at, d.Where, d.Expected, d.Found)
}

// Verify reads an export from end to end and replays it. What differs is in the report; the error is about what could
// not be read at all, for lack of a file system, memory or time.
func Verify(ctx context.Context, cfg Config) (*Report, error) {
	began := time.Now()
	r := &Report{}
	var policy *witness.Policy
	var others []note.Verifier
	if cfg.Policy != "" {
		var err error
		if policy, err = witness.ParsePolicy(cfg.Policy); err != nil {
			return nil, err
		}
		others = verifiers(policy)
	}
	export, err := openExport(cfg, others)
	switch {
	case err != nil:
	case ofPool(ctx, export):
		err = r.verifyPool(ctx, export, cfg, others)
	case cfg.Ledger != nil:
		err = r.verifyBeside(ctx, export, cfg)
	default:
		err = r.verify(ctx, export, cfg)
	}
	if err == nil && policy != nil {
		err = r.vouched(policy, export)
	}
	r.TookNS = time.Since(began).Nanoseconds()
	if difference := differenceOf(err); difference != nil {
		r.Difference, err = difference, nil
	}
	return r, err
}

// ofPool tells whether a log is a pool's, by its first entry.
func ofPool(ctx context.Context, export *audit.Export) bool {
	for entry, err := range export.Entries(ctx, 0) {
		if err != nil {
			return false
		}
		_, err = diary.ParseEntry(entry.Body)
		return err == nil
	}
	return false
}

// verifyPool reads the copy of a pool's log, whole or a view.
func (r *Report) verifyPool(ctx context.Context, export *audit.Export, cfg Config, others []note.Verifier) (err error) {
	if cfg.Ledger != nil {
		return errors.New("a pool's log is not the switch's: leave --database-url out")
	}
	c := export.Checkpoint()
	r.Origin, r.Entries, r.Root = string(c.Origin), c.Size, c.Root.String()
	if cfg.Since != "" {
		older, err := export.Consistent(cfg.Since)
		if err != nil {
			return err
		}
		r.Since = older.Size
	}
	r.Pool, err = pool.Verify(ctx, os.DirFS(cfg.Dir), diary.Trust{Key: cfg.Key, Others: others}, func(p diary.Page) {
		if cfg.Watch != nil {
			cfg.Watch(p.Index, c.Size)
		}
	})
	if err == nil && r.Pool.Difference != nil {
		d := r.Pool.Difference
		r.Difference = &Difference{Index: d.Index, Where: d.Where(), Expected: d.Expected, Found: d.Found}
	}
	return err
}

// openExport opens an export whose receipts are looked at, and the cosignatures of others.
func openExport(cfg Config, others []note.Verifier) (export *audit.Export, err error) {
	export, err = audit.OpenExport(os.DirFS(cfg.Dir), audit.Trust{
		Key: cfg.Key, Others: others, Receipts: func(transfer int64, text []byte) error { return receiptHolds(export, transfer, text) },
	})
	return export, err
}

// vouched wants the newest checkpoint cosigned as a policy says.
func (r *Report) vouched(policy *witness.Policy, export *audit.Export) error {
	witnessed, err := policy.Satisfied(export.Signed(), time.Now())
	if err != nil {
		return &audit.Finding{Fault: audit.Unsigned, File: "checkpoint", Index: -1, Detail: err.Error()}
	}
	for _, c := range witnessed.By {
		r.Witnesses = append(r.Witnesses, c.Name)
	}
	return nil
}

func (r *Report) verify(ctx context.Context, export *audit.Export, cfg Config, observers ...verify.Observer) error {
	c := export.Checkpoint()
	r.Origin, r.Entries, r.Root = string(c.Origin), c.Size, c.Root.String()
	if cfg.Since != "" {
		older, err := export.Consistent(cfg.Since)
		if older.Size > c.Size {
			return &verify.DivergedError{
				Index: c.Size, What: "the log's end", Expected: fmt.Sprintf("the %d entries of an older checkpoint", older.Size), Found: "none",
			}
		}
		if err != nil {
			return err
		}
		r.Since = older.Size
	}
	log := &exported{export: export}
	done, err := verify.Replay(ctx, log, func(p verify.Progress) {
		if cfg.Watch != nil {
			cfg.Watch(p.Index, c.Size)
		}
	}, append([]verify.Observer{verify.SecondOpinion()}, observers...)...)
	r.Batches, r.Commands, r.Messages, r.Unread = done.Batches, done.Commands, done.Messages, done.Unread
	r.Transfers, r.Cleared, r.Postings, r.Through = done.Transfers, done.Cleared, done.Postings, done.At
	return first(err, log.findings)
}

// first is the error about the earliest entry.
func first(err error, findings []*audit.Finding) error {
	if len(findings) == 0 {
		return err
	}
	if diverged, ok := errors.AsType[*verify.DivergedError](err); ok && (findings[0].Index < 0 || diverged.Index < findings[0].Index) {
		return err
	}
	return findings[0]
}

// exported is an export as a replay reads it. What the files themselves lack is in findings, after the visit.
type exported struct {
	export   *audit.Export
	findings []*audit.Finding
}

// Visit implements verify.Log.
func (x *exported) Visit(ctx context.Context, visit func(entry []byte) error) (err error) {
	visited := int64(0)
	x.findings, err = x.export.Verify(ctx, func(e audit.Entry) error {
		visited++
		named, _ := verify.Names(e.Body) // what does not read is told in its turn, after what is before it
		for _, hash := range named {
			x.export.Expect(hash)
		}
		return visit(e.Body)
	})
	if err == nil && visited < x.export.Checkpoint().Size {
		return verify.ErrCutOff
	}
	return err
}

// Blob implements verify.Log.
func (x *exported) Blob(index int64, hash [sha256.Size]byte) ([]byte, error) {
	return x.export.Blob(index, hash)
}

// differenceOf says what an error tells an auditor; nil where it is about something else.
func differenceOf(err error) *Difference {
	if diverged, ok := errors.AsType[*verify.DivergedError](err); ok {
		return &Difference{Index: diverged.Index, Batch: diverged.Batch, Where: diverged.What, Expected: diverged.Expected, Found: diverged.Found}
	}
	if finding, ok := errors.AsType[*audit.Finding](err); ok {
		return &Difference{Index: finding.Index, Where: finding.File, Expected: "a file of the log", Found: finding.Error()}
	}
	if other, ok := errors.AsType[*audit.RootError](err); ok { // where they part, only who has both histories can tell
		return &Difference{
			Index: -1, Where: fmt.Sprintf("the first %d entries", other.Checkpoint.Size),
			Expected: "those of an older checkpoint, whose root is " + other.Checkpoint.Root.String(), Found: "another history: " + other.Root.String(),
		}
	}
	return nil
}
