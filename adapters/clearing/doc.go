// Package clearing is what rails have in common whose payouts are ISO 20022 credits by way of a bank: the pacs.008 of a
// payout, the pacs.028 that asks about it, and what a pacs.002 says of it.
//
// The ids of all of them depend on the operation's id alone, so that a payment that is sent again after a crash is the
// same payment. A report is believed only about the payment that it names by every id it states. A rejection as
// duplicate, or as not received, speaks about a message and not about the payment.
package clearing
