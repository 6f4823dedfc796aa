package backup

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/ops/atomicfile"
)

const (
	manifestName = "manifest.json"
	baseName     = "base.tar"
	filesFolder  = "files"
	format       = 1
	// mostManifest bounds what is read of a manifest: some hundred bytes a file.
	mostManifest = 64 << 20
)

// Manifest says what a backup holds. It names no secret and no person.
type Manifest struct {
	Format     int       `json:"format"`
	Made       time.Time `json:"made"`    // when it was begun, UTC
	Program    string    `json:"program"` // the version of ayni that took it
	PostgreSQL int       `json:"postgresql"`
	Ledger     Ledger    `json:"ledger"`
	Recipients []string  `json:"recipients,omitempty"` // public keys that it is sealed to; none: it is not
	Files      []File    `json:"files"`
}

// Ledger is how far the ledger was when the backup was begun: the backup holds that, and perhaps more.
type Ledger struct {
	Batch      int64  `json:"batch"`
	Entries    int64  `json:"entries"`
	Checkpoint string `json:"checkpoint"` // the signed note; "" of an empty log
}

// File is one file of the backup, as it is kept: sealed, where the backup is.
type File struct {
	Name   string      `json:"name"` // slash-separated, below the backup's folder
	Mode   os.FileMode `json:"mode"` // permissions of the original
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
}

// NoBackupError says that a folder holds no backup, or one of a form that this version does not read.
type NoBackupError struct {
	Folder string
	Err    error
}

func (e *NoBackupError) Error() string {
	return fmt.Sprintf("backup: %s holds no backup: %v", e.Folder, e.Err)
}

func (e *NoBackupError) Unwrap() error { return e.Err }

// Read reads a backup's manifest. Errors are *NoBackupError.
func Read(folder string) (*Manifest, error) {
	refuse := func(err error) (*Manifest, error) { return nil, &NoBackupError{Folder: folder, Err: err} }
	f, err := os.Open(filepath.Join(folder, manifestName))
	if err != nil {
		return refuse(err)
	}
	defer f.Close() //nolint:errcheck // only read
	m := &Manifest{}
	if err := json.UnmarshalRead(io.LimitReader(f, mostManifest), m, json.RejectUnknownMembers(true)); err != nil {
		return refuse(err)
	}
	if m.Format != format {
		return refuse(fmt.Errorf("its format is %d; this version reads %d", m.Format, format))
	}
	for _, file := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(file.Name)) || file.Name == manifestName {
			return refuse(fmt.Errorf("it names a file %.100q", file.Name))
		}
	}
	return m, nil
}

func (m *Manifest) write(folder string) error {
	err := atomicfile.Write(filepath.Join(folder, manifestName), func(w io.Writer) error {
		return json.MarshalWrite(w, m, jsontext.WithIndent("  "))
	})
	if err != nil {
		return fmt.Errorf("backup: manifest: %w", err)
	}
	return nil
}

// program is this program's version as the build knows it.
func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
