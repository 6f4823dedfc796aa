package auth

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests a second somebody may make, and how many at once.
type Rate struct {
	PerSecond int
	Burst     int
}

// Rates are the limits of each principal and of each address. Failed is of tokens and secrets that are not known.
type Rates struct{ Principal, Address, Failed Rate }

// DefaultRates stop who would stop others, and nobody who works.
func DefaultRates() Rates {
	return Rates{Principal: Rate{1000, 2000}, Address: Rate{2000, 4000}, Failed: Rate{5, 100}}
}

// maxPaced bounds how many buckets a pace has in use, and once more how many it has from before.
const maxPaced = 8192

// pace limits each of many by a bucket of its own. Buckets are forgotten by generations: who asks all the time keeps
// its own, however many others come and go.
type pace struct {
	limit Rate
	now   func() time.Time

	mu          sync.Mutex
	recent, old map[string]*rate.Limiter
}

func newPace(limit Rate, now func() time.Time) *pace {
	return &pace{limit: limit, now: now, recent: map[string]*rate.Limiter{}}
}

// allow takes one from somebody's bucket.
func (p *pace) allow(who string) bool { return p.bucket(who).AllowN(p.now(), 1) }

// left says whether somebody's bucket has one, and leaves it there.
func (p *pace) left(who string) bool { return p.bucket(who).TokensAt(p.now()) >= 1 }

func (p *pace) bucket(who string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bucket := p.recent[who]; bucket != nil {
		return bucket
	}
	bucket := p.old[who]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(p.limit.PerSecond), p.limit.Burst)
	}
	if len(p.recent) >= maxPaced {
		p.old, p.recent = p.recent, map[string]*rate.Limiter{}
	}
	p.recent[who] = bucket
	return bucket
}

// MayGuess says whether an address has not been wrong too often, with secrets that its requests brought. A handler asks
// before it looks one up, and says Wrong after it was none.
func (g *Guard) MayGuess(r *http.Request) bool { return g.failures.left(g.address(r)) }

// Wrong counts against an address.
func (g *Guard) Wrong(r *http.Request) { g.failures.allow(g.address(r)) }

// TooFast is what an address is answered with that may not guess.
func TooFast() *Problem { return errTooFast }

// address is where a request comes from: of IPv6 the network, of which one person has all addresses. Behind a proxy
// of ours it is what the proxy says, and of what others told the proxy nothing.
func (g *Guard) address(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at := from.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && g.isProxy(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap()
	}
	if at.Is6() {
		network, _ := at.WithZone("").Prefix(64) // it is an IPv6 address: it has one
		return network.String()
	}
	return at.String()
}

func (g *Guard) isProxy(at netip.Addr) bool {
	for _, network := range g.config.Proxies {
		if network.Contains(at) {
			return true
		}
	}
	return false
}
