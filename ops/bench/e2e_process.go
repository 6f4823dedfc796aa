package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/<pid>/stat on every Linux that Go runs on (USER_HZ).
const ticksPerSecond = 100

// usage is what a process, or a tree of them, has used. Fields that the system does not tell are 0.
type usage struct {
	cpu     time.Duration
	written int64 // bytes that were to go to the disk
	rss     int64
	heap    int64 // live and not yet collected objects
}

func (u usage) since(before usage) usage {
	return usage{cpu: u.cpu - before.cpu, written: u.written - before.written, rss: u.rss, heap: u.heap}
}

// ownUsage is this process's, with everything embedded in it.
func ownUsage() (usage, error) {
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return usage{}, fmt.Errorf("bench: own processor time: %w", err)
	}
	u := ownMemory()
	u.cpu = time.Duration(self.Utime.Nano() + self.Stime.Nano())
	u.written = procField("self/io", "write_bytes:")
	return u, nil
}

// ownMemory is the part of ownUsage that says how much memory this process holds now.
func ownMemory() usage {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return usage{rss: procField("self/status", "VmRSS:") << 10, heap: int64(sample[0].Value.Uint64())}
}

// ownPeak is the most memory that this process held since resetPeak.
func ownPeak() int64 { return procField("self/status", "VmHWM:") << 10 }

// resetPeak starts ownPeak anew where the system allows it. Where not, the peak is of the whole process, which is
// no less.
func resetPeak() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// treeUsage is a process's with all its children's, those that have ended included: their parent inherits.
func treeUsage(root int) (usage, error) {
	entries, err := os.ReadDir("/proc")
	if errors.Is(err, fs.ErrNotExist) {
		return usage{}, nil // not Linux
	}
	if err != nil {
		return usage{}, fmt.Errorf("bench: processes: %w", err)
	}
	type process struct {
		parent int
		ticks  int64
	}
	all := map[int]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if parent, ticks, ok := procStat(pid); ok {
			all[pid] = process{parent, ticks}
		}
	}
	var u usage
	for pid, p := range all {
		above := pid
		for above != root && above > 0 {
			above = all[above].parent
		}
		if above == root {
			u.cpu += time.Duration(p.ticks) * time.Second / ticksPerSecond
			u.written += procField(strconv.Itoa(pid)+"/io", "write_bytes:")
		}
	}
	return u, nil
}

// procStat reads a process's parent and its processor time, its ended children's included.
func procStat(pid int) (parent int, ticks int64, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, false
	}
	_, rest, ok := bytes.Cut(text[max(bytes.LastIndexByte(text, ')'), 0):], []byte(" ")) // the name before it may hold spaces
	fields := bytes.Fields(rest)                                                         // from the third on: state, ppid, …
	if !ok || len(fields) < 15 {
		return 0, 0, false
	}
	if parent, err = strconv.Atoi(string(fields[1])); err != nil {
		return 0, 0, false
	}
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		ticks += n
	}
	return parent, ticks, true
}

// procField reads one number of a file of /proc; 0 where there is none.
func procField(file, name string) int64 {
	text, err := os.ReadFile("/proc/" + file)
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
			number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
			n, err := strconv.ParseInt(string(number), 10, 64)
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}

// folderSize adds up the files below a folder. Files that go away meanwhile count nothing.
func folderSize(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	return bytes, nil
}

// freeBytes is what a disk has left for this user.
func freeBytes(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("bench: free space of %s: %w", dir, err)
	}
	return int64(disk.Bavail) * int64(disk.Bsize), nil //nolint:unconvert // other systems' types differ
}
