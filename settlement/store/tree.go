package store

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"
)

// Hashes reads hashes of the log's tree, for proofs. It is safe for concurrent use.
//
// Of the tree the ledger keeps leaves, and the right edge at each checkpoint. The left one of two subtrees is on the
// edge while the right one grows; any other is made of its halves.
func (l *Ledger) Hashes(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			var err error
			if hashes[i], err = l.subtree(ctx, level, n); err != nil {
				return nil, fmt.Errorf("ledger: hash %d of level %d of the log: %w", n, level, err)
			}
		}
		return hashes, nil
	})
}

// subtree returns the hash of the n-th complete subtree of 2^level leaves.
func (l *Ledger) subtree(ctx context.Context, level int, n int64) (tlog.Hash, error) {
	if level == 0 {
		var leaf []byte
		err := l.pool.QueryRow(ctx, `SELECT leaf FROM ledger.log_entry WHERE index = $1`, n).Scan(&leaf)
		if err != nil {
			return tlog.Hash{}, err
		}
		return tlog.Hash(leaf), nil
	}
	if n%2 == 0 {
		hash, found, err := l.onEdge(ctx, level, n)
		if err != nil || found {
			return hash, err
		}
	}
	left, err := l.subtree(ctx, level-1, 2*n)
	if err != nil {
		return tlog.Hash{}, err
	}
	right, err := l.subtree(ctx, level-1, 2*n+1)
	return tlog.NodeHash(left, right), err
}

// onEdge finds a subtree on the edge of a checkpoint's tree, where there is a checkpoint of a size between.
func (l *Ledger) onEdge(ctx context.Context, level int, n int64) (hash tlog.Hash, found bool, err error) {
	var size int64
	var edge []byte
	err = l.pool.QueryRow(ctx, `SELECT size, edge FROM ledger.log_checkpoint
		WHERE size >= $1 AND size < $2 AND edge IS NOT NULL ORDER BY size LIMIT 1`, (n+1)<<level, (n+2)<<level).Scan(&size, &edge)
	if errors.Is(err, pgx.ErrNoRows) {
		return hash, false, nil
	}
	if err != nil {
		return hash, false, err
	}
	larger := bits.OnesCount64(uint64(size) >> (level + 1)) //nolint:gosec // sizes are positive
	if len(edge) < (larger+1)*tlog.HashSize {
		return hash, false, fmt.Errorf("the edge of size %d has %d bytes", size, len(edge))
	}
	return tlog.Hash(edge[larger*tlog.HashSize:][:tlog.HashSize]), true, nil
}

// NewestCheckpoint returns the size of the log and its signed checkpoint; 0 and "" of an empty one.
func (l *Ledger) NewestCheckpoint(ctx context.Context) (size int64, signed string, err error) {
	err = l.pool.QueryRow(ctx, `SELECT size, note FROM ledger.log_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&size, &signed)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("ledger: newest checkpoint: %w", err)
	}
	return size, signed, nil
}
