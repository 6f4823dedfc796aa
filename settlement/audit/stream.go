package audit

import "crypto/sha256"

// Stream is an export that is written once, from the first entry to one checkpoint, each file as soon as it is whole:
// into an archive, say. It holds the names of blobs and a few tiles in memory. It is for one goroutine.
type Stream struct {
	layout
	blobs map[[sha256.Size]byte]bool
}

// NewStream begins an export of the log that a verifier key names. Each file is put once; its bytes are lent.
func NewStream(key string, put func(name string, data []byte) error) (*Stream, error) {
	log, err := ParseKey(key)
	if err != nil {
		return nil, err
	}
	s := &Stream{layout: layout{log: log, put: put}, blobs: map[[sha256.Size]byte]bool{}}
	return s, put(keyFile, []byte(key+"\n"))
}

// Blob keeps bytes under their SHA-256, which it returns.
func (s *Stream) Blob(body []byte) ([sha256.Size]byte, error) {
	hash := sha256.Sum256(body)
	if s.blobs[hash] {
		return hash, nil
	}
	s.blobs[hash] = true
	return s.layout.Blob(body)
}

// Commit ends the export with the checkpoint of the size that it has come to. The error is a *RootError where the
// entries do not lead to it.
func (s *Stream) Commit(signed string) error {
	if _, err := s.open(signed); err != nil {
		return err
	}
	if err := s.writeEdge(); err != nil {
		return err
	}
	return s.put(checkpointFile, []byte(signed))
}
