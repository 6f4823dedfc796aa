package doctor

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
)

// program says what this is.
func (r *round) program() {
	version := "of unknown version"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	r.ok("ayni", "%s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// clock holds a server's clock against this machine's, between asking and now.
func (r *round) clock(check string, before, theirs time.Time) {
	var skew time.Duration
	switch after := time.Now(); {
	case theirs.Before(before):
		skew = before.Sub(theirs)
	case theirs.After(after):
		skew = theirs.Sub(after)
	}
	const mend = "run chrony or another NTP client on both machines"
	switch {
	case skew > skewFails:
		r.ill(Fail, check, mend, "%s off this machine's: deadlines pass early or late", skew.Round(time.Millisecond))
	case skew > skewWarns:
		r.ill(Warn, check, mend, "%s off this machine's", skew.Round(time.Millisecond))
	default:
		r.ok(check, "with this machine's")
	}
}

// disk looks at the space below the data folder, and whether a flush reaches something that keeps it.
func (r *round) disk() {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(r.cfg.Data, &fs); err != nil {
		r.ill(Fail, "disk", "make the folder, or mend --data", "%s: %v", r.cfg.Data, err)
		return
	}
	const mend = "make room, or move the folder to a larger disk"
	switch used := 100 - 100*fs.Bavail/max(1, fs.Blocks); {
	case used >= fullFails:
		r.ill(Fail, "disk", mend, "%d%% of the disk below %s is used", used, r.cfg.Data)
	case used >= fullWarns:
		r.ill(Warn, "disk", mend, "%d%% of the disk below %s is used", used, r.cfg.Data)
	default:
		r.ok("disk", "%d%% of the disk below %s is used", used, r.cfg.Data)
	}
	measure := r.cfg.Flush
	if measure == nil {
		measure = flush
	}
	switch took, err := measure(r.cfg.Data); {
	case err != nil:
		r.ill(Fail, "flushing", "the folder has to be this user's", "%v", err)
	case took < flushLeast:
		r.ill(Warn, "flushing", "no memory disk for money; turn off write caches that have no battery", "a flush takes %s: something below says that it kept what it did not", took)
	default:
		r.ok("flushing", "a flush takes %s", took.Round(time.Microsecond))
	}
}

// flush writes and flushes a small file some times, and returns the median.
func flush(folder string) (median time.Duration, err error) {
	const times, bytes = 21, 4096
	file, err := os.CreateTemp(folder, ".ayni-doctor-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	var took []time.Duration
	for range times {
		began := time.Now()
		if _, err := file.WriteAt(make([]byte, bytes), 0); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[times/2], nil
}

// files looks at secrets that others may read, and certificates that end.
func (r *round) files() {
	secrets := slices.Clone(r.cfg.Secrets)
	if r.cfg.Data != "" {
		for _, pattern := range []string{"*.keys", "keys.json", "nats/keys/*", "nats/creds/*"} {
			found, _ := filepath.Glob(filepath.Join(r.cfg.Data, pattern)) // the patterns are sound
			secrets = append(secrets, found...)
		}
	}
	sound := 0
	for _, path := range secrets {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			r.ill(Fail, "key "+path, "put it back from where it is kept safe", "%v", err)
		case info.Mode().Perm()&0o077 != 0 && !info.IsDir():
			r.ill(Fail, "key "+path, "chmod 600 "+path, "others may read it: %s", info.Mode().Perm())
		default:
			sound++
		}
	}
	if sound > 0 {
		r.ok("keys", "%d are their owner's alone", sound)
	}
	for _, path := range r.cfg.Certificates {
		r.certificate(path)
	}
}

func (r *round) certificate(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		r.ill(Fail, "certificate "+path, "put it back", "%v", err)
		return
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		r.ill(Fail, "certificate "+path, "give a certificate in PEM", "there is none in it")
		return
	}
	c, err := x509.ParseCertificate(block.Bytes)
	const mend = "renew it, and have both sides know it before"
	switch now := time.Now(); {
	case err != nil:
		r.ill(Fail, "certificate "+path, "give a certificate in PEM", "%v", err)
	case now.After(c.NotAfter):
		r.ill(Fail, "certificate "+path, mend, "it ended %s", c.NotAfter.Format(time.DateOnly))
	case now.Before(c.NotBefore):
		r.ill(Fail, "certificate "+path, "set the clock, or wait", "it begins %s", c.NotBefore.Format(time.DateOnly))
	case c.NotAfter.Sub(now) < expiryWarns:
		r.ill(Warn, "certificate "+path, mend, "it ends %s", c.NotAfter.Format(time.DateOnly))
	default:
		r.ok("certificate "+path, "until %s", c.NotAfter.Format(time.DateOnly))
	}
}
