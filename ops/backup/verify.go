package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Verified says what of a backup was looked at.
type Verified struct {
	Manifest *Manifest
	Files    int   // that are what the manifest says
	Bytes    int64 // of them
	Pages    int   // files of PostgreSQL that are what PostgreSQL said of them; 0 where the backup stayed sealed
	Signed   bool  // the log's checkpoint is signed by the key that was given
}

// Verify proves without a server that a backup is whole: every file is there and what the manifest says, and nothing
// else is; where it can be opened, also every file of PostgreSQL and every store. logKey, if not "", must have signed
// the checkpoint. Errors name the first thing that is not so; ErrSealed is none.
func Verify(ctx context.Context, folder string, identities []age.Identity, logKey string) (*Verified, error) {
	m, err := Read(folder)
	if err != nil {
		return nil, err
	}
	v := &Verified{Manifest: m}
	if err := v.hashes(ctx, folder); err != nil {
		return nil, err
	}
	if logKey != "" {
		if err := m.Ledger.signedBy(logKey); err != nil {
			return nil, err
		}
		v.Signed = true
	}
	for _, file := range m.Files {
		if err := v.inside(ctx, folder, file, identities); errors.Is(err, ErrSealed) {
			return v, nil
		} else if err != nil {
			return nil, fmt.Errorf("backup: %s: %w", file.Name, err)
		}
	}
	return v, nil
}

// signedBy holds the checkpoint against the log's key and what the manifest says of it.
func (l Ledger) signedBy(key string) error {
	verifier, err := audit.ParseKey(key)
	if err != nil {
		return fmt.Errorf("backup: log key: %w", err)
	}
	if l.Entries == 0 && l.Checkpoint == "" {
		return nil
	}
	checkpoint, err := audit.OpenCheckpoint(l.Checkpoint, verifier)
	if err != nil {
		return fmt.Errorf("backup: checkpoint: %w", err)
	}
	if checkpoint.Size != l.Entries {
		return fmt.Errorf("backup: the checkpoint is of %d entries, and the manifest says %d", checkpoint.Size, l.Entries)
	}
	return nil
}

// hashes holds every file against the manifest.
func (v *Verified) hashes(ctx context.Context, folder string) error {
	named := map[string]bool{manifestName: true}
	for _, file := range v.Manifest.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		named[file.Name] = true
		f, err := os.Open(filepath.Join(folder, filepath.FromSlash(file.Name)))
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		hash := sha256.New()
		n, err := io.Copy(hash, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("backup: %s: %w", file.Name, err)
		}
		if n != file.Bytes || hex.EncodeToString(hash.Sum(nil)) != file.SHA256 {
			return fmt.Errorf("backup: %s is not what the manifest says: %d bytes of %d", file.Name, n, file.Bytes)
		}
		v.Files++
		v.Bytes += n
	}
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err == nil && !named[filepath.ToSlash(name)] {
			err = fmt.Errorf("backup: %s is no part of it", name)
		}
		return err
	})
}

// inside holds what a file contains against itself.
func (v *Verified) inside(ctx context.Context, folder string, file File, identities []age.Identity) error {
	from, err := open(folder, file, identities)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // only read
	if strings.TrimSuffix(file.Name, sealed) == baseName {
		v.Pages, err = verifyBase(ctx, from)
		return err
	}
	copied, err := os.CreateTemp("", "ayni-verify-*")
	if err != nil {
		return err
	}
	defer os.Remove(copied.Name()) //nolint:errcheck // a copy
	defer copied.Close()           //nolint:errcheck // likewise
	if _, err := io.Copy(copied, from); err != nil {
		return err
	}
	if found, err := newest(copied); err != nil || found == nil {
		return err
	}
	return checkStore(copied.Name())
}

// baseManifest is what pg_basebackup says of the files that it wrote.
type baseManifest struct {
	Files []struct {
		Path     string `json:"Path"`
		Size     int64  `json:"Size"`
		Checksum string `json:"Checksum"`
	} `json:"Files"`
	Ranges []struct {
		Timeline int    `json:"Timeline"`
		Start    string `json:"Start-LSN"`
		End      string `json:"End-LSN"`
	} `json:"WAL-Ranges"`
}

// verifyBase holds every file of a base backup against PostgreSQL's own manifest in it, and the write-ahead log that
// it needs against what is there. It returns how many files PostgreSQL named.
func verifyBase(ctx context.Context, from io.Reader) (files int, err error) {
	sums, sizes := map[string]string{}, map[string]int64{}
	var said baseManifest
	for t := tar.NewReader(from); ; {
		header, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return 0, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		name := strings.TrimPrefix(header.Name, "./")
		if name == "backup_manifest" {
			if err := json.UnmarshalRead(t, &said); err != nil {
				return 0, fmt.Errorf("PostgreSQL's manifest: %w", err)
			}
			continue
		}
		hash := sha256.New()
		if sizes[name], err = io.Copy(hash, t); err != nil { //nolint:gosec // it is hashed as it passes, and takes no room
			return 0, err
		}
		sums[name] = hex.EncodeToString(hash.Sum(nil))
	}
	if len(said.Files) == 0 || len(said.Ranges) == 0 {
		return 0, errors.New("it has no manifest of PostgreSQL's")
	}
	for _, file := range said.Files {
		if size, ok := sizes[file.Path]; !ok || size != file.Size || sums[file.Path] != file.Checksum {
			return 0, fmt.Errorf("%s in it is not what PostgreSQL wrote", file.Path)
		}
	}
	for _, r := range said.Ranges {
		names, err := segments(r.Timeline, r.Start, r.End)
		if err != nil {
			return 0, err
		}
		for _, name := range names {
			if _, ok := sizes["pg_wal/"+name]; !ok {
				return 0, fmt.Errorf("it needs %s of the write-ahead log, which is not in it", name)
			}
		}
	}
	return len(said.Files), nil
}

// segments names the segments of 16 MiB between two places of a write-ahead log.
func segments(timeline int, start, end string) (names []string, err error) {
	var from, to [2]uint64
	for _, place := range []struct {
		text string
		into *[2]uint64
	}{{start, &from}, {end, &to}} {
		if _, err := fmt.Sscanf(place.text, "%X/%X", &place.into[0], &place.into[1]); err != nil {
			return nil, fmt.Errorf("%.40q is no place of a write-ahead log: %w", place.text, err)
		}
	}
	const bits, perFile = 24, 256
	first, last := from[0]<<(32-bits)+from[1]>>bits, (to[0]<<32+to[1]-1)>>bits
	if last < first || last-first > 1<<20 {
		return nil, fmt.Errorf("the write-ahead log goes from %.20s to %.20s", start, end)
	}
	for n := first; n <= last; n++ {
		names = append(names, fmt.Sprintf("%08X%08X%08X", timeline, n/perFile, n%perFile))
	}
	return names, nil
}
