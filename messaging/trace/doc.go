// Package trace carries across rooms and messages what belongs to one transfer's way, for whoever looks where time went.
//
// It knows the W3C's traceparent and no maker of spans: who runs gives a Tracer, and without one everything here does
// nothing and costs nothing. What it carries is in a message's header, beside what is signed, and is no evidence of
// anything: nothing is decided by it, and nothing of it is kept.
//
// Which transfers are traced is decided once, by the intent's id (Tracer.Picks), so that adapters and switch come to the
// same answer without telling each other. So is under which names a transfer's trace is found (Of): what is done for it
// alone is in that trace, whatever else was in its messages and batches. A message of many intents has one header; what
// is done for many is below the first of them and has links to the others.
package trace
