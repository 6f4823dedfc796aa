// Package fx is what money is: currencies, exact amounts, exact rates, and quotes that hold.
//
// Everything here is pure: no clock, no context, no I/O, and no floating point.
//
//	Currency   an ISO 4217 code or a community unit, with its number of minor units
//	Money      int64 minor units of one currency, overflow-checked
//	Rate       an exact rational: major units of one currency per major unit of another
//	Quote      a rate that a provider promised until an expiry
//	Conversion what a quote makes of one amount: both sides and the rounding left over
//
// A conversion is done once per intent, half-even; nothing is ever re-converted.
package fx
