// Package fx is what money is: currencies, exact amounts, exact rates, and quotes that hold.
//
// Everything here is pure: no clock, no context, no I/O, and no floating point.
//
//	Currency   an ISO 4217 code or a community unit, with its number of minor units
//	Money      int64 minor units of one currency, overflow-checked
//	Rate       an exact rational: major units of one currency per major unit of another
//	Quote      a rate, and a fee, that a provider promised until an expiry
//	Conversion what a quote makes of one amount: both sides and the rounding left over
//	Offer      the same as the sender sees it before paying: fee, spread and cost against the mid rate
//
// A conversion is done once per intent, half-even; nothing is ever re-converted.
//
// Reference rates value and compare; nobody promised them.
//
//	RateTable  rates against one base, each with its source and day; crossed exactly, merged by precedence
//	ReadECB    the European Central Bank's history file
//	ReadIMF    the International Monetary Fund's annual averages
//	Sheet      the rates of a scheme or a community for a time, as canonical bytes
//	Committee  whose signatures a sheet needs: any threshold of its keys
package fx
