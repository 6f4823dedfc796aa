// Package dev runs the servers that a switch on one machine needs, in one folder:
//
//	DIR/lock            held by the one process that uses the folder; says its pid
//	DIR/postgres        a private PostgreSQL cluster, DIR/postgres.log beside it
//	DIR/nats            the embedded JetStream server: streams, keys, credentials
//
// Servers that exist can be used instead. Everything ends with the process, however that ends, and the
// next start on the folder goes on where it was.
package dev
