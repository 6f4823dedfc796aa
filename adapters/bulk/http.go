package bulk

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// transferTime is how long one file may take on its way in, or its results on their way out.
const transferTime = time.Hour

// Handler serves the desk:
//
//	POST   /bulk                 a file (text/csv) → File, 201 where it is new; nothing is paid yet
//	                             or a payment order (application/xml, pain.001) → pain.002, and its Location
//	GET    /bulk                 the last files → []File
//	GET    /bulk/{sha}           File
//	PUT    /bulk/{sha}/approval  has it paid → File
//	GET    /bulk/{sha}/results   the results as they are now (text/csv)
//	GET    /bulk/{sha}/report    likewise, of a payment order (application/xml, pain.002)
//	DELETE /bulk/{sha}           forgets a file that nobody approved
//
// It has no login: like the Runner's Handler it belongs on a private address. Errors are
// application/problem+json. No request here is one that a page from elsewhere could have a browser send.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /bulk", d.post)
	mux.HandleFunc("GET /bulk", func(w http.ResponseWriter, _ *http.Request) {
		list, err := d.Files(listed)
		d.answer(w, http.StatusOK, list, err)
	})
	mux.HandleFunc("GET /bulk/{sha}", func(w http.ResponseWriter, r *http.Request) {
		f, err := d.File(r.PathValue("sha"))
		d.answer(w, http.StatusOK, f, err)
	})
	mux.HandleFunc("PUT /bulk/{sha}/approval", func(w http.ResponseWriter, r *http.Request) {
		f, err := d.Approve(r.PathValue("sha"))
		d.answer(w, http.StatusOK, f, err)
	})
	mux.HandleFunc("GET /bulk/{sha}/results", d.results)
	mux.HandleFunc("GET /bulk/{sha}/report", func(w http.ResponseWriter, r *http.Request) {
		d.report(w, r, http.StatusOK, r.PathValue("sha"))
	})
	mux.HandleFunc("DELETE /bulk/{sha}", func(w http.ResponseWriter, r *http.Request) {
		if err := d.Discard(r.PathValue("sha")); err != nil {
			d.answer(w, 0, nil, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func (d *Desk) post(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != typeCSV && kind != typeXML {
		problem(w, http.StatusUnsupportedMediaType, "not_csv", "a file is sent as "+typeCSV+", a payment order as "+typeXML)
		return
	}
	// A server without deadlines refuses to have one set, and needs none.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(transferTime))
	take, body := d.Take, http.MaxBytesReader(w, r.Body, MaxFileBytes)
	if kind == typeXML {
		take = d.TakeOrder
	}
	f, fresh, err := take(r.Context(), body)
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	if err == nil && kind == typeXML && !strings.Contains(r.Header.Get("Accept"), typeJSON) {
		w.Header().Set("Location", "/bulk/"+f.SHA256)
		d.report(w, r, status, f.SHA256)
		return
	}
	d.answer(w, status, f, err)
}

// The types of what is sent and answered.
const (
	typeCSV  = "text/csv"
	typeXML  = "application/xml"
	typeJSON = "application/json"
)

// report answers with the pain.002 about a payment order.
func (d *Desk) report(w http.ResponseWriter, r *http.Request, status int, sha string) {
	text, err := d.Report(r.Context(), sha)
	if err != nil {
		d.failed(w, err)
		return
	}
	w.Header().Set("Content-Type", typeXML)
	w.WriteHeader(status)
	_, _ = w.Write(text) //nolint:gosec // XML of our own; where the client is gone, there is nobody to tell
}

func (d *Desk) results(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime))
	out := &started{w: w}
	switch err := d.Results(r.Context(), out, r.PathValue("sha")); {
	case err == nil:
	case out.began: // a whole file ends with its last line: break it off, so that nobody takes this for one
		panic(http.ErrAbortHandler)
	default:
		d.answer(w, 0, nil, err)
	}
}

// started sets the content's type with the first byte.
type started struct {
	w     http.ResponseWriter
	began bool
}

func (s *started) Write(p []byte) (int, error) {
	if !s.began {
		s.began = true
		s.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	}
	return s.w.Write(p)
}

func (d *Desk) answer(w http.ResponseWriter, status int, body any, err error) {
	if err != nil {
		d.failed(w, err)
		return
	}
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, body, json.Deterministic(true)) // the client is gone: there is nobody to tell
}

func (d *Desk) failed(w http.ResponseWriter, err error) {
	var (
		fault   *messaging.FaultError
		unknown *UnknownFileError
		state   *StateError
		large   *http.MaxBytesError
		format  *iso20022.FormatError
	)
	switch {
	case errors.As(err, &fault) && fault.Fault == messaging.FaultOversized, errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, string(messaging.FaultOversized), err.Error())
	case errors.As(err, &fault):
		problem(w, http.StatusBadRequest, string(fault.Fault), fault.Detail)
	case errors.As(err, &format):
		problem(w, http.StatusBadRequest, string(format.Fault), format.Error())
	case errors.As(err, &unknown):
		problem(w, http.StatusNotFound, "unknown_file", err.Error())
	case errors.As(err, &state):
		problem(w, http.StatusConflict, "file_"+string(state.State), err.Error())
	case errors.Is(err, ErrBusy):
		problem(w, http.StatusServiceUnavailable, "busy", err.Error())
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		problem(w, http.StatusServiceUnavailable, "not_running", "the request may be repeated")
	case errors.Is(err, context.Canceled), errors.Is(err, io.ErrUnexpectedEOF): // whoever asked has gone
		problem(w, http.StatusBadRequest, "canceled", "the request may be repeated")
	default:
		d.log.Error("request failed", "error", err)
		problem(w, http.StatusInternalServerError, "internal", "the request may be repeated")
	}
}

// problem writes an error after RFC 9457; kind is stable.
func problem(w http.ResponseWriter, status int, kind, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, map[string]any{
		"type": "urn:ayni:problem:" + kind, "title": http.StatusText(status), "status": status, "detail": detail,
	})
}
