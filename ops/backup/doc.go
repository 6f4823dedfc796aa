// Package backup keeps a switch's state where a disaster does not reach it, and brings it back: the ledger, as a base
// backup and its write-ahead log, and every key and store of the data folder beside it. Streams are not in it: what
// matters in them is in the ledger, and is put back from there (recover.go).
//
//	FOLDER/manifest.json    what the backup holds, by SHA-256; written last: without it there is no backup
//	FOLDER/base.tar[.age]   PostgreSQL's base backup, as pg_basebackup writes it
//	FOLDER/files/…[.age]    the data folder's other files, below their own names
//
// A backup is taken of what runs, verified without a server, and never written over anything.
package backup
