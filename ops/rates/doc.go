// Package rates is what a rate committee does at the command line: import public figures, write a sheet of
// them, sign it, and hold what others signed against the committee's keys.
package rates
