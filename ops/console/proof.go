package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	opsaudit "github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/console/draw"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Evidence is what the switch shows of its log. *audit.Evidence of ops/audit is one.
type Evidence interface {
	Key() string
	Receipt(ctx context.Context, transfer settlement.TransferID) (*audit.Receipt, error)
	Archive(ctx context.Context, out io.Writer) error
	StartReplay(ctx context.Context, by string, failed func(error)) error
	StopReplay()
	Replayed() opsaudit.Replay
}

// proofView is how a transfer's receipt proves its steps.
type proofView struct {
	ID         settlement.TransferID
	Checkpoint audit.Checkpoint
	Signed     string
	Open       string
	Entries    []provedEntry
	Missing    string // why there is no receipt, "" where there is
}

// provedEntry is an entry of the log with what it proves of the transfer.
type provedEntry struct {
	Index   int64
	Entry   string
	Leaf    string
	Lines   []provedLine
	Path    []hop
	Picture string
}

type provedLine struct {
	Said         string // the line, without its hashes
	Line         string
	Place, Depth int64
}

// hop is one step from an entry up to the root.
type hop struct {
	Side   string // where the other hash stands
	Beside string
}

// receiptOf makes the receipt of a transfer that a visitor may see. missing says for people why there is none.
func (s *Site) receiptOf(v *visit) (receipt *audit.Receipt, id settlement.TransferID, missing string, err error) {
	id, err = settlement.ParseTransferID(v.r.PathValue("id"))
	if err != nil {
		return nil, id, "", errNoPage
	}
	story, err := s.Books.Transfer(v.r.Context(), id)
	if errors.Is(err, ledger.ErrNoTransfer) {
		return nil, id, "", errNoPage
	}
	if err != nil {
		return nil, id, "", err
	}
	if err := auth.Own(v.r.Context(), story.Debtor, story.Creditor); err != nil {
		return nil, id, "", err
	}
	receipt, err = s.Evidence.Receipt(v.r.Context(), id)
	var untold *ledger.StepsError
	switch {
	case errors.As(err, &untold):
		return nil, id, "The ledger’s rows do not tell the order of this transfer’s steps. An export of the log does: ayni audit receipt makes its receipt.", nil
	case err != nil:
		return nil, id, "", err
	}
	return receipt, id, "", nil
}

// receipt is a receipt as a file, to the byte what is checked.
func (s *Site) receipt(v *visit) (view, error) {
	receipt, id, missing, err := s.receiptOf(v)
	if err != nil {
		return view{}, err
	}
	if missing != "" {
		return view{name: "proof", title: "Proof of " + id.String(), at: "Transfers", status: http.StatusConflict, data: &proofView{ID: id, Missing: missing}}, nil
	}
	text, err := receipt.Text()
	if err != nil {
		return view{}, err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="receipt-`+id.String()+`.json"`)
	_, _ = v.w.Write(text) // a browser that left is nobody's failure
	return view{}, errAnswered
}

// proof shows a receipt.
func (s *Site) proof(v *visit) (view, error) {
	receipt, id, missing, err := s.receiptOf(v)
	if err != nil {
		return view{}, err
	}
	shown := &proofView{ID: id, Missing: missing}
	if missing == "" {
		if shown, err = s.proved(receipt, id); err != nil {
			return view{}, err
		}
	}
	return view{name: "proof", title: "Proof of " + id.String(), at: "Transfers", data: shown}, nil
}

func (s *Site) proved(receipt *audit.Receipt, id settlement.TransferID) (*proofView, error) {
	verifier, err := note.NewVerifier(s.Evidence.Key())
	if err != nil {
		return nil, err
	}
	at, err := receipt.Check(verifier)
	if err != nil {
		return nil, err
	}
	shown := &proofView{ID: id, Checkpoint: at, Signed: receipt.Checkpoint, Open: indented([]byte(receipt.Open))}
	for _, step := range receipt.Steps {
		if n := len(shown.Entries); n == 0 || shown.Entries[n-1].Index != step.Index {
			entry, err := provedBy(step, at)
			if err != nil {
				return nil, err
			}
			shown.Entries = append(shown.Entries, entry)
		}
		last := &shown.Entries[len(shown.Entries)-1]
		last.Lines = append(last.Lines, provedLine{Said: inWords(step.Line), Line: step.Line, Place: step.Place, Depth: int64(len(step.Path))})
	}
	return shown, nil
}

// inWords says a line of steps to people.
func inWords(line string) string {
	words := strings.Split(line, " ")
	if words[0] == "intent" {
		return "The intent became this transfer."
	}
	const state, reason = 2, 3
	said := "It came into the state " + strings.ReplaceAll(words[state], "_", " ")
	if words[reason] != "-" {
		said += ", for the reason " + words[reason]
	}
	return said + "."
}

// provedBy draws the way from an entry up to the root that was signed (RFC 6962, 2.1.1), which was checked.
func provedBy(step audit.ReceiptStep, at audit.Checkpoint) (provedEntry, error) {
	hash := audit.Leaf([]byte(step.Entry))
	entry := provedEntry{Index: step.Index, Entry: indented([]byte(step.Entry)), Leaf: hash.String()}
	picture := draw.Climb{
		About: draw.About{ID: fmt.Sprintf("climb-%d", step.Index), Title: fmt.Sprintf("From entry %d to the root of %d entries", step.Index, at.Size)},
		Class: "climb", Leaf: draw.Spot{Name: fmt.Sprintf("entry %d", step.Index), Hash: brief(hash)},
	}
	place, last := step.Index, at.Size-1
	for _, text := range step.LogPath {
		beside, err := tlog.ParseHash(text)
		if err != nil {
			return entry, err
		}
		for place%2 == 0 && place == last { // alone at the edge: it goes up as it is
			place, last = place/2, last/2
		}
		left := place%2 == 1
		if left {
			hash = tlog.NodeHash(beside, hash)
		} else {
			hash = tlog.NodeHash(hash, beside)
		}
		place, last = place/2, last/2
		entry.Path = append(entry.Path, hop{Side: map[bool]string{true: "left", false: "right"}[left], Beside: text})
		picture.Rungs = append(picture.Rungs, draw.Rung{Left: left, Beside: brief(beside), Becomes: brief(hash)})
	}
	if hash != at.Root {
		return entry, fmt.Errorf("console: the path of entry %d leads to %s, not to %s", step.Index, hash, at.Root)
	}
	picture.Root = draw.Spot{Name: fmt.Sprintf("root of %d entries, signed", at.Size), Hash: brief(hash)}
	picture.Desc = fmt.Sprintf("%d hashes stand beside the way; the list has them in full.", len(step.LogPath))
	entry.Picture = picture.SVG()
	return entry, nil
}

// brief is the beginning of a hash, enough to tell those of a page apart.
func brief(hash tlog.Hash) string {
	const shown = 8
	return hash.String()[:shown] + "…"
}
