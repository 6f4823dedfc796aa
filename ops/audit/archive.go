package audit

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"time"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store"
)

// ArchiveFolder is what an archive of an export unpacks into.
const ArchiveFolder = "ayni-log"

// Archive writes the export of a ledger's whole log as a tar archive under gzip, as it is read: nothing of it is on a
// disk in between. Errors are those of Export; the archive is then cut short.
func Archive(ctx context.Context, books *store.Ledger, key string, now time.Time, out io.Writer) (done Exported, err error) {
	zipped := gzip.NewWriter(out)
	archive := tar.NewWriter(zipped)
	const readable = 0o644
	stream, err := audit.NewStream(key, func(name string, data []byte) error {
		err := archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: ArchiveFolder + "/" + name, Size: int64(len(data)), Mode: readable, ModTime: now.Truncate(time.Second),
		})
		if err == nil {
			_, err = archive.Write(data)
		}
		return err
	})
	if err != nil {
		return done, err
	}
	if done, err = export(ctx, books, stream, nil); err != nil {
		return done, err
	}
	return done, errors.Join(archive.Close(), zipped.Close())
}
