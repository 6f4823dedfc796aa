// Package ledger has the nouns of the books: accounts, postings, balances, everything else that a clearing batch
// adds, what a new leader goes on from, and what is read of them. It knows no database (settlement/store does), so
// that whoever decides again needs none.
//
// A posting debits one account and credits another of the same currency, so books balance by construction. A
// balance is credits less debits: positive where the scheme owes the account's owner.
package ledger
