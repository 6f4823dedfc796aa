package netfiles

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/ops/atomicfile"
)

// errOneOutput is a call in which two outputs would overwrite each other or mix.
var errOneOutput = errors.New("each output needs a place of its own; with --json standard output is taken")

// output is a file to write, or with the name - standard output; without a name it is not written.
type output struct {
	file  string
	write func(*bufio.Writer)
}

// quiet tells whether standard output is left to a file. Every output needs a place of its own.
func quiet(json bool, files ...string) (bool, error) {
	taken := map[string]bool{"-": json}
	for _, file := range files {
		if file == "" {
			continue
		}
		place := filepath.Clean(file)
		if taken[place] {
			return false, errOneOutput
		}
		taken[place] = true
	}
	return taken["-"] && !json, nil
}

// writeAll writes files whole or not at all: all are complete beside their places before the first takes
// its place.
func writeAll(stdout io.Writer, outputs ...output) error {
	fresh := make(map[string]string, len(outputs)) // by file: what is to take its place
	defer func() {
		for _, f := range fresh {
			_ = os.Remove(f) // after the rename there is none, nor where there was no writing
		}
	}()
	for _, o := range outputs {
		var err error
		switch info, statErr := os.Lstat(o.file); {
		case o.file == "":
		case o.file == "-":
			err = flush(stdout, o.write)
		case statErr == nil && !info.Mode().IsRegular():
			err = overwrite(o.file, o.write) // a device or a link stays what it is
		case statErr != nil && !errors.Is(statErr, fs.ErrNotExist):
			err = statErr
		default:
			fresh[o.file], err = atomicfile.Beside(o.file, func(w io.Writer) error { return flush(w, o.write) })
		}
		if err != nil {
			return err
		}
	}
	for _, o := range outputs {
		if f, ok := fresh[o.file]; ok {
			if err := os.Rename(f, o.file); err != nil {
				return err
			}
		}
	}
	return nil
}

func flush(to io.Writer, write func(*bufio.Writer)) error {
	w := bufio.NewWriterSize(to, 1<<16)
	write(w)
	return w.Flush() // it keeps the first error
}

func overwrite(file string, write func(*bufio.Writer)) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return errors.Join(flush(f, write), f.Close())
}

// writeJSON writes one object.
func writeJSON(stdout io.Writer, object any) error {
	text, err := json.Marshal(object, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", text)
	return err
}

// writeField writes a name as a CSV field.
func writeField(w *bufio.Writer, field []byte) {
	if bytes.IndexByte(field, ',') < 0 && bytes.IndexByte(field, '"') < 0 {
		_, _ = w.Write(field) // the error comes with Flush
		return
	}
	_ = w.WriteByte('"')
	_, _ = w.Write(bytes.ReplaceAll(field, []byte{'"'}, []byte{'"', '"'}))
	_ = w.WriteByte('"')
}

// ratio is part/whole to six decimals, rounded down; of nothing, everything is reached.
func ratio(part, whole int64) string {
	if whole <= 0 {
		return "1.000000"
	}
	const decimals = 1_000_000
	millionths := new(big.Int).Mul(big.NewInt(part), big.NewInt(decimals))
	millionths.Div(millionths, big.NewInt(whole))
	return new(big.Rat).SetFrac(millionths, big.NewInt(decimals)).FloatString(6)
}

// decimal writes an exact number as a JSON number, rounded to so many decimals.
func decimal(n *big.Rat, decimals int) jsontext.Value { return jsontext.Value(n.FloatString(decimals)) }
