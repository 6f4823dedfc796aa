package adaptertest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	"github.com/ayni-switch/ayni/messaging"
)

// mutant is an adapter with one fault, and a case that must find it.
type mutant struct {
	name  string
	fails []string // each of these cases
	says  string   // part of why
	alter func(rail adapters.Rail) adapters.Rail
	sink  func(sink adapters.Sink) adapters.Sink
	link  func(l adaptertest.Link) adaptertest.Link
	seen  func(s adapters.Switch) adapters.Switch
}

// patience is how long its case may take: one that never comes to an end shows that after moments.
func (m mutant) patience() time.Duration {
	if strings.HasPrefix(m.says, inVain) {
		return 20 * time.Second
	}
	return time.Minute
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
		name: "lets callbacks in from anybody", fails: []string{"callback/foreign-source"}, says: "was answered",
		alter: func(r adapters.Rail) adapters.Rail { return altered{Rail: r, handler: fromAnybody(r.Handler())} },
	},
	{
		name: "says no to strangers, and believes them", fails: []string{"callback/foreign-source"}, says: "nobody can know",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				fromAnybody(r.Handler()).ServeHTTP(httptest.NewRecorder(), q)
				http.NotFound(w, q)
			})}
		},
	},
	{
		name: "pays beside what it has set aside", fails: []string{"reserve/paid"}, says: "beside",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, submit: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
				op.Reservation = ""
				return r.Submit(ctx, op)
			}}
		},
	},
	{
		name: "calls free what it never freed", fails: []string{"reserve/released"}, says: "still holds",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, release: func(_ context.Context, op adapters.Operation) adapters.Evidence {
				return adapters.Evidence{State: adapters.Settled, RailRef: "R" + op.ID, Amount: &op.Amount}
			}}
		},
	},
	{
		name: "gives receipts of its own", fails: []string{"reconcile/day"}, says: "does not state it",
		alter: func(r adapters.Rail) adapters.Rail {
			return altered{Rail: r, query: func(ctx context.Context, op adapters.Operation) adapters.Evidence {
				return ownReceipt(op.ID, r.Query(ctx, op))
			}}
		},
		sink: func(s adapters.Sink) adapters.Sink { return ownReceipts{s} },
	},
	{
		name: "says everything once, whoever hears it", fails: []string{"broker/payouts"}, says: inVain + " for the end",
		seen: func(s adapters.Switch) adapters.Switch { return hasty{s} },
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
	release       func(context.Context, adapters.Operation) adapters.Evidence
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

func (a altered) Reserve(ctx context.Context, op adapters.Operation) adapters.Evidence {
	return a.Rail.(adapters.Reserver).Reserve(ctx, op)
}

func (a altered) Release(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if a.release != nil {
		return a.release(ctx, op)
	}
	return a.Rail.(adapters.Reserver).Release(ctx, op)
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

// fromAnybody serves everybody as the rail.
func fromAnybody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:1"
		next.ServeHTTP(w, r)
	})
}

// ownReceipts puts a receipt of the adapter's own in place of the rail's.
type ownReceipts struct{ adapters.Sink }

func (o ownReceipts) Evidence(ctx context.Context, id, railID string, e adapters.Evidence) error {
	return o.Sink.Evidence(ctx, id, railID, ownReceipt(id, e))
}

func ownReceipt(id string, e adapters.Evidence) adapters.Evidence {
	if e.State == adapters.Settled {
		e.RailRef = "OWN" + id
	}
	return e
}

// hasty takes what it has said once for heard.
type hasty struct{ adapters.Switch }

// aWord is too short for the client to say it a second time, or to wait for a broker that is away.
const aWord = 10 * time.Millisecond

func (h hasty) PublishOutcomes(ctx context.Context, outcomes []messaging.Outcome) error {
	ctx, done := context.WithTimeout(ctx, aWord)
	defer done()
	_ = h.Switch.PublishOutcomes(ctx, outcomes)
	return nil
}
