package person

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/ops/atomicfile"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Seals writes the sealed messages of a ledger into a folder, a file for each batch that has some, named by the index
// of its entry. A line is a message: participant, sequence, and the sealed message in base64. It returns how many
// there are. The folder must lie outside an export, where nothing else may be.
func Seals(ctx context.Context, books *store.Ledger, dir string) (messages int, err error) {
	if _, err := os.Lstat(filepath.Join(dir, "checkpoint")); !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("person: %s is an export: sealed messages go elsewhere", dir)
	}
	const ours = 0o700
	if err := os.MkdirAll(dir, ours); err != nil {
		return 0, fmt.Errorf("person: sealed messages: %w", err)
	}
	var index int64
	var lines bytes.Buffer
	flush := func() error {
		if lines.Len() == 0 {
			return nil
		}
		defer lines.Reset()
		return atomicfile.Write(sealedFile(dir, index), func(w io.Writer) error {
			_, err := w.Write(lines.Bytes())
			return err
		})
	}
	err = books.Sealed(ctx, func(m store.SealedMessage) error {
		if m.Index != index {
			if err := flush(); err != nil {
				return err
			}
			index = m.Index
		}
		if _, err := persons.ReadMessage(m.Sealed); err != nil {
			return fmt.Errorf("person: message %d of %s was kept without keys of persons: %w", m.Sequence, m.Participant, err)
		}
		messages++
		fmt.Fprintf(&lines, "%s %d %s\n", m.Participant, m.Sequence, base64.StdEncoding.EncodeToString(m.Sealed))
		return nil
	})
	if err != nil {
		return messages, err
	}
	return messages, flush()
}

func sealedFile(dir string, index int64) string {
	return filepath.Join(dir, strconv.FormatInt(index, 10))
}

// message names a message of a batch.
type message struct {
	participant string
	sequence    uint64
}

// readSeals reads the sealed messages of a batch; none where there is no file of it.
func readSeals(dir string, index int64) (map[message][]byte, error) {
	f, err := os.Open(sealedFile(dir, index))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("person: sealed messages: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	sealed := map[message][]byte{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 2*persons.MaxMessageBytes)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		if len(words) != 3 {
			return nil, fmt.Errorf("person: %s: a line of %d words", f.Name(), len(words))
		}
		sequence, err := strconv.ParseUint(words[1], 10, 64)
		body, bad := base64.StdEncoding.Strict().DecodeString(words[2])
		if err := errors.Join(err, bad); err != nil {
			return nil, fmt.Errorf("person: %s: %w", f.Name(), err)
		}
		sealed[message{words[0], sequence}] = body
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("person: %s: %w", f.Name(), err)
	}
	return sealed, nil
}
