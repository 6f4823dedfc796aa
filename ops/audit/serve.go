package audit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Limits of a server. They suit the largest file over a slow line.
const (
	headerTime     = 10 * time.Second
	answerTime     = 10 * time.Minute
	idleTime       = time.Minute
	lastAnswers    = 10 * time.Second // for what is under way when the server is to end
	maxHeaderBytes = 16 << 10
	maxAnswers     = 128 // at a time
)

// Listen is where an export is served if nobody says otherwise.
const Listen = "127.0.0.1:8090"

// Serve serves the export in a folder at HOST:PORT until the context ends and what is under way is done. Without a
// host it is this machine's own (loopback); in front of others stands a proxy that ends TLS. A folder that holds no
// export is an error, mostly a *audit.Finding.
func Serve(ctx context.Context, dir, listen string) error {
	if _, err := audit.OpenExport(os.DirFS(dir), audit.Trust{}); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("audit: serve: %w", err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fmt.Errorf("audit: serve: %w", err)
	}
	return serveOn(ctx, listener, audit.Handler(dir))
}

// serveOn answers on a listener until the context ends.
func serveOn(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: atMost(maxAnswers, handler), ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: answerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeaderBytes,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswers)
		defer cancel()
		err := server.Shutdown(last)
		if errors.Is(err, context.DeadlineExceeded) { // whoever is that slow asks again elsewhere
			err = server.Close()
		}
		stopped <- err
	})
	err := server.Serve(listener)
	if stop() { // the listener failed, and nobody asked it to stop
		return errors.Join(fmt.Errorf("audit: serve: %w", err), server.Close())
	}
	return <-stopped
}

// atMost answers so many requests at a time, and tells others to come later.
func atMost(places int, handler http.Handler) http.Handler {
	taken := make(chan struct{}, places)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case taken <- struct{}{}:
			defer func() { <-taken }()
			handler.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many at a time", http.StatusServiceUnavailable)
		}
	})
}
