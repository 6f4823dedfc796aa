package sandbox

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
)

// Dice decide everything that looks like chance. They are a pure function of the seed and of what is
// decided, so a run that was killed and started again meets the same fate.
type Dice struct{ Seed uint64 }

// Percent returns a number in 0..99 for key, independent between kinds.
func (d Dice) Percent(kind, key string) int {
	return int(d.Uint64(kind, key) % 100)
}

// Uint64 returns 64 bits for key, independent between kinds.
func (d Dice) Uint64(kind, key string) uint64 {
	sum := d.sum(kind, key)
	return binary.BigEndian.Uint64(sum[:])
}

// Code returns an identifier of 1 to 51 characters A-Z and 2-7, as rails give out for receipts.
func (d Dice) Code(kind, key string, length int) string {
	sum := d.sum(kind, key)
	return base32.StdEncoding.EncodeToString(sum[:])[:length]
}

func (d Dice) sum(kind, key string) [sha256.Size]byte {
	text := binary.BigEndian.AppendUint64(make([]byte, 0, 128), d.Seed)
	text = binary.BigEndian.AppendUint32(text, uint32(len(kind))) //nolint:gosec // kinds are short; their length keeps any two pairs from sharing a text
	text = append(append(text, kind...), key...)
	return sha256.Sum256(text)
}
