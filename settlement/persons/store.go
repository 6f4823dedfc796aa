package persons

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// Store keeps Keys in a file of mode 0600. Several processes may have the same file open: each change is made under
// a lock beside it (FILE.lock), to what the file says by then, so that no destruction is lost. A Store is safe for
// concurrent use.
type Store struct {
	file string

	mu   sync.Mutex
	keys *Keys
	seen version
}

// version tells whether the file is the one that was read: each change makes a new one.
type version struct {
	inode uint64
	size  int64
	nanos int64
}

// Create makes new Keys and the file that keeps them. It errs with fs.ErrExist where there is one: keys that are
// lost are never quietly replaced, because what was sealed under them is lost with them.
func Create(file string) (*Store, error) {
	s := &Store{file: file, keys: Generate()}
	err := s.locked(func() error {
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("persons: %s: %w", file, errors.Join(fs.ErrExist, err))
		}
		text := s.keys.Snapshot()
		defer clear(text)
		return s.write(text)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Open opens the file of keys, and finishes what a process that died left half done. Errors are fs.ErrNotExist
// (nothing is created), *AccessError, *FormError, *LimitError, and the file system's.
func Open(file string) (*Store, error) {
	if _, err := os.Lstat(file); err != nil {
		return nil, fmt.Errorf("persons: %w", err) // before a lock is made beside nothing
	}
	s := &Store{file: file}
	if err := s.sync(func(*Keys) error { return nil }); err != nil {
		return nil, err
	}
	return s, nil
}

// Keys gives the keys as the file has them: also without those that another process destroyed. It is the same
// *Keys each time, and asking costs two microseconds while nothing changed; ask before each message that is opened.
// Errors are those of Open and *OtherKeysError.
func (s *Store) Keys() (*Keys, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.version()
	if err == nil && now == s.seen {
		return s.keys, nil
	}
	if err := s.sync(func(*Keys) error { return nil }); err != nil {
		return nil, err
	}
	return s.keys, nil
}

// Destroy destroys the keys of persons, for ever: when it returns nil, the file without them is on the disk, and the
// one before was overwritten. Again is the same as once. After an error, call again: until then keys may be gone
// here that would be back after a restart. Errors are those of Keys and *PersonError.
func (s *Store) Destroy(persons ...Person) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	paths := make([]Path, len(persons))
	for i, p := range persons {
		var err error
		if paths[i], err = s.keys.Path(p); err != nil {
			return err
		}
	}
	return s.sync(func(k *Keys) error { return k.Destroy(paths...) })
}

// DestroyPaths destroys by paths, which Keys.Destroyed lists: so a copy of the file, on another machine or from a
// backup, is brought up to this one. The rest is as with Destroy.
func (s *Store) DestroyPaths(paths ...Path) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sync(func(k *Keys) error { return k.Destroy(paths...) })
}

// sync makes memory and file the same: what either destroyed, and what change destroys, is gone from both. So a
// file that was put back from a backup while this process runs loses again what it lost before.
func (s *Store) sync(change func(*Keys) error) error {
	return s.locked(func() error {
		text, err := read(s.file)
		if err != nil {
			return err
		}
		defer clear(text)
		if err := s.learn(text); err != nil {
			return err
		}
		if err := change(s.keys); err != nil {
			return err
		}
		mine := s.keys.Snapshot()
		defer clear(mine)
		if !bytes.Equal(mine, text) { // a snapshot is canonical
			return s.write(mine)
		}
		s.seen, err = s.version()
		return err
	})
}

// learn destroys what a snapshot lacks, or takes it as it is where nothing is known yet.
func (s *Store) learn(text []byte) error {
	if s.keys == nil {
		var err error
		if s.keys, err = ReadSnapshot(text); err != nil {
			return fmt.Errorf("persons: %s: %w", s.file, err)
		}
		return nil
	}
	pepper, root, err := readTree(text)
	if err != nil {
		return fmt.Errorf("persons: %s: %w", s.file, err)
	}
	defer root.wipe()
	if pepper != s.keys.pepper {
		return &OtherKeysError{Want: s.keys.id, Got: newHasher(pepper).id()}
	}
	return s.keys.Destroy(root.gone()...)
}

func (s *Store) write(text []byte) error {
	if err := replace(s.file, text); err != nil {
		return fmt.Errorf("persons: keeping keys in %s: %w", s.file, err)
	}
	var err error
	s.seen, err = s.version()
	return err
}

func (s *Store) version() (version, error) {
	info, err := os.Lstat(s.file)
	if err != nil {
		return version{}, fmt.Errorf("persons: %w", err)
	}
	var inode uint64
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = stat.Ino
	}
	return version{inode: inode, size: info.Size(), nanos: info.ModTime().UnixNano()}, nil
}

// locked runs do while no other process or Store changes the file, and after what was left half done is finished.
func (s *Store) locked(do func() error) (err error) {
	lock, err := os.OpenFile(s.file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which unlocks
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("persons: locking %s: %w", s.file, err)
		}
	}
	if err := finish(s.file); err != nil {
		return fmt.Errorf("persons: finishing a change of %s: %w", s.file, err)
	}
	return do()
}
