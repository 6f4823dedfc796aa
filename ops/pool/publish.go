package pool

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

// publishEvery is how often what is new of the log is shown to the public.
const publishEvery = 2 * time.Second

// publish keeps a folder with what the public may see of the log until ctx ends.
func (a *API) publish(ctx context.Context, dir string, log *slog.Logger) error {
	look := time.NewTicker(publishEvery)
	defer look.Stop()
	for last := ""; ; {
		if now := a.home.Checkpoint(); now != last {
			err := a.publishOnce(ctx, dir)
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				log.Error("the public log was not written", "pool", a.home.Name, "error", err)
			default:
				last = now
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// publishOnce writes on in the folder. One that shows more than the charter does now is written anew.
func (a *API) publishOnce(ctx context.Context, dir string) error {
	shown, err := a.shownTo("")
	if err != nil {
		return err
	}
	err = diary.WriteView(ctx, dir, a.home.Public, a.home.Store, shown)
	if !errors.As(err, new(*diary.FolderError)) {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return diary.WriteView(ctx, dir, a.home.Public, a.home.Store, shown)
}

func (c *Settings) published() string { return filepath.Join(c.dir, "public") }
