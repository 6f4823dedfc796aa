package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The layout of an export, a folder of static files: tiles are those of C2SP tlog-tiles, the rest is named here.
//
//	checkpoint                          the newest signed checkpoint
//	checkpoints/<size>                  those of before, by size, written as tiles write numbers (x001/234)
//	tile/<L>/<N>[.p/<W>]                hash tiles of 256
//	tile/entries/<N>[.p/<W>]            entry bundles
//	blobs/<two hex digits>/<64 of them> what entries name, by SHA-256
//	keys/log                            the log's verifier key
//	receipts/<transfer>.json            those that were asked for
const (
	checkpointFile = "checkpoint"
	keyFile        = "keys/log"

	tileHeight = 8
	tileWidth  = 1 << tileHeight
	bundles    = -1 // the level of entries, below that of their hashes
)

type kind int

const (
	checkpointKind kind = iota + 1
	keyKind
	earlierKind
	tileKind // hashes and entries
	blobKind
	receiptKind
)

// place is what a file of an export holds, as its name says.
type place struct {
	kind   kind
	tile   tlog.Tile
	number int64 // the size of an earlier checkpoint, the transfer of a receipt
	hash   [sha256.Size]byte
}

func tileAt(level int, n int64, width int) place {
	return place{kind: tileKind, tile: tlog.Tile{H: tileHeight, L: level, N: n, W: width}}
}

func earlierAt(size int64) place { return place{kind: earlierKind, number: size} }

func blobAt(hash [sha256.Size]byte) place { return place{kind: blobKind, hash: hash} }

func receiptAt(transfer int64) place { return place{kind: receiptKind, number: transfer} }

// tlog writes the height of its tiles into their names, and calls entries data.
const (
	tlogPrefix  = "tile/8/"
	tlogEntries = "tile/8/data/"
	tlogNumber  = "tile/8/0/"
)

// name is the file's path in the export, with slashes.
func (p place) name() string {
	switch p.kind {
	case checkpointKind:
		return checkpointFile
	case keyKind:
		return keyFile
	case earlierKind:
		return "checkpoints/" + strings.TrimPrefix(tlog.Tile{H: tileHeight, N: p.number, W: tileWidth}.Path(), tlogNumber)
	case tileKind:
		if p.tile.L == bundles {
			return "tile/entries/" + strings.TrimPrefix(p.tile.Path(), tlogEntries)
		}
		return "tile/" + strings.TrimPrefix(p.tile.Path(), tlogPrefix)
	case blobKind:
		text := hex.EncodeToString(p.hash[:])
		return "blobs/" + text[:2] + "/" + text
	case receiptKind:
		return "receipts/" + strconv.FormatInt(p.number, 10) + ".json"
	}
	return ""
}

// placeOf reads a file's name. A name that this package would not write so is of no file of an export.
func placeOf(name string) (place, bool) {
	p, ok := guess(name)
	return p, ok && p.name() == name
}

func guess(name string) (place, bool) {
	folder, rest, _ := strings.Cut(name, "/")
	var p place
	var err error
	switch folder {
	case checkpointFile:
		p.kind = checkpointKind
	case "keys":
		p.kind = keyKind
	case "checkpoints":
		p.kind = earlierKind
		var t tlog.Tile
		t, err = tlog.ParseTilePath(tlogNumber + rest)
		p.number = t.N
	case "tile":
		p.kind = tileKind
		if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
			p.tile, err = tlog.ParseTilePath(tlogEntries + entries)
		} else {
			p.tile, err = tlog.ParseTilePath(tlogPrefix + rest)
		}
	case "blobs":
		p.kind = blobKind
		var n int
		if _, digits, _ := strings.Cut(rest, "/"); len(digits) == 2*len(p.hash) {
			n, err = hex.Decode(p.hash[:], []byte(digits))
		}
		if n != len(p.hash) {
			return p, false
		}
	case "receipts":
		p.kind = receiptKind
		p.number, err = strconv.ParseInt(strings.TrimSuffix(rest, ".json"), 10, 64)
	default:
		return p, false
	}
	return p, err == nil && p.number >= 0
}

// count is how many complete subtrees of 256^level leaves a tree has: the hashes that its tiles of the level hold.
func count(size int64, level int) int64 {
	if level > maxLevel {
		return 0
	}
	return size >> (tileHeight * max(level, 0)) // entries are as many as their hashes
}

// maxLevel is the highest level that a tree of int64 leaves reaches.
const maxLevel = 63 / tileHeight

// width is how many hashes or entries tile n of a level has in a tree of the size: none where it does not reach.
func width(size int64, level int, n int64) int {
	all := count(size, level)
	switch full := all >> tileHeight; {
	case n < full:
		return tileWidth
	case n == full:
		return int(all & (tileWidth - 1))
	}
	return 0
}

// first is the index of the first entry that the file covers, or -1 where it covers none.
func (p place) first() int64 {
	if p.kind != tileKind {
		return -1
	}
	shift := tileHeight * (max(p.tile.L, 0) + 1)
	if p.tile.L > maxLevel || bits.Len64(uint64(p.tile.N))+shift > 63 { //nolint:gosec // N is never negative
		return -1
	}
	return p.tile.N << shift
}
