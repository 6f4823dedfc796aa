package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// MinMajor is the oldest PostgreSQL that serves.
const MinMajor = 15

// usualPlaces are where packages put initdb and postgres outside PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // PostgreSQL's own RPMs
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
	"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	"/Library/PostgreSQL/*/bin",         // the macOS installer
	"/usr/local/pgsql/bin",              // built from source
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
}

// MissingError says that no usable PostgreSQL server is installed. A retry helps after installing one.
type MissingError struct {
	Major int // the version that an existing data folder needs; 0 where any from MinMajor will do
}

func (e *MissingError) Error() string {
	if e.Major != 0 {
		return fmt.Sprintf("postgres: the data folder was made by PostgreSQL %d, and no server of that version is in PATH "+
			"or the usual places: install it (Debian, Ubuntu: apt-get install postgresql-%d; macOS: brew install postgresql@%d)",
			e.Major, e.Major, e.Major)
	}
	return fmt.Sprintf("postgres: no initdb of PostgreSQL %d or newer is in PATH or the usual places: install the server "+
		"(Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; "+
		"Alpine: apk add postgresql; macOS: brew install postgresql@17)", MinMajor)
}

// binaries are the programs of one installed server.
type binaries struct {
	initdb, postgres string // absolute paths
	major            int
}

// findBinaries returns the newest server from MinMajor, or the one of the given major if it is not 0.
// Errors are *MissingError or ctx's.
func findBinaries(ctx context.Context, major int) (binaries, error) {
	var best binaries
	for _, folder := range candidateFolders() {
		found, ok := inspect(ctx, folder)
		if !ok || found.major < MinMajor || (major != 0 && found.major != major) {
			continue
		}
		if found.major > best.major {
			best = found
		}
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, err
	}
	if best.major == 0 {
		return binaries{}, &MissingError{Major: major}
	}
	return best, nil
}

// candidateFolders lists every folder that holds an initdb, those in PATH first, each once.
func candidateFolders() []string {
	var folders []string
	seen := map[string]bool{}
	patterns := append(filepath.SplitList(os.Getenv("PATH")), usualPlaces...)
	for _, pattern := range patterns {
		matches, err := filepath.Glob(filepath.Join(pattern, "initdb"))
		if err != nil { // a PATH entry that is no pattern
			continue
		}
		for _, initdb := range matches {
			resolved, err := filepath.EvalSymlinks(initdb)
			if err != nil || seen[resolved] {
				continue
			}
			seen[resolved] = true
			folders = append(folders, filepath.Dir(resolved))
		}
	}
	return folders
}

var majorVersion = regexp.MustCompile(`\(PostgreSQL\) (\d{1,3})`)

// inspect tells which server a folder holds; ok is false where it holds none that runs.
func inspect(ctx context.Context, folder string) (found binaries, ok bool) {
	found = binaries{initdb: filepath.Join(folder, "initdb"), postgres: filepath.Join(folder, "postgres")}
	out, err := exec.CommandContext(ctx, found.postgres, "--version").Output() //nolint:gosec // a folder of PATH or of the list above
	if err != nil {
		return binaries{}, false
	}
	match := majorVersion.FindSubmatch(out)
	if match == nil {
		return binaries{}, false
	}
	found.major, err = strconv.Atoi(string(match[1]))
	return found, err == nil
}
