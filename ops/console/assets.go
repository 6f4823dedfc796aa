package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
)

//go:embed templates assets
var embedded embed.FS

// file is what the console serves beside pages.
type file struct {
	content   []byte
	kind, tag string
}

// sheets are the styles of every page, in their order, sent as one.
func sheets() []string {
	return []string{"assets/tokens.css", "assets/layout.css", "assets/parts.css", "assets/pictures.css", "assets/vendor/uplot-1.6.32.min.css"}
}

// readFiles takes the assets in.
func readFiles() (map[string]file, error) {
	files := map[string]file{}
	var style []byte
	for _, name := range sheets() {
		content, err := embedded.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("console: assets: %w", err)
		}
		style = append(append(style, content...), '\n')
	}
	files["style.css"] = newFile("style.css", style)
	err := fs.WalkDir(embedded, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".css" {
			return err
		}
		content, err := embedded.ReadFile(name)
		files[path.Base(name)] = newFile(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("console: assets: %w", err)
	}
	return files, nil
}

func newFile(name string, content []byte) file {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	kind, known := kinds[path.Ext(name)]
	if !known {
		kind = "text/plain; charset=utf-8"
	}
	hash := sha256.Sum256(content)
	return file{content: content, kind: kind, tag: `"` + hex.EncodeToString(hash[:16]) + `"`}
}

// file serves an asset.
func (s *Site) file(w http.ResponseWriter, r *http.Request) {
	found, known := s.files[r.PathValue("name")]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", found.kind)
	w.Header().Set("Cache-Control", "no-cache") // it is asked for again, and answered shortly
	w.Header().Set("ETag", found.tag)
	if r.Header.Get("If-None-Match") == found.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(found.content) // a browser that left is nobody's failure
}
