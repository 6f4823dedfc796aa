// Package view is what a pool's node shows, and to whom: to members, to the public, to federations and auditors; in
// pages, to programs, and as copies of the log.
//
//	Eyes    who looks: an audience of the charter's, and a member
//	sight   what those eyes may see: the one place where that is decided
//	glance  one look at the state, copied under the node's lock; PostgreSQL is asked after that, without it
//
// Whatever is shown stands in lines of the log, and is shown where one of these lines is: its section is shown to the
// audience by the charter in force, or the line is about the member. What is personal stands in no line. Names are
// for members alone, beneficiaries' accounts and evidence for those who may vote on them and those whom they are about.
package view
