// Package postgres runs a private PostgreSQL server for one process: on a unix socket that nobody else
// can reach, as an unprivileged user, and never longer than that process lives.
//
//	DIR/postgres        the data folder; also holds the socket
//	DIR/postgres.new-*  a data folder that initdb did not finish; removed at the next start
//	DIR/postgres.log    what the server says
//
// Life of a server: find the binaries, wait for the server of a killed process to be gone, initdb once,
// start, connect, serve, stop. It imports nothing of the project, so that the tests of every room may
// use it through pgtest.
package postgres
