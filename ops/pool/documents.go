package pool

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// charter gives the rules in force: to members of any standing, and to whom they show their decisions.
func (a *API) charter(r *reader) (any, error) {
	var rules *charter.Charter
	shown := r.member != ""
	a.home.View(func(s *decide.State) {
		rules = s.Charter()
		shown = shown || s.Shown(charter.SectionDecisions, charter.Public)
	})
	if rules == nil {
		return nil, web.ErrUnknown
	}
	if !shown {
		return nil, web.ErrNotShown
	}
	text, err := rules.Canonical()
	return jsontext.Value(text), err
}

// Document is a proposal as its hash is of: SHA-256 of its canonical JSON is what a vote signs.
type Document struct {
	ID       string         `json:"id"`
	Pool     string         `json:"pool"`
	Version  int64          `json:"version"`
	Decision charter.Kind   `json:"decision"`
	Subject  jsontext.Value `json:"subject"`
	Expires  jsontext.Value `json:"expires"`
}

// document writes what is voted on from the log's line about it, to whom that line is shown.
func (a *API) document(r *reader) (any, error) {
	var hash [sha256.Size]byte
	var entry int64
	known := false
	a.home.View(func(s *decide.State) {
		if p := s.Proposal(r.PathValue("id")); p != nil {
			known, hash, entry = true, p.Hash, p.Entry
		}
	})
	if !known {
		return nil, web.ErrUnknown
	}
	logged, err := a.home.Store.Entry(r.Context(), entry)
	if err != nil {
		return nil, err
	}
	shown, err := a.shownTo(r.member)
	if err != nil {
		return nil, err
	}
	for _, blob := range logged.Blobs {
		_, line, err := diary.ParseBlob(blob)
		if err != nil {
			return nil, err
		}
		if text, ok := documentOf(line, a.home.Name, hash); ok {
			if !shown(line) {
				return nil, web.ErrNotShown
			}
			return jsontext.Value(text), nil
		}
	}
	return nil, web.ErrUnknown
}

// documentOf is the document with the hash, where a line is about it.
func documentOf(line diary.Line, pool string, hash [sha256.Size]byte) ([]byte, bool) {
	var p struct {
		Document

		Proposal string         `json:"proposal"`
		Others   jsontext.Value `json:",embed"`
	}
	if line.Kind != "proposal" || json.Unmarshal(line.Body, &p, json.StringifyNumbers(true)) != nil {
		return nil, false
	}
	p.ID, p.Pool = p.Proposal, pool
	text, err := audit.Canonical(p.Document)
	return text, err == nil && sha256.Sum256(text) == hash
}

// shownTo tells which lines of the log somebody may see, or the public.
func (a *API) shownTo(member string) (func(diary.Line) bool, error) {
	eyes := view.Of(charter.Public)
	if member != "" {
		var err error
		if eyes, err = a.shows.Eyes(member); err != nil {
			return nil, err
		}
	}
	return a.shows.Shows(eyes), nil
}

// copyLog writes the log as whoever asks may see it, with the key that verifies it.
func (a *API) copyLog(w http.ResponseWriter, r *http.Request) {
	from, err := a.who(r)
	if err == nil {
		err = a.copies.allow(addressOf(r) + from.member)
	}
	if err == nil {
		err = a.copyTo(r.Context(), w, from.member)
	}
	if err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) copyTo(ctx context.Context, w http.ResponseWriter, member string) (err error) {
	dir, err := os.MkdirTemp("", "ayni-pool-log-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	shown, err := a.shownTo(member)
	if err == nil {
		err = diary.WriteView(ctx, dir, a.home.Public, a.home.Store, shown)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-tar")
	out := tar.NewWriter(w)
	if err := errors.Join(addFiles(out, os.DirFS(dir)), out.Close()); err != nil {
		panic(http.ErrAbortHandler) // half of it is away: whoever reads shall not take it for the whole
	}
	return nil
}

// addFiles adds plain files, without saying whose and of when they are.
func addFiles(out *tar.Writer, files fs.FS) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	})
}

// hashText is a hash as votes and agreements name it.
func hashText(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
