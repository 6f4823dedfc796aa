package pools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Bounds on what a node may take of us.
const (
	lookTime    = 30 * time.Second // all of a look, with reading the log
	beginTime   = 10 * time.Second // until it begins to answer
	maxLog      = 32 << 20         // bytes of the log as everybody sees it
	maxWords    = 4 << 20          // bytes of what it says of itself
	maxHeader   = 32 << 10
	connections = 2
)

// node is a pool's node over HTTP. It is nobody's to lead elsewhere: redirects are not followed.
type node struct {
	base   string
	client *http.Client
}

func newNode(base string) node {
	return node{base: base, client: &http.Client{
		Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: beginTime}).DialContext, TLSHandshakeTimeout: beginTime, ResponseHeaderTimeout: beginTime,
			MaxResponseHeaderBytes: maxHeader, MaxConnsPerHost: connections, IdleConnTimeout: time.Minute, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// statusError is an answer that is not what was asked for.
type statusError struct {
	path   string
	status int
}

func (e *statusError) Error() string { return fmt.Sprintf("GET %s answers %d", e.path, e.status) }

// get opens an answer of at most so many bytes; reading on is an *http.MaxBytesError.
func (n node) get(ctx context.Context, path string, most int64) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	w, err := n.client.Do(r)
	if err != nil {
		return nil, err
	}
	if w.StatusCode != http.StatusOK {
		return nil, errors.Join(&statusError{path, w.StatusCode}, w.Body.Close())
	}
	return http.MaxBytesReader(nil, w.Body, most), nil
}

func (n node) read(ctx context.Context, path string, most int64) (text []byte, err error) {
	body, err := n.get(ctx, path, most)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // only read
	text, err = io.ReadAll(body)
	return text, blame(err)
}

// blame tells an answer that is wrong from one that broke off: that may be anybody's fault.
func blame(err error) error {
	if _, broke := errors.AsType[net.Error](err); err == nil || broke || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return refuse("%v", err)
}

// checkpoint is the newest that the node has published, "" where it has published none yet.
func (n node) checkpoint(ctx context.Context) (string, error) {
	text, err := n.read(ctx, "/log/checkpoint", audit.MaxCheckpointBytes)
	if status, is := errors.AsType[*statusError](err); is && status.status == http.StatusNotFound {
		return "", nil
	}
	return string(text), err
}

// copy writes the log as everybody sees it into a folder.
func (n node) copy(ctx context.Context, dir string) error {
	body, err := n.get(ctx, "/api/log", maxLog)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // only read
	return blame(pool.Unpack(body, dir))
}
