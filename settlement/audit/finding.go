package audit

import "fmt"

// Fault says what is wrong with a file of an export.
type Fault string

// The faults that a reader of an export finds.
const (
	Missing      Fault = "missing"       // no such file, though the checkpoint or an entry needs it
	Unknown      Fault = "unknown"       // a file that no export has, or that nothing in this one leads to
	Irregular    Fault = "irregular"     // a link or anything else that is not a file
	Oversize     Fault = "oversize"      // larger than its kind may be
	Malformed    Fault = "malformed"     // cut off, too long, or not of its form
	NotCanonical Fault = "not_canonical" // says in other bytes what has one form only
	Differs      Fault = "differs"       // not what the tree, or its own name, says that it holds
	Unsigned     Fault = "unsigned"      // without a signature of the log that holds
)

// Finding is why an export is not what it should be: a file, and the first entry that it touches.
type Finding struct { //nolint:errname // it is the auditor's word, and stands in lists more than it is returned
	Fault  Fault
	File   string
	Index  int64 // -1 where no entry is touched
	Detail string
}

// Error tells everything about the finding.
func (f *Finding) Error() string {
	text := fmt.Sprintf("audit: %s: %s", f.File, f.Fault)
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	if f.Index >= 0 {
		text += fmt.Sprintf(" (entry %d)", f.Index)
	}
	return text
}

// find makes a finding about a file, at the first entry that it covers.
func (p place) find(fault Fault, format string, args ...any) *Finding {
	return &Finding{Fault: fault, File: p.name(), Index: p.first(), Detail: fmt.Sprintf(format, args...)}
}

// at moves a finding to an entry.
func (f *Finding) at(index int64) *Finding {
	f.Index = index
	return f
}
