// Package iso20022 writes and reads the four ISO 20022 shapes that an instant payout needs, one
// payment per message:
//
//	CreditTransfer  pacs.008.001.08  we ask a bank to credit somebody
//	StatusReport    pacs.002.001.10  the bank says what became of it
//	StatusRequest   pacs.028.001.03  we ask what became of it
//
// Reading goes bytes → guard → github.com/moov-io/iso20022 types → nouns of this package. The guard
// refuses what moov's parser would let through: oversized or deep input, DOCTYPE, other encodings and
// namespaces, a second root, repeated elements, amounts that are not plain decimals. moov's types
// carry everything except amounts: they hold those in a float64, so amount texts are taken from the
// raw element by the guard.
//
// Writing uses an encoder of our own. moov's cannot serve there: it prints amounts with an exponent
// (2.1e+07), drops time zones, and writes both branches of a choice.
//
// What the readers do not check: the order of elements, and elements that no schema knows. They read
// none of them. Messages with namespace prefixes are refused, as moov cannot read them.
package iso20022
