package adaptertest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/adaptertest"
)

// mutant is an adapter with one fault, and a case that must find it.
type mutant struct {
	name  string
	fails []string // each of these cases
	says  string   // part of why
	alter func(rail adapters.Rail) adapters.Rail
	sink  func(sink adapters.Sink) adapters.Sink
	link  func(l adaptertest.Link) adaptertest.Link
}

// patience is how long its case may take: one that never comes to an end shows that after moments.
func (m mutant) patience() time.Duration {
	if m.says == inVain {
		return 8 * time.Second
	}
	return 30 * time.Second
}

const inVain = "in vain"

// mutants are what a suite of conformance is for.
var mutants = []mutant{
	{
		name: "submits each time under a new id", fails: []string{"unknown/open"}, says: "different ids",
		alter: func(r adapters.Rail) adapters.Rail {
			var n atomic.Int64
			return altered{Rail: r, submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
				op.ID = fmt.Sprintf("%sN%d", op.ID, n.Add(1))
				return r.Submit(ctx, op)
			}}
		},
	},
	{
		name: "pays again after a kill", fails: []string{"crash/payout-answer-ready", "crash/payout-request-forwarded"}, says: "rail",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r,
				submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
					return r.Submit(ctx, ofThisLife(op))
				},
				query: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
					return r.Query(ctx, ofThisLife(op))
				},
			}
		},
	},
	{
		name: "believes every callback", fails: []string{"callback/contradictory"}, says: "called failed",
		sink: func(s adapters.Sink) adapters.Sink { return credulous{s} },
	},
	{
		name: "does not look at how much a callback says", fails: []string{"callback/other-party"}, says: "called paid",
		sink: func(s adapters.Sink) adapters.Sink { return careless{s} },
	},
	{
		name: "forgets when it starts again", fails: []string{"crash/payout-answer-sent"}, says: inVain,
		link: func(l adaptertest.Link) adaptertest.Link {
			l.Dir = filepath.Join(l.Dir, fmt.Sprint(os.Getpid()))
			return l
		},
	},
	{
		name: "takes silence for a no", fails: []string{"unknown/silence", "unknown/every-answer-lost"}, says: "failed",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
				e := r.Submit(ctx, op)
				if e.State == adapters.Unknown {
					e.State, e.Reason = adapters.Failed, "AB05"
				}
				return e
			}}
		},
	},
	{
		name: "takes what it cannot read for a no", fails: []string{"unknown/teapot", "unknown/garbage"}, says: "failed",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
				e := r.Submit(ctx, op)
				if e.State == adapters.Unknown && ctx.Err() == nil {
					e.State, e.Reason = adapters.Failed, "NARR"
				}
				return e
			}}
		},
	},
	{
		name: "calls paid what was accepted", fails: []string{"happy/declined", "unknown/open"}, says: "paid",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
				e := r.Submit(ctx, op)
				if e.State == adapters.Accepted || e.Err != nil {
					e.State, e.RailRef, e.Amount, e.Err = adapters.Settled, "R"+op.ID, &op.Amount, nil
				}
				return e
			}}
		},
	},
	{
		name: "never asks", fails: []string{"callback/lost"}, says: inVain,
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, query: func(context.Context, adapters.Operation) adapters.Evidence {
				return adapters.Evidence{State: adapters.Accepted}
			}}
		},
	},
	{
		name: "never looks for a customer's payment", fails: []string{"callback/collection-lost"}, says: inVain,
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, collection: func(context.Context, adapters.Order) (adapters.Collection, bool, error) {
				return adapters.Collection{}, false, nil
			}}
		},
	},
	{
		name: "sends intents that nobody paid for", fails: []string{"happy/unpaid"}, says: "did not pay",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, collection: func(_ context.Context, o adapters.Order) (adapters.Collection, bool, error) {
				return adapters.Collection{OrderRef: o.Ref, RailRef: "R" + o.Ref, Amount: o.Source}, true, nil
			}}
		},
	},
	{
		name: "pays a little less", fails: []string{"happy/payout"}, says: "minor units",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r,
				submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
					op.Amount.Minor -= 100 - op.Amount.Minor%100
					if op.Amount.Minor < 1000 {
						op.Amount.Minor = 1000
					}
					e := r.Submit(ctx, op)
					e.Amount = nil
					return e
				},
				query: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
					e := r.Query(ctx, op)
					e.Amount = nil
					return e
				},
			}
		},
	},
	{
		name: "lets callbacks in anywhere", fails: []string{"callback/forged-path"}, says: "was answered",
		alter: func(r adapters.Rail) adapters.Rail { return altered{Rail: r, handler: anywhere(r.Handler())} },
	},
	{
		name: "knows no limits", fails: []string{"limits/above"}, says: "was asked",
		alter: func(r adapters.Rail) adapters.Rail {
			c := r.Capabilities()
			c.PayoutMaxMinor = 0
			return altered{Rail: r, capabilities: &c}
		},
	},
	{
		name: "asks as often as it likes", fails: []string{"budget/queries"}, says: "asked about",
		alter: func(r adapters.Rail) adapters.Rail {
			c := r.Capabilities()
			c.Timers.QueriesMost, c.Timers.QueriesWithin = 0, 0
			return altered{Rail: r, capabilities: &c}
		},
	},
}

// The suite finds every mutant, by the case that is there for it, and the case says what is wrong.
func TestEveryMutantIsCaught(t *testing.T) {
	for _, m := range mutants {
		for _, name := range m.fails {
			t.Run(m.name+" in "+name, func(t *testing.T) {
				t.Parallel()
				err := adaptertest.PlayOne(t.Context(), plainSubject(t, m.name), name, t.TempDir(), m.patience())
				require.Error(t, err)
				require.False(t, adaptertest.Skipped(err), "%v", err)
				assert.Contains(t, err.Error(), m.says)
			})
		}
	}
}

// altered is a rail with some of its methods replaced.
type altered struct {
	adapters.Rail
	capabilities  *adapters.Capabilities
	submit, query func(context.Context, adapters.Operation) adapters.Evidence
	collection    func(context.Context, adapters.Order) (adapters.Collection, bool, error)
	handler       http.Handler
}

func (a altered) Capabilities() adapters.Capabilities {
	if a.capabilities != nil {
		return *a.capabilities
	}
	return a.Rail.Capabilities()
}

func (a altered) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if a.submit != nil {
		return a.submit(ctx, op)
	}
	return a.Rail.Submit(ctx, op)
}

func (a altered) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if a.query != nil {
		return a.query(ctx, op)
	}
	return a.Rail.Query(ctx, op)
}

func (a altered) Collection(ctx context.Context, o adapters.Order) (adapters.Collection, bool, error) {
	if a.collection != nil {
		return a.collection(ctx, o)
	}
	return a.Rail.Collection(ctx, o)
}

func (a altered) Handler() http.Handler {
	if a.handler != nil {
		return a.handler
	}
	return a.Rail.Handler()
}

// ofThisLife gives an operation an id that the next life does not know.
func ofThisLife(op adapters.Operation) adapters.Operation {
	op.ID = fmt.Sprintf("%sL%d", op.ID, os.Getpid())
	return op
}

// credulous takes what a callback says for the truth.
type credulous struct{ adapters.Sink }

func (c credulous) Evidence(ctx context.Context, id, railID string, e adapters.Evidence) error {
	e.Origin = adapters.FromQuery
	return c.Sink.Evidence(ctx, id, railID, e)
}

// careless passes over what a callback says beside the ids and the state.
type careless struct{ adapters.Sink }

func (c careless) Evidence(ctx context.Context, id, railID string, e adapters.Evidence) error {
	if e.State == adapters.Settled {
		e.Origin, e.Amount, e.Account = adapters.FromQuery, nil, ""
	}
	return c.Sink.Evidence(ctx, id, railID, e)
}

// anywhere serves every path as the rail's own, once it has seen one.
func anywhere(next http.Handler) http.Handler {
	var mu sync.Mutex
	var known string
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if known == "" && strings.HasSuffix(r.URL.Path, "/operation") {
			known = r.URL.Path
		}
		r.URL.Path = known
		mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
