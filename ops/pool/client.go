package pool

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
)

const (
	callTimeout = time.Minute
	maxAnswer   = 16 << 20 // bytes of a view
	maxLogFile  = 64 << 20 // bytes of one file of a log
)

// Client is a member's side of a node's API, or the public's where the device has no key.
type Client struct {
	Node   string // URL
	Device Device
}

func (c Client) call(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Node, "/")+"/api/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the node: %w", err)
	}
	if method == http.MethodGet && c.Device.Key != nil {
		c.Device.prove(r, time.Now())
	}
	w, err := (&http.Client{Timeout: callTimeout}).Do(r)
	if err != nil {
		return nil, fmt.Errorf("the node does not answer at %s: is \"ayni pool serve\" running there? %w", c.Node, err)
	}
	if w.StatusCode == http.StatusOK {
		return w, nil
	}
	defer w.Body.Close() //nolint:errcheck // only read
	kind, _, _ := mime.ParseMediaType(w.Header.Get("Content-Type"))
	p := &Problem{}
	if kind != "application/problem+json" || json.UnmarshalRead(io.LimitReader(w.Body, maxAnswer), p) != nil {
		return nil, fmt.Errorf("%s is no pool's node: it answers %s", c.Node, w.Status)
	}
	return nil, p
}

// Get reads a view as JSON. Errors of the node's are *Problem.
func (c Client) Get(ctx context.Context, path string) (jsontext.Value, error) {
	w, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(w.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("the node: %w", err)
	}
	return text, nil
}

// About tells what the pool is, and who asks.
func (c Client) About(ctx context.Context) (a About, err error) {
	text, err := c.Get(ctx, "about")
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// Act hands in what was signed. Again is the same as once.
func (c Client) Act(ctx context.Context, signed act.Signed, closed [][]byte) (a decide.Answer, err error) {
	body, err := json.Marshal(Said{signed, closed}, json.Deterministic(true))
	if err != nil {
		return a, err
	}
	w, err := c.call(ctx, http.MethodPost, "acts", body)
	if err != nil {
		return a, err
	}
	defer w.Body.Close() //nolint:errcheck // only read
	err = json.UnmarshalRead(io.LimitReader(w.Body, maxAnswer), &a)
	return a, err
}

// Document is what a proposal says, and its hash as this side computes it.
func (c Client) Document(ctx context.Context, proposal string) (d Document, text []byte, hash string, err error) {
	if text, err = c.Get(ctx, "proposals/"+proposal+"/document"); err != nil {
		return d, nil, "", err
	}
	if err := json.Unmarshal(text, &d, json.StringifyNumbers(true), json.RejectUnknownMembers(true)); err != nil {
		return d, nil, "", fmt.Errorf("the node: what is proposed is malformed: %w", err)
	}
	if d.Pool != c.Device.Pool || d.ID != proposal {
		return d, nil, "", fmt.Errorf("the node shows %s of %s in place of %s: sign nothing", d.ID, d.Pool, proposal)
	}
	return d, text, hashText(text), nil
}

// Log writes the log as the device's owner may see it into a folder that is new or empty.
func (c Client) Log(ctx context.Context, dir string) error {
	w, err := c.call(ctx, http.MethodGet, "log", nil)
	if err != nil {
		return err
	}
	defer w.Body.Close() //nolint:errcheck // only read
	return Unpack(w.Body, dir)
}

// Unpack writes a log, as GET /api/log answers with it, into a folder that is new or empty. Its caller
// bounds how much that is.
func Unpack(log io.Reader, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) > 0 {
		return errors.Join(err, fmt.Errorf("%s is not empty: name another folder", dir))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // files were closed before
	for in := tar.NewReader(log); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the node: %w", err)
		}
		if err := keep(root, header, in); err != nil {
			return err
		}
	}
}

// keep writes one plain file inside the folder: a name that leads out of it is refused by os.Root.
func keep(root *os.Root, header *tar.Header, in io.Reader) error {
	if header.Typeflag != tar.TypeReg || header.Size > maxLogFile {
		return fmt.Errorf("the node: %.80q is no file of a log", header.Name)
	}
	name := filepath.FromSlash(header.Name)
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.LimitReader(in, header.Size))
	return errors.Join(err, f.Close())
}
