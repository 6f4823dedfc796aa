// Package listen receives webhooks for people who try them: it verifies each, prints it on a line, and takes it.
package listen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/ops/client"
)

const (
	maxBody      = 1 << 20 // bytes; the switch sends a fiftieth
	readTimeout  = 10 * time.Second
	closeTimeout = 2 * time.Second
)

// Listener takes what is signed by one of its keys, and refuses everything else.
type Listener struct {
	Keys []string // whsec_ or whpk_
	Out  io.Writer

	mu sync.Mutex
}

// ServeHTTP implements http.Handler.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	id, err := client.VerifyWebhook(r.Header, body, time.Now(), l.Keys...)
	if err != nil {
		_, _ = fmt.Fprintln(l.Out, "refused: not signed by that key, or too old") // whoever reads has left
		http.Error(w, "not signed by that key, or too old", http.StatusUnauthorized)
		return
	}
	if _, err := fmt.Fprintf(l.Out, "%s %s\n", id, body); err != nil {
		http.Error(w, "nobody reads", http.StatusServiceUnavailable) // so it is sent again
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Run serves until ctx ends, which is no error.
func (l *Listener) Run(ctx context.Context, on net.Listener) error {
	server := &http.Server{Handler: l, ReadTimeout: readTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(on) }()
	select {
	case err := <-ended:
		return fmt.Errorf("webhook: listen: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err := server.Shutdown(closing)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
