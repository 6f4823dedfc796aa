package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime/pprof"
	"sync"
	"time"
)

// arrival is when something is asked, how long after the first moment, and what.
type arrival struct {
	after time.Duration
	what  asked
	seed  uint64 // of which one is asked for
}

// draw draws so many arrivals at a rate, exponentially apart, as those of many who know nothing of each other.
func draw(count, perSecond int, seed uint64) []arrival {
	random := rand.New(rand.NewPCG(seed, 5))
	var hundred []asked
	for _, a := range mix() {
		for range a.weight {
			hundred = append(hundred, a)
		}
	}
	all, after := make([]arrival, count), time.Duration(0)
	for i := range all {
		all[i] = arrival{after: after, what: hundred[random.IntN(len(hundred))], seed: random.Uint64()}
		after += time.Duration(random.ExpFloat64() / float64(perSecond) * float64(time.Second))
	}
	return all
}

// answered is one read and what came of it.
type answered struct {
	name  string
	took  time.Duration // since it was to be asked
	bytes int64
	wrong error
}

// mostAsking bounds how many wait for an answer: whoever comes then waits for a place, and that counts.
const mostAsking = 2000

// patience bounds one read.
const patience = 30 * time.Second

// readers ask.
type readers struct {
	origin string
	doors  doors
	known  *known
	client *http.Client
}

func newReaders(origin string, d doors, k *known) *readers {
	return &readers{origin: origin, doors: d, known: k, client: &http.Client{Timeout: patience, Transport: &http.Transport{
		MaxIdleConnsPerHost: mostAsking, MaxIdleConns: mostAsking, DisableCompression: true, // it is taken as it comes, see ask
	}}}
}

func (r *readers) close() { r.client.CloseIdleConnections() }

// offer asks everything when it is due and waits for the answers.
func (r *readers) offer(ctx context.Context, due []arrival) (all []answered, err error) {
	all = make([]answered, len(due))
	places := make(chan struct{}, mostAsking)
	var asking sync.WaitGroup
	pprof.Do(ctx, pprof.Labels("part", partReaders), func(ctx context.Context) {
		began := time.Now()
		timer := time.NewTimer(0)
		defer timer.Stop()
		for i, a := range due {
			at := began.Add(a.after)
			timer.Reset(time.Until(at))
			select {
			case <-timer.C:
			case <-ctx.Done():
				err = context.Cause(ctx)
				return
			}
			places <- struct{}{}
			asking.Go(func() {
				bytes, wrong := r.ask(ctx, a)
				all[i] = answered{name: a.what.name, took: time.Since(at), bytes: bytes, wrong: wrong}
				<-places
			})
		}
	})
	asking.Wait()
	return all, err
}

// ask asks once, and reads the answer whole, as it comes: compressed where the API does that.
func (r *readers) ask(ctx context.Context, a arrival) (bytes int64, err error) {
	random := rand.New(rand.NewPCG(a.seed, 6))
	who := r.known.member(random)
	path := a.what.path(random, r.known, who)
	token := r.doors.auditor
	if a.what.own {
		token = r.doors.own[who]
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.origin+path, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept-Encoding", "gzip")
	answer, err := r.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	bytes, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d", path, answer.StatusCode)
	}
	return bytes, err
}
