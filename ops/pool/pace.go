package pool

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxPaced bounds how many keys or addresses a pace remembers.
const maxPaced = 4096

// pace limits each of many by a bucket of its own. Of more than maxPaced it forgets all: who is many is limited by
// address, and addresses are dear.
type pace struct {
	every rate.Limit
	burst int
	now   func() time.Time

	mu  sync.Mutex
	all map[string]*rate.Limiter
}

func newPace(every time.Duration, burst int, now func() time.Time) *pace {
	return &pace{every: rate.Every(every), burst: burst, now: now, all: map[string]*rate.Limiter{}}
}

// allow takes one from somebody's bucket. The error is a *Problem.
func (p *pace) allow(who string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket := p.all[who]
	if bucket == nil {
		if len(p.all) >= maxPaced {
			clear(p.all)
		}
		bucket = rate.NewLimiter(p.every, p.burst)
		p.all[who] = bucket
	}
	if !bucket.AllowN(p.now(), 1) {
		return problem(http.StatusTooManyRequests, "too_fast", "too many requests: wait a little")
	}
	return nil
}

// addressOf is the address that a request comes from; of IPv6 the network, of which one person has all addresses.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if ip == nil || ip.To4() != nil {
		return host
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}
