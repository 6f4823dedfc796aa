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
		found := &subtrees{hashes: map[subtree]tlog.Hash{}, offEdge: map[subtree]bool{}}
		hashes := make([]tlog.Hash, len(indexes))
		for all := false; !all; {
			found.leaves, found.edges = nil, nil
			all = true
			for i, index := range indexes {
				level, n := tlog.SplitStoredHashIndex(index)
				var there bool
				hashes[i], there = found.hash(subtree{level, n})
				all = all && there
			}
			if err := found.read(ctx, l.pool); err != nil {
				return nil, fmt.Errorf("ledger: hashes of the log: %w", err)
			}
		}
		return hashes, nil
	})
}

// subtree is the n-th complete subtree of 2^level leaves.
type subtree struct {
	level int
	n     int64
}

// subtrees are those whose hashes were read, and those that are to be read next.
type subtrees struct {
	hashes        map[subtree]tlog.Hash
	offEdge       map[subtree]bool // no checkpoint has it on its edge
	leaves, edges []subtree
}

// hash returns a subtree's hash, or says what is to be read before.
func (s *subtrees) hash(of subtree) (hash tlog.Hash, there bool) {
	if hash, there = s.hashes[of]; there {
		return hash, true
	}
	switch {
	case of.level == 0:
		s.leaves = append(s.leaves, of)
	case of.n%2 == 0 && !s.offEdge[of]:
		s.edges = append(s.edges, of)
	default:
		left, leftThere := s.hash(subtree{of.level - 1, 2 * of.n})
		right, rightThere := s.hash(subtree{of.level - 1, 2*of.n + 1})
		return tlog.NodeHash(left, right), leftThere && rightThere
	}
	return hash, false
}

// read reads what is wanted next.
func (s *subtrees) read(ctx context.Context, from querier) error {
	if len(s.leaves) > 0 {
		if err := s.readLeaves(ctx, from); err != nil {
			return err
		}
	}
	if len(s.edges) > 0 {
		return s.readEdges(ctx, from)
	}
	return nil
}

func (s *subtrees) readLeaves(ctx context.Context, from querier) error {
	indexes := make([]int64, len(s.leaves))
	for i, leaf := range s.leaves {
		indexes[i] = leaf.n
	}
	err := each(ctx, from, `SELECT index, leaf FROM ledger.log_entry WHERE index = ANY ($1)`, func(row pgx.Rows) error {
		var index int64
		var leaf []byte
		err := row.Scan(&index, &leaf)
		s.hashes[subtree{0, index}] = tlog.Hash(leaf)
		return err
	}, indexes)
	if err != nil {
		return err
	}
	for _, leaf := range s.leaves {
		if _, there := s.hashes[leaf]; !there {
			return fmt.Errorf("there is no entry %d", leaf.n)
		}
	}
	return nil
}

// readEdges looks for checkpoints whose sizes have the subtrees on their edge.
func (s *subtrees) readEdges(ctx context.Context, from querier) error {
	first, end := make([]int64, len(s.edges)), make([]int64, len(s.edges))
	for i, of := range s.edges {
		first[i], end[i] = (of.n+1)<<of.level, (of.n+2)<<of.level
		s.offEdge[of] = true
	}
	return each(ctx, from, `SELECT w.place, c.size, c.edge FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS w (first, after, place)
		CROSS JOIN LATERAL (SELECT size, edge FROM ledger.log_checkpoint
			WHERE size >= w.first AND size < w.after AND edge IS NOT NULL ORDER BY size LIMIT 1) c`, func(row pgx.Rows) error {
		var place, size int64
		var edge []byte
		if err := row.Scan(&place, &size, &edge); err != nil {
			return err
		}
		of := s.edges[place-1]
		larger := bits.OnesCount64(uint64(size) >> (of.level + 1)) //nolint:gosec // sizes are positive
		if len(edge) < (larger+1)*tlog.HashSize {
			return fmt.Errorf("the edge of size %d has %d bytes", size, len(edge))
		}
		s.hashes[of] = tlog.Hash(edge[larger*tlog.HashSize:][:tlog.HashSize])
		return nil
	}, first, end)
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
