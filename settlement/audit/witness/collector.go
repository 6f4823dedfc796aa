package witness

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What a witness may take and answer.
const (
	askTime        = 10 * time.Second
	maxTries       = 3 // a witness says where it stands, and may have moved meanwhile
	maxAnswerBytes = 16 << 10
)

// Collector collects cosignatures for a log. It remembers where each witness stands, so that most checkpoints take one
// request. It is safe for concurrent use.
type Collector struct {
	policy *Policy
	client *http.Client

	mu     sync.Mutex
	stands map[string]int64 // size that a witness knows, by its name in the policy
}

// NewCollector makes the collector of a policy: it asks the witnesses that have a URL.
func NewCollector(policy *Policy) *Collector {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Collector{policy: policy, client: client, stands: map[string]int64{}}
}

// Collected is a checkpoint with the cosignatures that could be had.
type Collected struct {
	Note   string           // the log's signatures, then cosignatures in the policy's order
	Failed map[string]error // why a witness did not cosign, by its name in the policy
}

// AheadError says that a witness has cosigned a larger tree. A newer checkpoint has to be submitted.
type AheadError struct{ Submitted, Known int64 }

func (e *AheadError) Error() string {
	return fmt.Sprintf("witness: it has cosigned size %d already, beyond %d", e.Known, e.Submitted)
}

// DisputedError says that a witness knows another tree than was submitted, or has seen two: either the log
// forked, or the witness's word is wrong. A person has to look.
type DisputedError struct {
	Size   int64 // that was submitted
	Detail string
}

func (e *DisputedError) Error() string {
	return fmt.Sprintf("witness: it disputes the tree of size %d: %.200s", e.Size, e.Detail)
}

// AnswerError is an answer that is no cosignature. Statuses of 500 and more may pass.
type AnswerError struct {
	Status int
	Detail string
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("witness: it answers %d: %.200s", e.Status, e.Detail)
}

// Disputes tells whether a witness that did not cosign knows another log than was submitted, by what it answered.
// Where it is merely ahead, the log may have gone on since.
func Disputes(err error) bool {
	if _, ahead := errors.AsType[*AheadError](err); ahead {
		return true
	}
	if _, disputed := errors.AsType[*DisputedError](err); disputed {
		return true
	}
	answer, ok := errors.AsType[*AnswerError](err)
	return ok && answer.Status == http.StatusUnprocessableEntity // our own proofs lead where they should
}

// Collect asks all witnesses at once for their cosignatures on a checkpoint of the log, and waits for each for ten
// seconds at most. Hashes are of the log's tree and are read concurrently; proofs are made of them. It errs with
// *RefusedError where the checkpoint is not one of a log of the policy; whether what was collected suffices says
// Policy.Satisfied.
func (c *Collector) Collect(ctx context.Context, signed string, hashes tlog.HashReader) (Collected, error) {
	submitted, err := c.policy.logs.Open(signed)
	if err != nil {
		return Collected{}, err
	}
	witnesses := c.policy.witnesses
	lines, errs := make([]note.Signature, len(witnesses)), make([]error, len(witnesses))
	var asked sync.WaitGroup
	for i, w := range witnesses {
		if w.URL != "" {
			asked.Go(func() { lines[i], errs[i] = c.ask(ctx, w, submitted, hashes) })
		}
	}
	asked.Wait()
	collected := Collected{Failed: map[string]error{}}
	cosigned := strings.Builder{}
	cosigned.WriteString(submitted.Note)
	for i, w := range witnesses {
		if errs[i] != nil {
			collected.Failed[w.Name] = fmt.Errorf("witness %s: %w", w.Name, errs[i])
		} else if w.URL != "" {
			fmt.Fprintf(&cosigned, "— %s %s\n", lines[i].Name, lines[i].Base64)
		}
	}
	collected.Note = cosigned.String()
	return collected, nil
}

// ask asks one witness, from where it stands.
func (c *Collector) ask(ctx context.Context, w Known, submitted Signed, hashes tlog.HashReader) (note.Signature, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	old := c.standing(w.Name)
	if old > submitted.Size {
		old = 0 // it says where it stands
	}
	for range maxTries {
		proof, err := proof(hashes, old, submitted.Size)
		if err != nil {
			return note.Signature{}, err
		}
		status, body, err := c.post(ctx, w, Request{Old: old, Proof: proof, Checkpoint: submitted.Note})
		if err != nil {
			return note.Signature{}, err
		}
		switch status {
		case http.StatusOK:
			line, err := cosignatureIn(body, w, submitted)
			if err == nil {
				c.stand(w.Name, submitted.Size)
			}
			return line, err
		case http.StatusConflict:
			known, ok := parseSize(strings.TrimSuffix(body, "\n"))
			switch {
			case !ok:
				return note.Signature{}, &AnswerError{Status: status, Detail: body}
			case known > submitted.Size:
				c.stand(w.Name, known)
				return note.Signature{}, &AheadError{Submitted: submitted.Size, Known: known}
			case known == old:
				return note.Signature{}, &DisputedError{Size: submitted.Size, Detail: "it stands where the proof begins, and refuses it"}
			}
			old = known
		case http.StatusLocked:
			return note.Signature{}, &DisputedError{Size: submitted.Size, Detail: body}
		default:
			return note.Signature{}, &AnswerError{Status: status, Detail: body}
		}
	}
	return note.Signature{}, &AnswerError{Status: http.StatusConflict, Detail: fmt.Sprintf("it moves: it stood at %d", old)}
}

func (c *Collector) standing(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stands[name]
}

func (c *Collector) stand(name string, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stands[name] = max(c.stands[name], size)
}

func (c *Collector) post(ctx context.Context, w Known, r Request) (status int, body string, err error) {
	address := strings.TrimSuffix(w.URL, "/") + "/add-checkpoint"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(r.String()))
	if err != nil {
		return 0, "", err
	}
	answer, err := c.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	return answer.StatusCode, string(text), errors.Join(err, answer.Body.Close())
}

// cosignatureIn finds a witness's own cosignature among the lines of an answer, and verifies it.
func cosignatureIn(body string, w Known, submitted Signed) (note.Signature, error) {
	lines, err := cosignatures(submitted.Text+"\n"+body, []Known{w})
	if err != nil {
		return note.Signature{}, err
	}
	line, ok := lines[w.Name]
	if !ok {
		return note.Signature{}, &AnswerError{Status: http.StatusOK, Detail: "without its cosignature"}
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(line.Base64); err != nil {
		return note.Signature{}, &AnswerError{Status: http.StatusOK, Detail: "with a cosignature that is not canonical base64"}
	}
	return line, nil
}

// proof makes the consistency proof between two sizes of a tree, empty where there is nothing to prove.
func proof(hashes tlog.HashReader, older, newer int64) (tlog.TreeProof, error) {
	if older == 0 || older == newer {
		return nil, nil
	}
	if hashes == nil {
		return nil, errors.New("witness: no hashes to prove with")
	}
	p, err := tlog.ProveTree(newer, older, hashes)
	if err != nil {
		return nil, fmt.Errorf("witness: prove size %d from %d: %w", newer, older, err)
	}
	return slices.Clip(p), nil
}
