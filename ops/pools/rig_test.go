package pools_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/pools/poolstest"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	nairobi = "chama-nairobi"
	manila  = "group-manila"
)

// village is a real pool of two founders. What stands in front of its node can be taken over.
type village struct {
	*pooltest.Commune
	url   string // of what stands in front of it
	front atomic.Pointer[http.Handler]
}

// found makes a village that shows some sections to everybody, and serves its node.
func found(t *testing.T, name, money string, peers pool.Peers, shown ...charter.Section) *village {
	t.Helper()
	rules := decidetest.Rules()
	rules.Pool, rules.Title, rules.Units[0].Unit = name, "The village of "+name, fx.MustCurrency(money)
	for i := range rules.Funds {
		rules.Funds[i].Unit = rules.Units[0].Unit
	}
	two := []charter.Tier{{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 2, Hours: 48}}
	for _, kind := range []charter.Kind{charter.Emergency, charter.Pledging} {
		rules.Decisions = append(rules.Decisions, charter.Decision{Kind: kind, Propose: []string{charter.Everybody}, Tiers: two})
	}
	rules.Visibility = []charter.Visible{{Section: charter.SectionDecisions, To: []charter.Audience{charter.Members}}}
	for _, section := range shown {
		if section == charter.SectionDecisions {
			rules.Visibility = rules.Visibility[1:]
		}
		rules.Visibility = append(rules.Visibility, charter.Visible{Section: section, To: []charter.Audience{charter.Members, charter.Public}})
	}
	v := &village{Commune: pooltest.Found(t, pgtest.New(t), rules, 2)}
	if peers != nil {
		v.Stop()
		v.Config.Peers = peers
		v.Start()
	}
	v.serve(t)
	return v
}

func (v *village) serve(t *testing.T) {
	t.Helper()
	known := poolstest.Node(t, &pool.Home{
		Node: v.Node, Name: v.Config.Name, Account: v.Config.Account, Store: v.Config.Store, Public: v.Config.Public,
	})
	node, err := url.Parse(known.Address)
	require.NoError(t, err)
	behind := httputil.NewSingleHostReverseProxy(node)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if front := v.front.Load(); front != nil {
			(*front).ServeHTTP(w, r)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	v.url = server.URL
}

// becomes has something else answer in the node's place.
func (v *village) becomes(h http.HandlerFunc) {
	var front http.Handler = h
	v.front.Store(&front)
}

// again has the node answer itself.
func (v *village) again() { v.front.Store(nil) }

func (v *village) known() pools.Known {
	return pools.Known{Participant: v.Config.Name, Address: v.url, LogKey: v.Config.Public}
}

// memory is a real one.
func memory(t *testing.T) *pools.Store {
	t.Helper()
	return poolstest.Memory(t, pgtest.New(t))
}

// looked is a pool as a look finds it.
func looked(t *testing.T, d *pools.Directory, name string) pools.Entry {
	t.Helper()
	require.NoError(t, d.Look(t.Context(), name))
	e, err := d.Find(name)
	require.NoError(t, err)
	return e
}
