package schema_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

func oneByOne(text string) io.Reader { return iotest.OneByteReader(strings.NewReader(text)) }

// drain reads to the end, and returns how it ended unless that is well.
func drain(r *schema.Reader) error {
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// The pieces of a document are the children that Parse finds.
func TestPiecesAreWhatParseFinds(t *testing.T) {
	for file, data := range samples(t) {
		d, err := schema.Parse(data, maxTestBytes)
		r := schema.NewReader(iotest.HalfReader(bytes.NewReader(data)), maxTestBytes)
		if err != nil {
			assert.Equal(t, err, drain(r), file)
			continue
		}
		var children []*schema.Element
		for {
			p, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, file)
			assert.Empty(t, p.Within)
			children = append(children, p.Element)
		}
		assert.Equal(t, d.Body.Children, children, file)
		assert.Equal(t, d.Message, r.Document().Message)
		assert.Equal(t, d.Header, r.Document().Header)
		assert.Nil(t, r.Document().Body)
		_, err = r.Next()
		assert.ErrorIs(t, err, io.EOF, "it stays at the end")
	}
}

// An opened element comes piece by piece itself.
func TestOpenedElementsComeInPieces(t *testing.T) {
	data := samples(t)["pain.001.001.03__moov-io__gistfile1.xml"]
	d, err := schema.Parse(data, maxTestBytes)
	require.NoError(t, err)
	var want []schema.Piece
	for _, child := range d.Body.Children {
		if child.Name != "PmtInf" {
			want = append(want, schema.Piece{Element: child})
			continue
		}
		for _, inner := range child.Children {
			want = append(want, schema.Piece{Within: "PmtInf[1]", Element: inner})
		}
	}
	r := schema.NewReader(bytes.NewReader(data), maxTestBytes, "PmtInf")
	var got []schema.Piece
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		got = append(got, p)
	}
	assert.Equal(t, want, got)
}

func TestReaderSaysWhatFailsBelow(t *testing.T) {
	broken := errors.New("the line is cut")
	for cut := range len(credit(1)) {
		in := io.MultiReader(bytes.NewReader(credit(1)[:cut]), iotest.ErrReader(broken))
		require.ErrorIs(t, drain(schema.NewReader(in, maxTestBytes)), broken, "behind %d bytes", cut)
		var e *schema.Error
		require.ErrorAs(t, drain(schema.NewReader(bytes.NewReader(credit(1)[:cut]), maxTestBytes)), &e, "%d bytes", cut)
	}
}

func TestReaderIsBounded(t *testing.T) {
	data := credit(10)
	require.NoError(t, drain(schema.NewReader(bytes.NewReader(data), int64(len(data)))))
	assert.ErrorContains(t, drain(schema.NewReader(bytes.NewReader(data), int64(len(data)-1))), "oversized")
	// What never ends, ends here.
	long := "<Document xmlns=\"" + strings.Repeat("x", 2<<20)
	assert.ErrorContains(t, drain(schema.NewReader(strings.NewReader(long), maxTestBytes)), "oversized")
	comments := io.MultiReader(strings.NewReader(opening), strings.NewReader(strings.Repeat("<!-- -->", 1<<20)))
	assert.ErrorContains(t, drain(schema.NewReader(comments, maxTestBytes)), "oversized")
}

// heap is what is held.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// However many payments, one is held at a time.
func TestReaderHoldsOnePiece(t *testing.T) {
	const transfers = 2_000
	r := schema.NewReader(bytes.NewReader(credit(transfers)), maxTestBytes)
	var first, last uint64
	for n := 0; ; n++ {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch n {
		case transfers / 2:
			first = heap()
		case transfers - 1:
			last = heap()
		}
	}
	assert.Less(t, last, first+256<<10)
}
