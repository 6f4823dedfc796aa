package witness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Heard is a checkpoint and where it was heard: in a file, from a witness, on the log's own page.
type Heard struct {
	From   string
	Signed string
}

// History is what checkpoints of one log amount to.
type History struct {
	Newest   Signed   // the largest that is of the tree at hand; the largest of all where there is none
	From     string   // where that was heard
	Unproved []string // where checkpoints were heard of which nothing proves that they are of one history with it, nor that they are not
}

// HeardError says where an unusable checkpoint was heard.
type HeardError struct {
	From string
	Err  error
}

func (e *HeardError) Error() string { return fmt.Sprintf("witness: heard from %s: %v", e.From, e.Err) }
func (e *HeardError) Unwrap() error { return e.Err }

// OneHistory tells whether checkpoints of one log are of one history. Hashes are of a tree of that log, as its tiles
// give it, and may be nil: then only checkpoints of one size can be compared. Errors are *SplitViewError where the
// log signed two histories, and *HeardError for what is no checkpoint of a known log, or of another than the first.
func OneHistory(logs Logs, heard []Heard, hashes tlog.HashReader) (History, error) {
	all := make([]opened, len(heard))
	for i, h := range heard {
		signed, err := logs.Open(h.Signed)
		if err != nil {
			return History{}, &HeardError{From: h.From, Err: err}
		}
		if signed.Origin != all[0].Origin && i > 0 {
			return History{}, &HeardError{From: h.From, Err: refuse(FaultUnknown, "log %s, not %s", signed.Origin, all[0].Origin)}
		}
		all[i] = opened{Signed: signed, from: h.From}
	}
	slices.SortStableFunc(all, func(a, b opened) int { return cmp.Compare(a.Size, b.Size) })
	for i := 1; i < len(all); i++ {
		if all[i-1].Size == all[i].Size {
			if fork := diverge(all[i-1].Signed, all[i].Signed, nil); fork != nil {
				return History{}, fork
			}
		}
	}
	if len(all) == 0 {
		return History{}, nil
	}
	measure := largestOf(all, hashes)
	history := History{Newest: measure.Signed, From: measure.from}
	for _, one := range all {
		fork, proved := compare(one.Signed, measure.Signed, hashes)
		if fork != nil {
			return history, fork
		}
		if !proved {
			history.Unproved = append(history.Unproved, one.from)
		}
	}
	return history, nil
}

type opened struct {
	Signed
	from string
}

// largestOf returns the largest checkpoint that is of a tree, and the largest of all where none is.
func largestOf(all []opened, hashes tlog.HashReader) opened {
	for i := len(all) - 1; i >= 0 && hashes != nil; i-- {
		if root, ok := rootAt(all[i].Size, hashes); ok && root == all[i].Root {
			return all[i]
		}
	}
	return all[len(all)-1]
}

// compare tells whether a checkpoint is proved to begin another one, or proved not to. Hashes are not trusted: they
// count by the proofs that they make.
func compare(one, measure Signed, hashes tlog.HashReader) (fork *SplitViewError, proved bool) {
	if one.Size == measure.Size || one.Size == 0 {
		return nil, true // those of one size have been compared
	}
	if p, err := proof(hashes, one.Size, measure.Size); err == nil {
		if tlog.CheckTree(p, measure.Size, measure.Root, one.Size, one.Root) == nil {
			return nil, true
		}
		beginning, ok := rootAt(one.Size, hashes)
		fork = &SplitViewError{Older: one, Newer: measure, Beginning: beginning, Proof: p}
		if ok && fork.check() == nil {
			return fork, false
		}
	}
	return nil, false
}

func rootAt(size int64, hashes tlog.HashReader) (tlog.Hash, bool) {
	if size == 0 {
		return emptyRoot(), true
	}
	root, err := tlog.TreeHash(size, hashes)
	return root, err == nil
}

// Listen reads a checkpoint from a file, or by HTTP where the place begins with http:// or https://. A witness's is at
// its /checkpoint?origin=ORIGIN, a log's at its /checkpoint.
func Listen(ctx context.Context, client *http.Client, place string) (Heard, error) {
	text, err := read(ctx, client, place)
	if err == nil && len(text) > MaxCheckpointBytes {
		err = refuse(FaultMalformed, "more than %d bytes", MaxCheckpointBytes)
	}
	if err != nil {
		return Heard{}, &HeardError{From: place, Err: err}
	}
	return Heard{From: place, Signed: string(text)}, nil
}

func read(ctx context.Context, client *http.Client, place string) (text []byte, err error) {
	if !strings.HasPrefix(place, "http://") && !strings.HasPrefix(place, "https://") {
		f, err := os.Open(place)
		if err != nil {
			return nil, err
		}
		text, err = io.ReadAll(io.LimitReader(f, MaxCheckpointBytes+1))
		return text, errors.Join(err, f.Close())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	text, err = io.ReadAll(io.LimitReader(answer.Body, MaxCheckpointBytes+1))
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusOK {
		err = &AnswerError{Status: answer.StatusCode, Detail: string(text)}
	}
	return text, err
}
