package pools

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/fx"
)

// Card is what a pool shows to everybody, as of a checkpoint of its log. All but its own words stands in lines of the log
// that everybody may see, under the checkpoint that the log's key signed.
type Card struct {
	Words
	Size    int64     // entries
	Root    string    // of the tree over them
	Note    string    // the signed checkpoint
	Lines   int64     // that everybody may see
	Unshown int64     // that not
	Through time.Time // of the newest input that everybody may see; zero where nobody may see any

	Funds    []Fund // by name; only where balances are shown
	Members  int    // who belong to it now; 0 where members are not shown
	Guests   []string
	Postings []Posting     // that are open, needs first
	Pledges  []Pledge      // in the order in which they were decided
	Declared []Declaration // likewise
	Kept     []Keeping     // likewise
}

// Words are what the node says of its pool beside its log: nothing proves them.
type Words struct {
	Title   string   `json:"title"`
	Purpose string   `json:"purpose"`
	Shown   []string `json:"shown"` // sections of the charter that everybody may see
	Hidden  []string `json:"hidden"`
}

// Fund is what a fund holds.
type Fund struct {
	Name   string
	Amount fx.Money
}

// Posting is a need or an offer that is open.
type Posting struct {
	ID, Side, Category, Place string
	Urgency                   int // 1 to 4, the last the most
	Quantity                  int64
	Unit                      string // of the quantity: a currency's code, or hours, pieces, …
	Until                     time.Time
}

// Pledge is what a pool pays, without another vote, when another declares an emergency.
type Pledge struct {
	ID, To        string
	Kinds, Places []string // words; no place for anywhere
	Fund          string
	Each, Total   fx.Money // without a currency where nothing that is shown says it
	Until         time.Time
	Revoked       bool
}

// InForce tells whether it would be kept at a moment.
func (p Pledge) InForce(at time.Time) bool { return !p.Revoked && at.Before(p.Until) }

// Declaration is an emergency as a pool declared it.
type Declaration struct {
	ID, Kind, Place, Needed string
	At, Until               time.Time
	Votes                   int
}

// Keeping is a payout that keeps a pledge.
type Keeping struct {
	Pledge, Payout string
	To             string // pool that declared
	Declaration    string // its id there
	State          string // due, funded, paid, returned, lapsed
	Amount         fx.Money
}

// Open counts the needs and offers that are open.
func (c *Card) Open() (needs, offers int) {
	for _, p := range c.Postings {
		if p.Side == string(board.Need) {
			needs++
		} else {
			offers++
		}
	}
	return needs, offers
}
