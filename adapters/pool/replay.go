package pool

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/store"
)

// ReplayError says that an entry of the store is not what its input makes: the store was changed, or another version
// of the rules wrote it.
type ReplayError struct {
	Pool   string
	Index  int64
	Detail string
}

func (e *ReplayError) Error() string {
	return fmt.Sprintf("pool %s: entry %d is not what its input makes: %s", e.Pool, e.Index, e.Detail)
}

// replay decides everything in the store again.
func (n *Node) replay(ctx context.Context) error {
	for r, err := range n.cfg.Store.Load(ctx) {
		if err != nil {
			return err
		}
		if err := n.again(r); err != nil {
			return err
		}
	}
	size, checkpoint, err := n.cfg.Store.Newest(ctx)
	if err != nil || size == 0 {
		return err
	}
	if err := n.log.Resume(checkpoint); err != nil {
		return fmt.Errorf("pool %s: %w", n.cfg.Name, err)
	}
	for sealed, err := range n.cfg.Store.Sealed(ctx) {
		if err == nil {
			err = n.unseal(sealed.Message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) again(r store.Record) error {
	wrong := func(format string, args ...any) error {
		return &ReplayError{Pool: n.cfg.Name, Index: r.Index, Detail: fmt.Sprintf(format, args...)}
	}
	in, err := input(r.Input)
	if err != nil {
		return wrong("%v", err)
	}
	entry, err := n.state.Decide(in)
	if err != nil {
		return wrong("%v", err)
	}
	draft, err := n.draft(entry)
	switch {
	case err != nil:
		return wrong("%v", err)
	case !bytes.Equal(draft.Entry, r.Entry):
		return wrong("it makes other lines")
	}
	if n.cfg.Now().Sub(r.Input.At) < tellFor {
		n.tell(draft)
	}
	return n.log.Add(r.Entry)
}

// input is an input as it was decided.
func input(kept store.Input) (decide.Input, error) {
	in := decide.Input{At: kept.At}
	if kept.Kind != actKind {
		in.Word = &decide.Word{Kind: kept.Kind, Body: kept.Body}
		return in, nil
	}
	key, err := act.ParseKey(kept.Key)
	in.Act = &act.Signed{Open: kept.Body, Key: key, Signature: kept.Signature}
	return in, err
}
