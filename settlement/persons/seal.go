package persons

import (
	"crypto/sha256"
	"encoding/binary"
)

// MaxLineBytes bounds a closed line.
const MaxLineBytes = 8 << 10

// Line is a closed line, as the participant sent it, and the person whose key it is sealed under.
type Line struct {
	Person Person
	Text   []byte
}

// Sealed is a closed line that only the keys open.
type Sealed struct {
	Hidden     [8]byte    // whose it is: see hidden
	Commitment Commitment // as the log has it
	Box        []byte     // none where the person was erased before the line came
}

// Seal seals a line. Errors are *ErasedError, *PersonError and *LimitError.
func (k *Keys) Seal(p Person, line []byte) (Sealed, error) {
	return k.seal(nil, p, line)
}

// seal puts the box behind dst. Where the person is erased, what it gives has no box and errs with *ErasedError.
func (k *Keys) seal(dst []byte, p Person, line []byte) (Sealed, error) {
	if len(line) == 0 || len(line) > MaxLineBytes {
		return Sealed{}, &LimitError{What: "bytes of a closed line (one at least)", Got: len(line), Max: MaxLineBytes}
	}
	path, err := k.Path(p)
	if err != nil {
		return Sealed{}, err
	}
	s := Sealed{Commitment: sha256.Sum256(line)}
	s.Hidden = k.hidden(path, &s.Commitment)
	key, err := k.at(path)
	if err != nil {
		return s, err
	}
	s.Box = key.seal(dst, line, &s.Commitment)[len(dst):]
	return s, nil
}

// Unseal opens a sealed line. Errors are *ErasedError and *TamperedError; no other Keys open it. A line without a box
// whose person is there was tampered with: who is erased does not come back.
func (k *Keys) Unseal(s Sealed) ([]byte, error) {
	mask := k.mask(&s.Commitment)
	key, err := k.at(Path(binary.BigEndian.Uint64(s.Hidden[:]) ^ mask))
	if err != nil {
		return nil, err
	}
	return key.open(s.Box, &s.Commitment)
}

// hidden is the path under a mask: AES-256 of the commitment's first half, by a key from the pepper. So whoever has
// the sealed lines and not the file of keys does not even learn which are of one person.
func (k *Keys) hidden(path Path, c *Commitment) (masked [8]byte) {
	binary.BigEndian.PutUint64(masked[:], uint64(path)^k.mask(c))
	return masked
}

func (k *Keys) mask(c *Commitment) uint64 {
	var block [16]byte
	k.hide.Encrypt(block[:], c[:len(block)])
	return binary.BigEndian.Uint64(block[:])
}
