package pools

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"
)

// LookEvery is how often a pool is looked at where nobody says otherwise. While nothing happens there a look is one
// request for a few hundred bytes.
const LookEvery = 15 * time.Second

// verifying is how many logs are read at a time: that takes a core each.
const verifying = 2

// State is how it stands between the directory and a pool.
type State string

// The states.
const (
	Unheard State = "unheard" // not heard since this process began
	Current State = "current" // what is shown held when the pool was last looked at
	Silent  State = "silent"  // it did not answer, or not in time; what is shown is from before
	Refused State = "refused" // what it answered does not hold; what is shown is from before
	Split   State = "split"   // its key signed two histories: nothing that it shows is shown on, for ever
)

// States lists all of them.
func States() []State { return []State{Unheard, Current, Silent, Refused, Split} }

// Entry is a pool in the directory.
type Entry struct {
	Known
	State State
	Why   string    // it is not current, for the switch's own people
	Heard time.Time // when it last showed something that holds; zero for never since this process began
	Card  *Card     // nil where nothing is shown; not changed once it is here

	warns bool // it is split, and showed something to everybody before: they are to know
}

// Public tells whether the pool shows anything to everybody. One that does not is in no list for those who are not its
// own and do not run the switch: that it exists is the pool's to say.
func (e Entry) Public() bool { return e.warns || e.Card != nil && len(e.Card.Shown) > 0 }

// Config is what a directory is made of.
type Config struct {
	Known  []Known
	Memory Memory
	Every  time.Duration // between two looks; 0 for LookEvery
	Now    func() time.Time
	Log    *slog.Logger
}

// Directory looks at pools. Its methods may be called from many goroutines.
type Directory struct {
	cfg   Config
	pools map[string]*watched
	cores chan struct{}
}

// watched is a pool that is looked at.
type watched struct {
	log  note.Verifier
	node node
	turn chan struct{} // whose look it is

	mu    sync.Mutex
	entry Entry
}

// ErrUnknown says that no such pool is in the directory.
var ErrUnknown = errors.New("pools: no such pool")

// New makes a directory of pools, each known once. Errors are *KnownError.
func New(cfg Config) (*Directory, error) {
	if cfg.Every <= 0 {
		cfg.Every = LookEvery
	}
	d := &Directory{cfg: cfg, pools: map[string]*watched{}, cores: make(chan struct{}, verifying)}
	for _, k := range cfg.Known {
		log, err := k.Check()
		if err == nil && d.pools[k.Participant] != nil {
			err = &KnownError{k.Participant, "is known twice"}
		}
		if err != nil {
			return nil, err
		}
		d.pools[k.Participant] = &watched{
			log: log, node: newNode(k.base()), turn: make(chan struct{}, 1), entry: Entry{Known: k, State: Unheard},
		}
	}
	return d, nil
}

// Run looks at every pool, again and again, until ctx ends, which is no error.
func (d *Directory) Run(ctx context.Context) error {
	var group errgroup.Group
	for name := range d.pools {
		group.Go(func() error {
			again := time.NewTicker(d.cfg.Every)
			defer again.Stop()
			for ctx.Err() == nil {
				if err := d.Look(ctx, name); err != nil && ctx.Err() == nil {
					d.cfg.Log.Error("the directory of pools cannot remember", "pool", name, "error", err)
				}
				select {
				case <-again.C:
				case <-ctx.Done():
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// All are the pools, by participant.
func (d *Directory) All() []Entry {
	all := make([]Entry, 0, len(d.pools))
	for _, name := range slices.Sorted(maps.Keys(d.pools)) {
		all = append(all, d.pools[name].now())
	}
	return all
}

// Seen are the entries that somebody may see, by participant; sees tells whose things are theirs. Of others they see
// what is public, and neither where the node is nor why it is not current. A nil Directory knows no pool.
func (d *Directory) Seen(sees func(participant string) bool) (some []Entry) {
	if d == nil {
		return nil
	}
	for _, e := range d.All() {
		if own := sees(e.Participant); !own {
			if !e.Public() {
				continue
			}
			e.Address, e.Why = "", ""
		}
		some = append(some, e)
	}
	return some
}

// Find is one of them. The error is ErrUnknown.
func (d *Directory) Find(participant string) (Entry, error) {
	p, err := d.find(participant)
	if err != nil {
		return Entry{}, err
	}
	return p.now(), nil
}

func (d *Directory) find(participant string) (*watched, error) {
	if d == nil || d.pools[participant] == nil {
		return nil, fmt.Errorf("%w: %.80q", ErrUnknown, participant)
	}
	return d.pools[participant], nil
}

func (p *watched) now() Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entry
}
