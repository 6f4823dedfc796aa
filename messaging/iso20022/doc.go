// Package iso20022 gives ISO 20022 messages the nouns of a payment:
//
//	CreditTransfer       pacs.008  we ask a bank to credit somebody, or a bank asks us
//	CreditTransferGroup  pacs.008  many payments, read one by one
//	StatusReport         pacs.002  what became of a payment; GroupReport, of many
//	StatusRequest        pacs.028  what became of it?
//	PaymentReturn        pacs.004  the money comes back
//	Recall               camt.056  please stop it or give it back
//	RecallAnswer         camt.029  yes, no, or somebody else is asked
//	PaymentOrder         pain.001  a company or a pool orders payouts
//	OrderReport          pain.002  what became of them
//	IdentityCheck        acmt.023  whose account is that? IdentityAnswer, acmt.024
//	MessageRejection     admi.002  that could not be read at all
//	Header               head.001  from, to, and which message follows
//
// Package schema reads, checks and writes the documents as trees, by the published schemas. Here, a tree becomes a noun
// and is held against what no schema says: currencies and their minor units, positive amounts of at most fifteen digits,
// totals, duplicates, check digits of IBANs and LEIs, agents that say who they are, days of settlement near their
// message. What a noun does not name stays in its Source and is listed by Rest. A Dialect says in which version of each
// message somebody is written to; every version listed there is read.
//
// The types of github.com/moov-io/iso20022 read what carries no amount: pacs.002, pacs.028 and admi.002, once the schema
// has been checked. They cannot serve for the rest: they hold amounts in a float64 and print them with an exponent
// (2.1e+07), drop time zones, and write both branches of a choice. TestWhatMoovCannot shows it.
package iso20022
