package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// What one caller, and all of them, can take.
const (
	requestTime     = 10 * time.Second
	idleTime        = 2 * time.Minute
	maxHeaderBytes  = 8 << 10
	maxUnderWay     = 64
	sizeContentType = "text/x.tlog.size"
)

// Handler serves the witness to the world:
//
//	POST /add-checkpoint       C2SP tlog-witness; Request -> the line of a cosignature
//	GET  /checkpoint?origin=O  the newest checkpoint of a log that it cosigned
//	GET  /key                  its vkey
//	GET  /health               Health; 200 also while a log is held, as the others are cosigned
//
// Errors are application/problem+json, but for 409 where the specification wants the size that the witness knows.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.addCheckpoint)
	mux.HandleFunc("GET /checkpoint", func(rw http.ResponseWriter, req *http.Request) {
		cosigned, err := w.Newest(audit.Origin(req.URL.Query().Get("origin")))
		switch {
		case err != nil:
			failed(rw, err)
		case cosigned == "":
			failed(rw, refuse(FaultUnknown, "no checkpoint of that log was cosigned"))
		default:
			plain(rw, "text/plain; charset=utf-8", http.StatusOK, cosigned)
		}
	})
	mux.HandleFunc("GET /key", func(rw http.ResponseWriter, _ *http.Request) {
		plain(rw, "text/plain; charset=utf-8", http.StatusOK, w.Key().String()+"\n")
	})
	mux.HandleFunc("GET /health", func(rw http.ResponseWriter, _ *http.Request) {
		health, err := w.Health()
		if err != nil {
			failed(rw, err)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		_ = json.MarshalWrite(rw, health) // the client is gone: there is nobody to tell
	})
	return limited(mux)
}

// limited answers as many requests at once as there are places.
func limited(next http.Handler) http.Handler {
	places := make(chan struct{}, maxUnderWay)
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(rw, req)
		default:
			problem(rw, http.StatusServiceUnavailable, "busy", "the request may be repeated")
		}
	})
}

func (w *Witness) addCheckpoint(rw http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, req.Body, MaxRequestBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		problem(rw, http.StatusRequestEntityTooLarge, string(FaultMalformed), err.Error())
		return
	}
	if err != nil {
		failed(rw, refuse(FaultMalformed, "%v", err))
		return
	}
	line, err := w.Add(string(body))
	if err != nil {
		failed(rw, err)
		return
	}
	plain(rw, "text/plain; charset=utf-8", http.StatusOK, line)
}

// status is that of C2SP tlog-witness, and 423 for a log that is held.
func (f Fault) status() int {
	switch f {
	case FaultMalformed:
		return http.StatusBadRequest
	case FaultUnknown:
		return http.StatusNotFound
	case FaultUnsigned:
		return http.StatusForbidden
	case FaultConflict:
		return http.StatusConflict
	case FaultProof:
		return http.StatusUnprocessableEntity
	case FaultHeld:
		return http.StatusLocked
	}
	return http.StatusInternalServerError
}

func failed(rw http.ResponseWriter, err error) {
	if fork, ok := errors.AsType[*SplitViewError](err); ok {
		if fork.Older.Size == fork.Newer.Size {
			conflict(rw, fork.Older.Size)
			return
		}
		problem(rw, http.StatusUnprocessableEntity, "split_view", fork.Error())
		return
	}
	refused, ok := errors.AsType[*RefusedError](err)
	switch {
	case !ok:
		problem(rw, http.StatusInternalServerError, "internal", "the request may be repeated")
	case refused.Fault == FaultConflict:
		conflict(rw, refused.Known)
	default:
		problem(rw, refused.Fault.status(), string(refused.Fault), refused.Detail)
	}
}

func conflict(rw http.ResponseWriter, known int64) {
	plain(rw, sizeContentType, http.StatusConflict, strconv.FormatInt(known, 10)+"\n")
}

func plain(rw http.ResponseWriter, contentType string, status int, body string) {
	rw.Header().Set("Content-Type", contentType)
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, body) // the client is gone: there is nobody to tell
}

// problem writes an error after RFC 9457; kind is stable.
func problem(rw http.ResponseWriter, status int, kind, detail string) {
	rw.Header().Set("Content-Type", "application/problem+json")
	rw.WriteHeader(status)
	_ = json.MarshalWrite(rw, map[string]any{
		"type": "urn:ayni:problem:" + kind, "title": http.StatusText(status), "status": status, "detail": detail,
	})
}

// Run serves a witness on HOST:PORT until the context ends, behind a proxy that ends TLS. It says the witness's key and
// where it listens once it does.
func Run(ctx context.Context, c Config, listen string, ready func(key audit.CosignerKey, at net.Addr)) error {
	w, err := Open(c)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return errors.Join(fmt.Errorf("witness: %w", err), w.Close())
	}
	ready(w.Key(), listener.Addr())
	return errors.Join(w.Serve(ctx, listener), w.Close())
}

// Serve answers on a listener until the context ends and what is under way is done.
func (w *Witness) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: w.Handler(), ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeaderBytes,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
		defer cancel()
		stopped <- server.Shutdown(last)
	})
	err := server.Serve(listener)
	if stop() { // the listener failed, and nobody asked it to stop
		return errors.Join(fmt.Errorf("witness: %w", err), server.Close())
	}
	return <-stopped
}
