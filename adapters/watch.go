package adapters

import (
	"context"
	"time"
)

// Watcher is a Rail that looks for what it is told, beside being called back: in a folder.
type Watcher interface {
	// Watch works until ctx ends, and returns nil then. After an error it is called again, a little later.
	Watch(ctx context.Context) error
}

// watchAgain is how long a Watch that failed is left alone.
const watchAgain = 5 * time.Second

// watch has a Watcher watch until ctx ends.
func (r *Runner) watch(ctx context.Context) {
	rail, ok := r.rail.(Watcher)
	if !ok {
		return
	}
	for ctx.Err() == nil {
		err := rail.Watch(ctx)
		if err == nil {
			continue
		}
		r.log.Error("watching will go on", "again", watchAgain, "error", err)
		again := time.NewTimer(watchAgain)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
		}
	}
}
