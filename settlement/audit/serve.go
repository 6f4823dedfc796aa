package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
)

// How long whoever reads over HTTP may keep a file. What is named by its content, or full, never changes.
const (
	keepForever  = "max-age=31536000, immutable"
	keepShortly  = "max-age=60"
	askEveryTime = "no-cache" // and be told by the ETag that it is still the same
)

// Handler serves the export in a folder as the static files that it is: nothing but files of an export, for GET and
// HEAD, without listings. A name is looked up only if it is one that this package writes, so none leads elsewhere.
func Handler(dir string) http.Handler {
	return serving(func(w http.ResponseWriter, r *http.Request, p place) error { return p.serve(w, r, dir) })
}

// serving answers for files of an export, by their names.
func serving(serve func(http.ResponseWriter, *http.Request, place) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "an export is only read", http.StatusMethodNotAllowed)
			return
		}
		p, known := placeOf(strings.TrimPrefix(r.URL.Path, "/"))
		if !known {
			http.NotFound(w, r)
			return
		}
		switch err := serve(w, r, p); {
		case errors.Is(err, fs.ErrNotExist):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, "the export cannot be read", http.StatusInternalServerError)
		}
	})
}

func (p place) serve(w http.ResponseWriter, r *http.Request, dir string) error {
	f, err := os.OpenInRoot(dir, p.name())
	if errors.Is(err, fs.ErrNotExist) {
		data, err := p.narrower(dir)
		if err != nil {
			return err
		}
		p.answer(w, r, "public", time.Time{}, bytes.NewReader(data))
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	modified := info.ModTime()
	if !p.stays() {
		hash := sha256.New()
		if _, err := io.Copy(hash, io.LimitReader(f, MaxReceiptBytes)); err != nil {
			return err
		}
		w.Header().Set("ETag", tagOf(hash.Sum(nil)))
		modified = time.Time{} // two checkpoints a second are two, and the tag tells
	}
	p.answer(w, r, "public", modified, f)
	return nil
}

// answer sends the file's content, which caches keep that are public, or the reader's own where it is private.
func (p place) answer(w http.ResponseWriter, r *http.Request, caches string, modified time.Time, content io.ReadSeeker) {
	w.Header().Set("Content-Type", p.contentType())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", p.keep(caches))
	http.ServeContent(w, r, "", modified, content)
}

func tagOf(hash []byte) string { return `"` + hex.EncodeToString(hash) + `"` }

// stays tells whether what a file holds never changes. Checkpoints of before do: cosignatures may come.
func (p place) stays() bool { return p.kind == blobKind || p.kind == tileKind }

func (p place) keep(caches string) string {
	switch {
	case !p.stays():
		return askEveryTime
	case p.kind == tileKind && p.tile.W < tileWidth:
		return caches + ", " + keepShortly
	}
	return caches + ", " + keepForever
}

func (p place) contentType() string {
	switch p.kind {
	case tileKind, blobKind:
		return "application/octet-stream"
	case receiptKind:
		return "application/json"
	default:
		return "text/plain; charset=utf-8"
	}
}
