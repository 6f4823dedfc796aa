//go:build !failpoints || !unix

package failpoint

import "errors"

// Hit does nothing.
func Hit(string) {}

// Arm says that nothing here can be armed: the program was built without the tag failpoints.
func Arm(string) error { return errors.New("failpoint: built without the tag failpoints") }
