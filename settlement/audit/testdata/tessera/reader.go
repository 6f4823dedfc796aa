package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
)

// patience is how long one file may take.
const patience = time.Minute

// maxCheckpointBytes is far more than a checkpoint with cosignatures has.
const maxCheckpointBytes = 1 << 20

// fetchers is how many bundles are fetched at a time.
const fetchers = 4

// maxInclusions is how many entries are proved to be included, spread over the log, where it has more.
const maxInclusions = 4096

var hasher = rfc6962.DefaultHasher

// reader reads the log as of its newest checkpoint, and counts what held.
type reader struct {
	base   *url.URL
	web    *http.Client
	files  *client.HTTPFetcher
	key    note.Verifier
	newest *log.Checkpoint
	leaves [][]byte // hashes of the entries

	bundles, tiles, inclusions int
}

func open(ctx context.Context, address, key string) (*reader, error) {
	r := &reader{web: &http.Client{Timeout: patience}}
	var err error
	if r.base, err = url.Parse(address); err != nil {
		return nil, err
	}
	if r.key, err = note.NewVerifier(key); err != nil {
		return nil, err
	}
	if r.files, err = client.NewHTTPFetcher(r.base, r.web); err != nil {
		return nil, err
	}
	r.newest, _, _, err = client.FetchCheckpoint(ctx, r.files.ReadCheckpoint, r.key, r.key.Name())
	return r, err
}

// rebuild makes the tree of the entries, and holds every tile and the signed root against it.
func (r *reader) rebuild(ctx context.Context) error {
	size := func(context.Context) (uint64, error) { return r.newest.Size, nil }
	tree := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	tiles := map[compact.NodeID][]byte{} // by level and number of the tile
	for bundle, err := range client.EntryBundles(ctx, fetchers, size, r.files.ReadEntryBundle, 0, r.newest.Size) {
		if err != nil {
			return err
		}
		var b api.EntryBundle
		if err := b.UnmarshalText(bundle.Data); err != nil {
			return fmt.Errorf("bundle %d: %w", bundle.RangeInfo.Index, err)
		}
		if uint(len(b.Entries)) != bundle.RangeInfo.N {
			return fmt.Errorf("bundle %d: %d entries of %d", bundle.RangeInfo.Index, len(b.Entries), bundle.RangeInfo.N)
		}
		for _, entry := range b.Entries {
			r.leaves = append(r.leaves, hasher.HashLeaf(entry))
			if err := tree.Append(r.leaves[len(r.leaves)-1], tiled(tiles)); err != nil {
				return err
			}
		}
		r.bundles++
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return err
	}
	if r.newest.Size == 0 {
		root = hasher.EmptyRoot()
	}
	if !bytes.Equal(root, r.newest.Hash) {
		return fmt.Errorf("the entries make the root %x, signed is %x", root, r.newest.Hash)
	}
	return r.compare(ctx, tiles)
}

// tiled gathers the nodes of a tree that tiles are made of.
func tiled(tiles map[compact.NodeID][]byte) compact.VisitFn {
	return func(id compact.NodeID, hash []byte) {
		if id.Level%layout.TileHeight == 0 {
			at := compact.NewNodeID(id.Level/layout.TileHeight, id.Index/layout.TileWidth)
			tiles[at] = append(tiles[at], hash...)
		}
	}
}

func (r *reader) compare(ctx context.Context, tiles map[compact.NodeID][]byte) error {
	for at, want := range tiles {
		partial := layout.PartialTileSize(uint64(at.Level), at.Index, r.newest.Size)
		have, err := r.files.ReadTile(ctx, uint64(at.Level), at.Index, partial)
		if err != nil {
			return err
		}
		if !bytes.Equal(have, want) {
			return fmt.Errorf("%s is not of the entries", layout.TilePath(uint64(at.Level), at.Index, partial))
		}
		r.tiles++
	}
	return nil
}

// prove has the client make proofs of the tiles, and holds entries and earlier checkpoints against them.
func (r *reader) prove(ctx context.Context, sizes []uint64) error {
	builder, err := client.NewProofBuilder(ctx, r.newest.Size, r.files.ReadTile)
	if err != nil {
		return err
	}
	step := r.newest.Size/maxInclusions | 1 // odd, so that it comes to every place of a tile
	for index := uint64(0); index < r.newest.Size; index += step {
		path, err := builder.InclusionProof(ctx, index)
		if err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", index, err)
		}
		if err := proof.VerifyInclusion(hasher, index, r.newest.Size, r.leaves[index], path, r.newest.Hash); err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", index, err)
		}
		r.inclusions++
	}
	for _, size := range sizes {
		if err := r.continues(ctx, builder, size); err != nil {
			return fmt.Errorf("checkpoint of %d entries: %w", size, err)
		}
	}
	return nil
}

// continues proves that the newest checkpoint continues an earlier one.
func (r *reader) continues(ctx context.Context, builder *client.ProofBuilder, size uint64) error {
	earlier, _, _, err := client.FetchCheckpoint(ctx, r.checkpoint(size), r.key, r.key.Name())
	if err != nil {
		return err
	}
	if earlier.Size != size {
		return fmt.Errorf("it is of %d", earlier.Size)
	}
	path, err := builder.ConsistencyProof(ctx, size, r.newest.Size)
	if err != nil {
		return err
	}
	return proof.VerifyConsistency(hasher, size, r.newest.Size, path, earlier.Hash, r.newest.Hash)
}

// checkpoint fetches an earlier checkpoint, which logs of others do not keep and their client does not read.
func (r *reader) checkpoint(size uint64) client.CheckpointFetcherFunc {
	return func(ctx context.Context) ([]byte, error) {
		address := r.base.JoinPath("checkpoints", layout.NWithSuffix(0, size, 0)).String()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return nil, err
		}
		answer, err := r.web.Do(request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = answer.Body.Close() }() // only read
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", address, answer.Status)
		}
		return io.ReadAll(io.LimitReader(answer.Body, maxCheckpointBytes))
	}
}
