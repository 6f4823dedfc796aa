package adapters

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// watchingRail fails the first time.
type watchingRail struct {
	*scriptRail
	at []time.Time
}

func (w *watchingRail) Watch(ctx context.Context) error {
	if w.at = append(w.at, time.Now()); len(w.at) == 1 {
		return errors.New("the folder is away")
	}
	<-ctx.Done()
	return nil
}

func TestWatchingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rail := &watchingRail{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		(&Runner{rail: rail, log: slog.New(slog.DiscardHandler)}).watch(ctx)
		assert.Equal(t, []time.Time{start, start.Add(watchAgain)}, rail.at)
		assert.Equal(t, time.Minute, time.Since(start), "until the end")
	})
}
