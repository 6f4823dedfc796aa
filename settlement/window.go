package settlement

// WindowID numbers settlement windows from 1.
type WindowID int64

// WindowState is where a settlement window is in its life.
type WindowState string

// The states of a window:
//
//	open → closed → settling → settled
//
// A closed window waits in settling until every participant that owes can pay; then all its currencies
// settle in one transaction (payment versus payment), and settled means settled.
const (
	WindowOpen     WindowState = "open"
	WindowClosed   WindowState = "closed"
	WindowSettling WindowState = "settling"
	WindowSettled  WindowState = "settled"
)
