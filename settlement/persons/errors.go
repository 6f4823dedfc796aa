package persons

import (
	"fmt"
	"io/fs"
)

// ErasedError says that the person's key was destroyed. No retry helps, ever.
type ErasedError struct{}

func (*ErasedError) Error() string { return "persons: the key of this person was destroyed" }

// TamperedError says that a sealed line is not what was sealed: its bytes, its commitment or its place were changed,
// or the key is another's.
type TamperedError struct{ Commitment Commitment }

func (e *TamperedError) Error() string {
	return fmt.Sprintf("persons: the sealed line of commitment %x does not open", e.Commitment[:])
}

// FormError says that bytes do not have the form that this package writes.
type FormError struct {
	What string // "snapshot", "sealed message" or "key"
	Why  string
}

func (e *FormError) Error() string { return fmt.Sprintf("persons: %s: %s", e.What, e.Why) }

// LimitError says that something is longer or more than it may be.
type LimitError struct {
	What     string
	Got, Max int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("persons: %s: %d, at most %d", e.What, e.Got, e.Max)
}

// PersonError says that a participant's name and an account name nobody.
type PersonError struct{ Why string }

func (e *PersonError) Error() string { return "persons: " + e.Why }

// OtherKeysError says that something belongs to other Keys than those that are asked.
type OtherKeysError struct{ Want, Got ID }

func (e *OtherKeysError) Error() string {
	return fmt.Sprintf("persons: these are keys %x, not %x", e.Got[:], e.Want[:])
}

// AccessError says that the file of keys is not a plain file that only its owner may read.
type AccessError struct {
	File string
	Mode fs.FileMode
}

func (e *AccessError) Error() string {
	return fmt.Sprintf("persons: %s has mode %v: it must be a plain file with mode 0600", e.File, e.Mode)
}
