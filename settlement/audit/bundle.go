package audit

import (
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	lengthBytes    = 2 // before each entry of a bundle, big-endian
	maxBundleBytes = tileWidth * (lengthBytes + MaxEntryBytes)
)

func appendEntry(bundle, entry []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry))) //nolint:gosec // Folder.Append bounds it
	return append(bundle, entry...)
}

// cut takes the first entry off a bundle. It is nil where the bundle ends within it.
func cut(bundle []byte) (entry, rest []byte) {
	if len(bundle) < lengthBytes {
		return nil, nil
	}
	end := lengthBytes + int(binary.BigEndian.Uint16(bundle))
	if len(bundle) < end {
		return nil, nil
	}
	return bundle[lengthBytes:end:end], bundle[end:]
}

// split cuts a bundle, tile p, into its entries, whatever they are.
func (p place) split(data []byte) ([][]byte, error) {
	entries := make([][]byte, p.tile.W)
	for i := range entries {
		if entries[i], data = cut(data); entries[i] == nil {
			return nil, p.find(Malformed, "ends within an entry").at(p.first() + int64(i))
		}
	}
	if len(data) > 0 {
		return nil, p.find(Malformed, "%d bytes after the last entry", len(data)).at(p.first() + int64(p.tile.W) - 1)
	}
	return entries, nil
}

// readBundle cuts a bundle, tile p, into its entries, each of which must have the hash that the tree has at its place.
// It writes into data, which holds the entries that it returns. Before a finding stand the entries that are right.
func (p place) readBundle(data []byte, want []tlog.Hash) ([][]byte, error) {
	entries := make([][]byte, 0, len(want))
	for i, hash := range want {
		index := p.first() + int64(i)
		entry, rest := cut(data)
		if entry == nil {
			return entries, p.find(Malformed, "ends within an entry").at(index)
		}
		// A leaf's hash is that of a zero and the entry. The length's last byte, just before the entry and read by
		// now, lends its place, so that nothing is copied.
		leaf := data[lengthBytes-1 : lengthBytes+len(entry)]
		leaf[0] = 0
		if sha256.Sum256(leaf) != hash {
			return entries, p.find(Differs, "is not the entry that the tree has").at(index)
		}
		if !isCanonical(entry) {
			return entries, p.find(NotCanonical, "is not canonical JSON").at(index)
		}
		entries = append(entries, entry)
		data = rest
	}
	if len(data) > 0 {
		return entries, p.find(Malformed, "%d bytes after the last entry", len(data)).at(p.first() + int64(len(want)) - 1)
	}
	return entries, nil
}

func appendHashes(to []byte, hashes []tlog.Hash) []byte {
	for i := range hashes {
		to = append(to, hashes[i][:]...)
	}
	return to
}

func readHashes(data []byte) []tlog.Hash {
	hashes := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return hashes
}
