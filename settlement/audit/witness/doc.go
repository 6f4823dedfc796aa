// Package witness has others vouch that the settlement log is one log: that whoever asks is shown the same entries,
// and that none was taken back.
//
//	Witness        remembers the newest checkpoint of each log that it knows, and cosigns what continues it
//	Collector      asks witnesses for their cosignatures on the log's side
//	Policy         whose cosignatures make a checkpoint good: n of m, in the text of C2SP tlog-policy
//	OneHistory     tells whether checkpoints from many places are of one log
//	SplitViewError two checkpoints of a log that contradict each other, with the proof
//
// Formats are those of C2SP: signed-note, tlog-checkpoint, tlog-cosignature (Ed25519), tlog-witness, tlog-policy.
//
// A consistency proof that fails proves nothing: anybody can send a log's newest checkpoint with a wrong proof, and
// could have a witness stop that way. A fork is proved by two notes that the log signed, of one size and two roots;
// or by a proof that leads to the newer note's root from another beginning than the older note's. On that a witness
// stops, and until a person pardons. A proof that leads nowhere is refused, counted and shown.
//
// A witness is as good as its folder: one that is put back from a copy has forgotten what it signed since, and must
// not run again under its key.
package witness
