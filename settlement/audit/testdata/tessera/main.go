// Tessera reads an export of the settlement log with the client of a transparency log that others wrote
// (github.com/transparency-dev/tessera), and nothing of ours: a second reader of the same tiles. It is a module of its
// own, so that what that client needs is not what Ayni needs.
//
//	tessera URL KEY [SIZE...]
//
// URL is where the export is served, KEY the log's verifier key, each SIZE that of an earlier checkpoint. It says in
// one line what holds, or ends with 1 and what does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tessera:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return errors.New("usage: tessera URL KEY [SIZE...]")
	}
	sizes := make([]uint64, len(args)-2)
	for i, text := range args[2:] {
		size, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return fmt.Errorf("size: %w", err)
		}
		sizes[i] = size
	}
	r, err := open(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	if err := r.rebuild(ctx); err != nil {
		return err
	}
	if err := r.prove(ctx, sizes); err != nil {
		return err
	}
	fmt.Printf("%s: %d entries in %d bundles and %d tiles make the signed root %x; %d inclusions and %d earlier checkpoints proved\n",
		r.newest.Origin, r.newest.Size, r.bundles, r.tiles, r.newest.Hash, r.inclusions, len(sizes))
	return nil
}
