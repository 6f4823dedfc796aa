// Package verify replays a settlement log. From the entries and the blobs that they name, and nothing else, it
// verifies every signature, decides every batch again, has a second accountant look at what came out, and compares
// each entry with the one that the log holds, to the byte. It imports neither the engine nor PostgreSQL.
//
// What it cannot see it takes from the log, where it is an input like the messages: the batch's clock, what
// screening said, when a window closes by the timetable, and what the switch said of closed values.
package verify
