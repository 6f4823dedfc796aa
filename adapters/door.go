package adapters

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
)

// Door lets callbacks in: below an unguessable prefix, from the rail's addresses, up to a size. Who stands before it
// with another address sees what is behind an unknown path: nothing.
type Door struct {
	prefix  string
	sources []netip.Prefix
	most    int64
}

var doorPrefix = regexp.MustCompile(`^/[A-Za-z0-9_-]{22,128}$`)

// NewDoor makes the door of one rail. prefix is "/" and at least 22 unguessable characters; no sources means any
// address; most is of a body, in bytes.
func NewDoor(prefix string, sources []netip.Prefix, most int64) (Door, error) {
	switch {
	case !doorPrefix.MatchString(prefix):
		return Door{}, errors.New("the callback prefix is not / and 22 to 128 of A-Z a-z 0-9 _ -")
	case most <= 0:
		return Door{}, fmt.Errorf("a door for bodies of %d bytes", most)
	}
	return Door{prefix: prefix, sources: slices.Clone(sources), most: most}, nil
}

// Handle serves a method and a path below the prefix. take gets the whole body; a longer one is answered 413, one that
// breaks off 400, and a foreign address 404. The address is the socket's: a header can say anything.
func (d Door) Handle(mux *http.ServeMux, method, path string, take func(w http.ResponseWriter, r *http.Request, body []byte)) {
	d.HandleUnread(mux, method, path, d.most, func(w http.ResponseWriter, r *http.Request) {
		if body, ok := ReadBody(w, r); ok {
			take(w, r, body)
		}
	})
}

// HandleUnread serves as Handle does, bodies of at most most bytes, of which none is read before take reads it: who
// calls can be looked at first.
func (d Door) HandleUnread(mux *http.ServeMux, method, path string, most int64, take http.HandlerFunc) {
	mux.HandleFunc(method+" "+d.prefix+path, func(w http.ResponseWriter, r *http.Request) {
		if !d.admits(r.RemoteAddr) {
			http.NotFound(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		take(w, r)
	})
}

// ReadBody reads a request's whole body; ok is false where it could not, which has been answered.
func ReadBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		return body, true
	}
	status := http.StatusBadRequest
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		status = http.StatusRequestEntityTooLarge
	}
	http.Error(w, http.StatusText(status), status)
	return nil, false
}

func (d Door) admits(remote string) bool {
	if len(d.sources) == 0 {
		return true
	}
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	address := from.Addr().Unmap()
	return slices.ContainsFunc(d.sources, func(s netip.Prefix) bool { return s.Contains(address) })
}
