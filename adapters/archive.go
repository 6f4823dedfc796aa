package adapters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	bolt "go.etcd.io/bbolt"
)

// Document is a message of a rail, kept as it came for as long as orders are.
type Document struct {
	SHA256   string    `json:"sha256"` // of Body, in hex: its name for ever
	Kind     string    `json:"kind"`   // as the rail calls it: "pacs.008.001.08"
	Received time.Time `json:"received"`
	Body     []byte    `json:"body"`
}

// NewDocument is a message that came now.
func NewDocument(kind string, body []byte, now time.Time) Document {
	sum := sha256.Sum256(body)
	return Document{SHA256: hex.EncodeToString(sum[:]), Kind: kind, Received: now.UTC(), Body: body}
}

// Mention is a name that a document bears, such as "uetr/…", "order/…" or "message/SENDER/ID". Its note is what the rail
// wants to know when it meets the name again.
type Mention struct {
	Name   string `json:"name"` // at most maxName bytes, printable
	SHA256 string `json:"sha256"`
	Note   string `json:"note,omitempty"`
}

// Archive is a Sink that keeps what its rail was sent and what it answered, as *Runner does.
type Archive interface {
	// Keep puts a document and its names on their way to the disk. What is written after it is there no sooner: an order
	// that is durable has the document it was made of.
	Keep(d Document, names ...Mention) error
	// Answer keeps what a document is answered, and the notes of its names. With a nil error all of it is on the disk.
	Answer(ctx context.Context, sha string, answer []byte, names ...Mention) error
	// Answered is what a document was answered. found is false where it was not, or is not here.
	Answered(sha string) (answer []byte, found bool, err error)
	// Mentioned lists where a name stands, in the order of the documents' hashes.
	Mentioned(name string) ([]Mention, error)
}

var _ Archive = (*Runner)(nil)

// The archive's buckets. Keys: a document's SHA-256; in mentions a name, NUL, and that.
const (
	bucketDocuments = "documents"
	bucketAnswers   = "answers"
	bucketMentions  = "mentions"
)

const (
	maxName       = 256
	documentsPage = 1000
	nameEnd       = "\x00"
)

// Keep implements Archive.
func (r *Runner) Keep(d Document, names ...Mention) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	records, err := mentions(d.SHA256, names)
	if err != nil {
		return err
	}
	if !r.store.has(bucketDocuments, d.SHA256) { // the first time that it came is when it came
		records = append(records, record{bucketDocuments, d.SHA256, d})
	}
	r.store.write(nil, records...)
	return nil
}

// Answer implements Archive.
func (r *Runner) Answer(ctx context.Context, sha string, answer []byte, names ...Mention) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	records, err := mentions(sha, names)
	if err != nil {
		return err
	}
	r.store.write(nil, append(records, record{bucketAnswers, sha, answer})...)
	return r.durable(ctx)
}

// mentions are the records of a document's names.
func mentions(sha string, names []Mention) ([]record, error) {
	records := make([]record, 0, len(names)+1)
	for _, m := range names {
		for i := range len(m.Name) {
			if len(m.Name) > maxName || m.Name[i] < ' ' {
				return nil, fmt.Errorf("adapters: a document's name %.40q is too long, or not printable", m.Name)
			}
		}
		m.SHA256 = sha
		records = append(records, record{bucketMentions, m.Name + nameEnd + sha, m})
	}
	return records, nil
}

// Answered implements Archive.
func (r *Runner) Answered(sha string) (answer []byte, found bool, err error) {
	if err := r.enter(); err != nil {
		return nil, false, err
	}
	defer r.leave()
	found, err = r.store.get(bucketAnswers, sha, &answer)
	return answer, found, err
}

// Mentioned implements Archive.
func (r *Runner) Mentioned(name string) (list []Mention, err error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.leave()
	prefix := []byte(name + nameEnd)
	err = r.store.db.View(func(tx *bolt.Tx) error {
		at := tx.Bucket([]byte(bucketMentions)).Cursor()
		for key, value := at.Seek(prefix); bytes.HasPrefix(key, prefix) && len(list) < documentsPage; key, value = at.Next() {
			var m Mention
			if err := json.Unmarshal(value, &m); err != nil {
				return fmt.Errorf("adapters: read mention %q: %w", key, err)
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// document finds a document by its hash.
func (r *Runner) document(sha string) (d Document, found bool, err error) {
	found, err = r.store.get(bucketDocuments, sha, &d)
	return d, found, err
}

// mountArchive serves what a rail was sent, as it came.
func (r *Runner) mountArchive(mux *http.ServeMux) {
	mux.HandleFunc("GET /documents", func(w http.ResponseWriter, req *http.Request) {
		list := []Mention{}
		for what, names := range req.URL.Query() {
			for _, name := range names {
				found, err := r.Mentioned(what + "/" + name)
				if err != nil {
					r.failed(w, err)
					return
				}
				list = append(list, found...)
			}
		}
		answer(w, list)
	})
	mux.HandleFunc("GET /documents/{sha}", func(w http.ResponseWriter, req *http.Request) {
		r.showBytes(w, func() ([]byte, bool, error) {
			if err := r.enter(); err != nil {
				return nil, false, err
			}
			defer r.leave()
			d, found, err := r.document(req.PathValue("sha"))
			return d.Body, found, err
		})
	})
	mux.HandleFunc("GET /documents/{sha}/answer", func(w http.ResponseWriter, req *http.Request) {
		r.showBytes(w, func() ([]byte, bool, error) { return r.Answered(req.PathValue("sha")) })
	})
}

// showBytes answers with bytes as they are, which nobody may take for a page.
func (r *Runner) showBytes(w http.ResponseWriter, find func() ([]byte, bool, error)) {
	switch body, found, err := find(); {
	case err != nil:
		r.failed(w, err)
	case !found:
		problem(w, http.StatusNotFound, "unknown_document", "nothing of that hash")
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body) // the client is gone: there is nobody to tell
	}
}
