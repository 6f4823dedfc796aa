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
	mux.HandleFunc(method+" "+d.prefix+path, func(w http.ResponseWriter, r *http.Request) {
		if !d.admits(r.RemoteAddr) {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.most))
		if err != nil {
			status := http.StatusBadRequest
			if _, large := errors.AsType[*http.MaxBytesError](err); large {
				status = http.StatusRequestEntityTooLarge
			}
			http.Error(w, http.StatusText(status), status)
			return
		}
		take(w, r, body)
	})
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
