package rotation

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Funds is what there is of each unit, in minor units.
type Funds map[fx.Currency]int64

// Tick moves the clock on: rounds open, bidding ends, reminders are due, the reserve covers out of what it has. It may
// come as often as wanted and as late as it comes: a late one opens a round as of now and takes one step of lateness.
// Errors are *Error: FaultClock.
func (g *Group) Tick(now time.Time, reserve Funds) (Outcome, error) { panic("not yet") }

// Next is when Tick has something to do; false where nothing waits for the clock.
func (g *Group) Next() (time.Time, bool) { panic("not yet") }

// Pay takes money from a seat: it repays the reserve first, then pays what is due, the oldest first, then rounds to
// come. Errors are *Error: FaultSeat, FaultAmount where it is more than Payable.
func (g *Group) Pay(seat int, minor int64, now time.Time) (Outcome, error) { panic("not yet") }

// Payable is the most that Pay takes from a seat, in minor units of its unit.
func (g *Group) Payable(seat int) int64 { panic("not yet") }

// Debt is what a seat owes, in minor units of its unit.
type Debt struct {
	ReserveMinor int64 `json:"reserve_minor"` // that it covered
	AwaitedMinor int64 `json:"awaited_minor"` // of parts of rounds that are open, due or not
	LateMinor    int64 `json:"late_minor"`    // of that, what is past the moment due
}

// Owes is what a seat owes now.
func (g *Group) Owes(seat int) Debt { panic("not yet") }

// Choose gives the open round to a seat that has not had its turn (Need).
// Errors are *Error: FaultMethod, FaultState, FaultSeat.
func (g *Group) Choose(seat int, now time.Time) (Outcome, error) { panic("not yet") }

// AskSwap asks another seat to change turns (Fixed, Drawing). Both turns must be to come. A later ask replaces it.
// Errors are *Error: FaultMethod, FaultState, FaultSeat.
func (g *Group) AskSwap(seat, with int, now time.Time) (Outcome, error) { panic("not yet") }

// AgreeSwap changes the turns of seat and of the seat that asked for it.
// Errors are *Error: FaultMethod, FaultState, FaultSeat, FaultAsked.
func (g *Group) AgreeSwap(seat, asker int, now time.Time) (Outcome, error) { panic("not yet") }

// Leave takes a seat's holder out: Left, Excluded or Died. After its turn it goes on owing its parts, unless it died;
// before, the seat is vacant, owes nothing more of its parts, and gets what it put in at the end, or from whoever
// replaces it. A round that it was to receive goes to another.
// Errors are *Error: FaultSeat, FaultState while a bundle for it is on its way.
func (g *Group) Leave(seat int, why Standing, now time.Time) (Outcome, error) { panic("not yet") }

// BuyIn is what a replacement pays: what the seat has put in, if it has not had its turn.
func (g *Group) BuyIn(seat int) int64 { panic("not yet") }

// Replace gives a seat whose holder left to another, with its rights and debts, for exactly BuyIn.
// Errors are *Error: FaultSeat, FaultAmount, FaultState.
func (g *Group) Replace(seat int, member, pool string, minor int64, now time.Time) (Outcome, error) {
	panic("not yet")
}

// PayShort pays the pot with what is there, after the moment due, by a decision of the pool: what is missing is owed to
// the receiver from then on. Errors are *Error: FaultState, FaultEarly, FaultMethod where rounds are atomic.
func (g *Group) PayShort(now time.Time) (Outcome, error) { panic("not yet") }

// Forgive ends what a seat owes now, by a decision of the pool: to the reserve, and of parts past due.
// Errors are *Error: FaultSeat, FaultState while a bundle is on its way.
func (g *Group) Forgive(seat int, now time.Time) (Outcome, error) { panic("not yet") }

// Settled says that a bundle moved: its round is paid. Errors are *Error: FaultState.
func (g *Group) Settled(round, attempt int, now time.Time) (Outcome, error) { panic("not yet") }

// Failed says that nothing of a bundle moved. Every part stays where it is, and another attempt is made after
// RetryPause. Errors are *Error: FaultState.
func (g *Group) Failed(round, attempt int, now time.Time) (Outcome, error) { panic("not yet") }

// RetryPause is how long a group waits before it makes a bundle again.
const RetryPause = time.Hour

// Held is what the group holds of a unit: what came in and has not gone out.
func (g *Group) Held(unit fx.Currency) int64 { panic("not yet") }

// SeatsOf are the seats that a member holds.
func (g *Group) SeatsOf(member string) []int { panic("not yet") }

// Upcoming is who is to get the pot in rounds to come, by seat, as far as it is known: in an auction or by need it is
// the order in which nothing is said.
func (g *Group) Upcoming() []int { panic("not yet") }
