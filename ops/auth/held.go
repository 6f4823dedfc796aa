package auth

import (
	"errors"
	"net/http"
	"time"
)

// errUnsaid is what a handler is told that writes before it has said whose things it shows.
var errUnsaid = errors.New("auth: the answer was refused: whose it is was not said, or it is not for whoever asks")

// held keeps an answer back until its handler has said whose things it shows. An error shows none, and passes. It
// does not unwrap, and is not hijacked: there is no way around it.
type held struct {
	http.ResponseWriter
	permit  *permit
	forgot  func() // answers in place of the handler
	begun   bool
	refused bool
}

// Header is the answer's, and nobody's once it was refused.
func (h *held) Header() http.Header {
	if h.refused {
		return http.Header{}
	}
	return h.ResponseWriter.Header()
}

// WriteHeader passes a status on, or refuses the answer.
func (h *held) WriteHeader(status int) {
	if h.refused {
		return
	}
	if !h.begun && status >= http.StatusOK {
		h.begun = true
		if status < http.StatusBadRequest && !h.permit.given() {
			h.refuse()
			return
		}
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *held) refuse() {
	h.refused = true
	clear(h.ResponseWriter.Header())
	h.forgot()
}

// Write passes bytes on, or fails with errUnsaid.
func (h *held) Write(b []byte) (int, error) {
	if err := h.begin(); err != nil {
		return 0, err
	}
	return h.ResponseWriter.Write(b)
}

// begin begins the answer where it has not begun.
func (h *held) begin() error {
	if !h.begun {
		h.WriteHeader(http.StatusOK)
	}
	if h.refused {
		return errUnsaid
	}
	return nil
}

// Flush sends what there is.
func (h *held) Flush() { _ = h.FlushError() } // whoever wants the error asks FlushError

// FlushError sends what there is.
func (h *held) FlushError() error {
	if err := h.begin(); err != nil {
		return err
	}
	return http.NewResponseController(h.ResponseWriter).Flush()
}

// SetReadDeadline is http.ResponseController's.
func (h *held) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(h.ResponseWriter).SetReadDeadline(at)
}

// SetWriteDeadline is http.ResponseController's.
func (h *held) SetWriteDeadline(at time.Time) error {
	return http.NewResponseController(h.ResponseWriter).SetWriteDeadline(at)
}

// EnableFullDuplex is http.ResponseController's.
func (h *held) EnableFullDuplex() error {
	return http.NewResponseController(h.ResponseWriter).EnableFullDuplex()
}
