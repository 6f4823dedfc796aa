package adaptertest

import (
	"context"
	"fmt"
	"time"
)

// PlayOne plays one case, by group/name, within a limit.
func PlayOne(ctx context.Context, s Subject, name, dir string, limit time.Duration) error {
	for _, c := range Cases() {
		if c.Group+"/"+c.Name == name {
			c.Limit = limit
			return c.play(ctx, s, dir)
		}
	}
	return fmt.Errorf("no case %s", name)
}

// ServeRailSeeing is ServeRail for an adapter that sees the switch as seen makes it.
var ServeRailSeeing = serveRail

// Skipped tells whether a case found nothing to do.
func Skipped(err error) bool {
	_, ok := err.(skipped) //nolint:errorlint // wrapped with others it is a failure
	return ok
}
