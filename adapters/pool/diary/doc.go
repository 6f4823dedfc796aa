// Package diary is a pool's settlement log: entries of lines, of which the log itself holds only salted commitments,
// so that one log serves everybody and each is shown the lines that they may see.
//
//	line   {"about":["m1"],"kind":"paid","section":"payouts", and what the kind says}
//	blob   <salt, 32 hex digits> LF <line> LF                   commitment = SHA-256(blob), in hex
//	entry  {"kind":"pool","lines":[commitment, ...],"rules":"ayni-pool-1"}
//
// Entries are leaves of the tree of settlement/audit, and an export is an export of that package, whose blobs are the
// lines. A view is the same export without the blobs that its audience may not see: tree, checkpoint and every line
// that is shown verify as in the whole. What lines mean is not known here.
package diary
