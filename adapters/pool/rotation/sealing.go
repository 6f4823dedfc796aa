package rotation

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"
)

// Sealing is a round of secrets, committed to before any is revealed: a drawing's, or a sealed auction's bids. An open
// auction's bids are entries without commitment and secret.
type Sealing struct {
	Attempt     int       `json:"attempt"` // from 1; a drawing in which too few reveal is begun again
	CommitUntil time.Time `json:"commit_until"`
	RevealUntil time.Time `json:"reveal_until,omitzero"`
	Revealing   bool      `json:"revealing,omitzero"`
	Entries     []Sealed  `json:"entries,omitempty"` // by seat; an open auction's from the lowest bid to the highest
}

// Sealed is what one seat committed to.
type Sealed struct {
	Seat       int    `json:"seat"`
	Commitment string `json:"commitment,omitzero"` // Commitment's answer
	Secret     string `json:"secret,omitzero"`     // once it is revealed
	Minor      int64  `json:"minor,omitzero"`      // the bid, once it is revealed
}

// secretLength is how many hex digits a secret has: 32 bytes that nobody can guess. A commitment has as many.
const secretLength = 2 * sha256.Size

// isHex tells whether a text is 32 bytes in small hex digits.
func isHex(text string) bool {
	bytes, err := hex.DecodeString(text)
	return err == nil && len(text) == secretLength && hex.EncodeToString(bytes) == text
}

// Commitment is what a seat commits to: SHA-256 in hex over the lines
//
//	ayni-rotation-commitment-1 · group · round, 0 for the drawing · attempt · seat · bid in minor units, 0 for the drawing · secret
//
// each ended by a newline, so that nobody can commit to what another committed to. The secret is 64 small hex digits.
func Commitment(group string, round, attempt, seat int, minor int64, secret string) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "ayni-rotation-commitment-1\n%s\n%d\n%d\n%d\n%d\n%s\n", group, round, attempt, seat, minor, secret))
	return hex.EncodeToString(hash[:])
}

// Seed is SHA-256 over the lines
//
//	ayni-rotation-seed-1 · group · round, 0 for the drawing · attempt · and of each that was revealed, by seat: seat, a space, secret
//
// each ended by a newline.
func (s *Sealing) Seed(group string, round int) [sha256.Size]byte {
	text := fmt.Appendf(nil, "ayni-rotation-seed-1\n%s\n%d\n%d\n", group, round, s.Attempt)
	for _, e := range s.Entries {
		if e.Secret != "" {
			text = fmt.Appendf(text, "%d %s\n", e.Seat, e.Secret)
		}
	}
	return sha256.Sum256(text)
}

// Draw puts the numbers from 0 to n - 1 into an order, each order as likely as any other: from the last place down to
// the second, the number there changes places with the one at a place that is drawn from those up to it (Fisher and
// Yates). A place below b is drawn as the next number modulo b. The numbers are SHA-256 over seed and a counter from 0,
// both big-endian, 8 bytes each for the counter and a number; those at or above the greatest multiple of b that 8 bytes
// hold are passed over, or some places would be likelier.
func Draw(seed [sha256.Size]byte, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	numbers := source{seed: seed}
	for i := n - 1; i > 0; i-- {
		j := numbers.below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// source is an endless row of numbers from a seed.
type source struct {
	seed    [sha256.Size]byte
	counter uint64
	block   []byte // of which has not been used
}

func (s *source) next() uint64 {
	if len(s.block) == 0 {
		block := sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clone(s.seed[:]), s.counter))
		s.block = block[:]
		s.counter++
	}
	number := binary.BigEndian.Uint64(s.block)
	s.block = s.block[8:]
	return number
}

// below is a number from 0 to bound - 1.
func (s *source) below(bound int) int {
	b := uint64(bound)                       //nolint:gosec // positive
	end := math.MaxUint64 - math.MaxUint64%b // a multiple of b
	for {
		if number := s.next(); number < end {
			return int(number % b) //nolint:gosec // below bound
		}
	}
}

// DrawOrder is the order of turns that a drawing among so many seats gives: those that revealed, in order of seats, by
// Draw; behind them those that did not, in order of seats, by another Draw from the same seed. Anybody can do it again.
func (s *Sealing) DrawOrder(group string, seats int) []int {
	var open, shut []int
	for n := 1; n <= seats; n++ {
		if e := s.entry(n); e != nil && e.Secret != "" {
			open = append(open, n)
		} else {
			shut = append(shut, n)
		}
	}
	seed := s.Seed(group, 0)
	var order []int
	for _, list := range [][]int{open, shut} {
		for _, i := range Draw(seed, len(list)) {
			order = append(order, list[i])
		}
	}
	return order
}

// entry is a seat's, nil where there is none.
func (s *Sealing) entry(seat int) *Sealed {
	i := slices.IndexFunc(s.Entries, func(e Sealed) bool { return e.Seat == seat })
	if i < 0 {
		return nil
	}
	return &s.Entries[i]
}

// withdraw takes back what a seat committed to or bid. Once secrets are being revealed its own stays where it is, or
// leaving would be a way to another seed.
func (s *Sealing) withdraw(seat int) {
	if !s.Revealing {
		s.Entries = slices.DeleteFunc(s.Entries, func(e Sealed) bool { return e.Seat == seat })
	} else if e := s.entry(seat); e != nil {
		e.Minor = 0
	}
}

func (s *Sealing) clone() *Sealing {
	if s == nil {
		return nil
	}
	clone := *s
	clone.Entries = slices.Clone(s.Entries)
	return &clone
}
