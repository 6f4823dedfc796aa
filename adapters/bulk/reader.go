package bulk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ayni-switch/ayni/messaging"
)

// bom is what some spreadsheets write before UTF-8.
var bom = []byte("\xef\xbb\xbf")

// firstLine is the number of the first line after the header.
const firstLine = 2

// mark is a place in a file: a line and where it begins.
type mark struct {
	Line   int   `json:"line"` // 1 is the header
	Offset int64 `json:"offset"`
}

// reader reads a file line by line. It holds one line, whatever the file holds.
type reader struct {
	in *bufio.Reader
	at mark // of the line that comes next
}

// newReader reads from the beginning, past the header. Errors are *messaging.FaultError where the header
// is neither Header nor LongHeader, and those of in.
func newReader(in io.Reader) (*reader, error) {
	r := &reader{in: bufio.NewReaderSize(in, 2*MaxLineBytes), at: mark{Line: 1}}
	header, err := r.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if text := string(bytes.TrimPrefix(header, bom)); text != Header && text != LongHeader {
		return nil, refuse(messaging.FaultSchema, "the first line is not %q", Header)
	}
	return r, nil
}

// next returns the next line without its end, valid until the next call. Of a line longer than
// MaxLineBytes it returns the beginning, still longer than that, and skips the rest. At the end it is io.EOF.
func (r *reader) next() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	read := int64(len(line))
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		line, long = bytes.Clone(line[:MaxLineBytes+1]), true
		var more []byte
		more, err = r.in.ReadSlice('\n')
		read += int64(len(more))
	}
	if err != nil && (!errors.Is(err, io.EOF) || read == 0) {
		return nil, err
	}
	r.at.Line++
	r.at.Offset += read
	if long {
		return line, nil
	}
	line = bytes.TrimSuffix(line, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), nil
}

// errSpool says that a file cannot be read from the disk. It holds up this file and no other.
var errSpool = errors.New("bulk: the file's bytes")

// spool is a file on the disk, open at a line.
type spool struct {
	reader
	file *os.File
}

// openSpool opens a file whose header was checked before at the line of mark; the zero mark is the first
// line after the header.
func openSpool(path string, at mark) (*spool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	if at.Line > 0 {
		_, err = f.Seek(at.Offset, io.SeekStart)
		s := &spool{reader: reader{in: bufio.NewReaderSize(f, 8*MaxLineBytes), at: at}, file: f}
		if err == nil {
			return s, nil
		}
	} else {
		var r *reader
		if r, err = newReader(f); err == nil {
			return &spool{reader: *r, file: f}, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%w: %w", errSpool, err), f.Close())
}

func (s *spool) close() error { return s.file.Close() }
