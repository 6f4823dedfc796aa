package qrph

import "fmt"

// Fault names why a code was refused, on the way in or out.
type Fault string

// The faults.
const (
	FaultOversized Fault = "oversized" // longer than a QR code of this kind may be
	FaultCharacter Fault = "character" // not printable ASCII
	FaultChecksum  Fault = "checksum"  // absent, not last, or not that of the text
	FaultSyntax    Fault = "syntax"    // a tag or a length that is not two digits, or that leads beyond the end
	FaultOrder     Fault = "order"     // the format is not first, or the checksum not last
	FaultRepeated  Fault = "repeated"
	FaultMissing   Fault = "missing"
	FaultValue     Fault = "value" // not what the tag may hold
)

// Error says what is wrong with a code and where. The same text fails again.
type Error struct {
	Tag   string // "54", or "27.01" inside a template; "" where it is the whole text
	Fault Fault
}

func (e *Error) Error() string {
	if e.Tag == "" {
		return "qrph: " + string(e.Fault)
	}
	return fmt.Sprintf("qrph: tag %s: %s", e.Tag, e.Fault)
}
