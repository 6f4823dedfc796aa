package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io/fs"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Source is a log that is kept elsewhere than in files, and grows. Ranges are of indexes, the end not included.
type Source interface {
	NewestCheckpoint(ctx context.Context) (size int64, signed string, err error)
	LogCheckpoint(ctx context.Context, size int64) (signed string, err error) // "" where there was none of that size
	LogLeaves(ctx context.Context, first, end int64) ([]tlog.Hash, error)
	LogEntries(ctx context.Context, first, end int64) ([][]byte, error)
	Hashes(ctx context.Context) tlog.HashReader
}

// LiveHandler serves a log as Handler serves its export, made as it is asked for: key, checkpoints, tiles and entries,
// up to the newest checkpoint; no blobs and no receipts. Caches that others share are told to keep nothing of it.
func LiveHandler(key string, source Source) http.Handler {
	return serving(func(w http.ResponseWriter, r *http.Request, p place) error {
		data, err := p.from(r.Context(), key, source)
		if err != nil {
			return err
		}
		if !p.stays() {
			hash := sha256.Sum256(data)
			w.Header().Set("ETag", tagOf(hash[:]))
		}
		p.answer(w, r, "private", time.Time{}, bytes.NewReader(data))
		return nil
	})
}

// from makes a file. The error is fs.ErrNotExist where the log has none of that name.
func (p place) from(ctx context.Context, key string, source Source) ([]byte, error) {
	if p.kind == keyKind {
		return []byte(key + "\n"), nil
	}
	size, signed, err := source.NewestCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	switch p.kind {
	case checkpointKind:
	case earlierKind:
		if p.number == size { // as in a folder, where it is the newest
			return nil, fs.ErrNotExist
		}
		if signed, err = source.LogCheckpoint(ctx, p.number); err != nil {
			return nil, err
		}
	case tileKind:
		if p.tile.W > width(size, p.tile.L, p.tile.N) {
			return nil, fs.ErrNotExist
		}
		return p.tileFrom(ctx, source)
	case keyKind, blobKind, receiptKind:
		return nil, fs.ErrNotExist
	}
	if signed == "" {
		return nil, fs.ErrNotExist
	}
	return []byte(signed), nil
}

// tileFrom makes a tile of hashes or entries: those of the two lowest levels from leaves, which are read in one go.
func (p place) tileFrom(ctx context.Context, source Source) ([]byte, error) {
	first := p.tile.N << tileHeight
	end := first + int64(p.tile.W)
	switch p.tile.L {
	case bundles:
		entries, err := source.LogEntries(ctx, first, end)
		var data []byte
		for _, entry := range entries {
			data = appendEntry(data, entry)
		}
		return data, err
	case 0:
		leaves, err := source.LogLeaves(ctx, first, end)
		return appendHashes(nil, leaves), err
	case 1:
		leaves, err := source.LogLeaves(ctx, first<<tileHeight, end<<tileHeight)
		var data []byte
		for ; len(leaves) > 0 && err == nil; leaves = leaves[tileWidth:] {
			data = appendHashes(data, []tlog.Hash{perfect(leaves[:tileWidth])})
		}
		return data, err
	}
	indexes := make([]int64, p.tile.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(tileHeight*p.tile.L, first+int64(i))
	}
	hashes, err := source.Hashes(ctx).ReadHashes(indexes)
	return appendHashes(nil, hashes), err
}
