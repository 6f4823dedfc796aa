package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
)

// spoiled is an export whose entries differ from an index on.
type spoiled struct {
	*audit.Export
	from int64
}

func (s spoiled) Visit(ctx context.Context, visit func(entry []byte) error) error {
	for e, err := range s.Entries(ctx, 0) {
		if err != nil {
			return err
		}
		if e.Index >= s.from {
			e.Body = bytes.Replace(e.Body, []byte(`"cleared":"0"`), []byte(`"cleared":"1"`), 1)
		}
		if err := visit(e.Body); err != nil {
			return err
		}
	}
	return nil
}

func (s spoiled) Blob(index int64, hash [sha256.Size]byte) ([]byte, error) {
	return s.Export.Blob(index, hash)
}

// A batch is judged while the next is decided; what is wrong with it is told first all the same, and it does not count.
func TestWhatIsJudgedBesideComesFirst(t *testing.T) {
	dir := t.TempDir()
	l := verifytest.New(t, dir)
	l.Join("alpha", fx.MustCurrency("KES"), 100)
	l.Batch()
	second, third := l.Batch(), l.Batch()
	l.Commit()
	export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{})
	require.NoError(t, err)

	_, err = Replay(t.Context(), spoiled{export, third.LogIndex}, nil, SecondOpinion())
	var diverged *DivergedError
	require.ErrorAs(t, err, &diverged)
	require.Equal(t, third.LogIndex, diverged.Index)

	wrong := errors.New("wrong")
	for _, from := range []int64{third.LogIndex, export.Checkpoint().Size} {
		judge := func(s Step) error {
			s.beside(func() error {
				if s.Batch.ID == second.ID {
					return wrong
				}
				return nil
			})
			return nil
		}
		done, err := Replay(t.Context(), spoiled{export, from}, nil, judge)
		require.ErrorIs(t, err, wrong)
		require.Equal(t, second.LogIndex, done.Index)
	}
}
