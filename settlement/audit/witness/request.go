package witness

import (
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Request is the body of add-checkpoint:
//
//	old 20852014
//	<hash of the consistency proof, base64>, none to 63 of them
//
//	<the checkpoint, a signed note>
type Request struct {
	Old        int64 // size of the tree that the proof begins with
	Proof      tlog.TreeProof
	Checkpoint string
}

// String writes the body.
func (r Request) String() string {
	var b strings.Builder
	b.WriteString("old " + strconv.FormatInt(r.Old, 10) + "\n")
	for _, hash := range r.Proof {
		b.WriteString(hash.String() + "\n")
	}
	return b.String() + "\n" + r.Checkpoint
}

// ParseRequest reads a body as String writes it; the checkpoint is not looked at. Errors are *RefusedError.
func ParseRequest(body string) (Request, error) {
	if len(body) > MaxRequestBytes {
		return Request{}, refuse(FaultMalformed, "a request of %d bytes, at most %d", len(body), MaxRequestBytes)
	}
	line, rest, ok := strings.Cut(body, "\n")
	digits, isOld := strings.CutPrefix(line, "old ")
	old, isSize := parseSize(digits)
	if !ok || !isOld || !isSize {
		return Request{}, refuse(FaultMalformed, "the first line is not: old SIZE")
	}
	r := Request{Old: old}
	for {
		if line, rest, ok = strings.Cut(rest, "\n"); !ok {
			return Request{}, refuse(FaultMalformed, "no empty line ends the proof")
		}
		if line == "" {
			r.Checkpoint = rest
			return r, nil
		}
		if len(r.Proof) == MaxProofHashes {
			return Request{}, refuse(FaultMalformed, "a proof of more than %d hashes", MaxProofHashes)
		}
		hash, ok := parseHash(line)
		if !ok {
			return Request{}, refuse(FaultMalformed, "line %d of the proof is no hash", len(r.Proof)+1)
		}
		r.Proof = append(r.Proof, hash)
	}
}

// parseSize reads a tree's size as it is written: decimal, without signs and leading zeroes.
func parseSize(digits string) (int64, bool) {
	size, err := strconv.ParseInt(digits, 10, 64)
	return size, err == nil && size >= 0 && size <= MaxSize && strconv.FormatInt(size, 10) == digits
}

func parseHash(text string) (hash tlog.Hash, ok bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != tlog.HashSize || len(text) != base64.StdEncoding.EncodedLen(tlog.HashSize) {
		return hash, false // the decoder passes over line ends
	}
	return tlog.Hash(raw), true
}
