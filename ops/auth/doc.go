// Package auth says who asks, and what they may do and see.
//
// Everybody who asks is a Principal: a person who signed in, or a machine with a token or a certificate. A route says
// in a Need who may use it at all; what it shows says whose it is by Own, and a route that shows single things and does
// not say so answers nobody. Both are held in one place, so that a route that forgets is refused instead of open.
package auth
