package postgres

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as.
type account struct {
	name     string
	uid, gid uint32
	switched bool // it is not the user that this process runs as
}

// serverAccount chooses the server's user. PostgreSQL refuses to run as root, so root hands over to the
// owner of an existing data folder, else to the user postgres, else to nobody.
func serverAccount(dataDir string) (account, error) {
	uid, gid := uint32(os.Geteuid()), uint32(os.Getegid()) //nolint:gosec // ids are not negative on unix
	if uid != 0 {
		return account{name: strconv.Itoa(os.Geteuid()), uid: uid, gid: gid}, nil
	}
	if info, err := os.Stat(dataDir); err == nil {
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 { //nolint:errcheck,forcetypeassert // os.Stat on unix gives nothing else
			return account{name: accountName(owner.Uid), uid: owner.Uid, gid: owner.Gid, switched: true}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if errUID != nil || errGID != nil || uid == 0 {
			continue
		}
		return account{name: name, uid: uint32(uid), gid: uint32(gid), switched: true}, nil
	}
	return account{}, fmt.Errorf("postgres: running as root, and there is no user postgres or nobody to run the server as: " +
		"add one (useradd --system postgres) or run as another user")
}

func accountName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if found, err := user.LookupId(id); err == nil {
		return found.Username
	}
	return "uid " + id
}

// credential is what the child is started with; nil keeps this process's own.
func (a account) credential() *syscall.Credential {
	if !a.switched {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own hands a file or folder to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	if err := os.Lchown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("postgres: giving %s to %s: %w", path, a.name, err)
	}
	return nil
}

// ReachError says that the server's user may not pass through a folder on the way to its data.
// A retry helps after the folder was opened or another data folder chosen.
type ReachError struct {
	User    string
	DataDir string
	Blocked string // the folder that stops it
}

func (e *ReachError) Error() string {
	return fmt.Sprintf("postgres: the server runs as %s, who may not pass through %s to reach %s: "+
		"choose a data folder elsewhere (root's default is /var/lib/ayni; tests follow TMPDIR) or allow passing with: chmod o+x %s",
		e.User, e.Blocked, e.DataDir, e.Blocked)
}

// checkReach makes sure that the account may enter every folder from the root down to dir.
// It reads mode bits only: where an access list grants more, PostgreSQL has the last word.
func (a account) checkReach(dir string) error {
	if !a.switched {
		return nil
	}
	for folder := dir; ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err != nil {
			return fmt.Errorf("postgres: looking at %s: %w", folder, err)
		}
		owner := info.Sys().(*syscall.Stat_t) //nolint:errcheck,forcetypeassert // os.Stat on unix gives nothing else
		pass := os.FileMode(0o001)
		switch {
		case owner.Uid == a.uid:
			pass = 0o100
		case owner.Gid == a.gid:
			pass = 0o010
		}
		if info.Mode().Perm()&pass == 0 {
			return &ReachError{User: a.name, DataDir: dir, Blocked: folder}
		}
		if folder == filepath.Dir(folder) {
			return nil
		}
	}
}
