package ledger

import "errors"

// MaxCommandBytes bounds a command's body.
const MaxCommandBytes = 1 << 20

// ErrCommandChanged says that a key was used before for another command. A retry fails again.
var ErrCommandChanged = errors.New("ledger: the key belongs to another command")
