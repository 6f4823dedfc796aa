// Package messaging is what rails and the switch say to each other, and how it travels.
//
//	intent.<participant>   adapter → switch   signed envelope of 1..MaxIntents transfer intents
//	outcome.<participant>  adapter → switch   signed envelope of payout and refund outcomes
//	payout.<participant>   switch → adapter   signed instructions to pay out or refund
//	status.<participant>   switch → adapter   signed state changes, quotes, peers, windows
//	log                    switch → anyone    entries of the settlement log
//
// A participant's two sending subjects live in the stream FROM_<participant>, its two receiving ones
// in TO_<participant>: one stream each way and participant, so that nobody can poison another's
// deduplication. Every payload is JSON; its Ed25519 signature over exact bytes, under a prefix that names its kind, is in
// the headers. What participants send is signed in its first line alone, which names what is personal by a hash: see Open.
package messaging
