package web

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// errTooFast says that an address or a member asks for too much.
var errTooFast = errors.New("pool: too many requests")

// maxPaced bounds how many addresses or members a pace remembers.
const maxPaced = 4096

// paces are the site's: a village may share one address, so an address's are wide.
type paces struct {
	reading, writing, member *pace
}

func newPaces(now func() time.Time) paces {
	return paces{
		reading: &pace{now: now, every: time.Second / 20, burst: 200},
		writing: &pace{now: now, every: time.Second, burst: 60},
		member:  &pace{now: now, every: 2 * time.Second, burst: 30},
	}
}

// pace limits each of many by a bucket of its own. Of more than maxPaced it forgets those seen least lately.
type pace struct {
	now           func() time.Time
	every         time.Duration
	burst         int
	mu            sync.Mutex
	recent, older map[string]*rate.Limiter
}

func (p *pace) allow(who string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket := p.recent[who]
	if bucket == nil {
		if bucket = p.older[who]; bucket == nil {
			bucket = rate.NewLimiter(rate.Every(p.every), p.burst)
		}
		if len(p.recent) >= maxPaced {
			p.recent, p.older = nil, p.recent
		}
		if p.recent == nil {
			p.recent = map[string]*rate.Limiter{}
		}
		p.recent[who] = bucket
	}
	return bucket.AllowN(p.now(), 1)
}

// addressOf is the address that a request comes from; of IPv6 the network, of which one person has all addresses.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	address = address.Unmap()
	if address.Is6() {
		if network, err := address.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return address.String()
}
