// Package decide is a pool's state machine: what members said, what came over the rail and what the clock says go in,
// one after the other; lines for the pool's log, postings for its book and what is due come out.
//
//	Input  a signed act of a member, or a word of the node, with its time
//	State  everything that follows from the inputs so far
//	Entry  what an input made: its lines, its postings, and the answer to whoever said it
//
// It is pure: the same inputs make the same entries to the byte, so whoever holds a pool's log decides it again.
// What is refused changes nothing, and is an entry with its reason like everything else.
package decide
