// Package bulk pays files: a CSV of up to MaxLines lines, each paid once, with a result per line.
//
// # Where it lives
//
// A Desk is part of an adapter and not a client of its own. A participant has one signing key and one
// durable consumer of what the switch says, and both belong to its adapter; a second client would take
// every other message away from the first. The adapter also is what knows prices and limits as of the same
// moment as its transfers. So a Desk stands between the switch and the Runner: it is the Switch that the
// Runner is given, hands every message on after it made its own share durable, and asks the Runner for
// prices. Both have a message on their disk before it is acknowledged.
//
//	client ─▶ Desk ─▶ Runner
//	  ▲        │ packs of intents
//	  └────────┘
//
// A line is not an order. An order waits for a customer's payment on the rail; the money of a file was
// collected before it came, and what a person approves is the file: its hash, its lines, its totals. So a
// file is taken and checked, then approved, and only then paid. For the same reason the rail gives nothing
// back when a line is returned: the participant has the money again, says so to the switch, and the result
// tells whoever brought the file.
//
// # The file
//
// UTF-8, a line feed (or carriage return and line feed) after each line, fields with commas between, quoted
// as in RFC 4180; a field holds no line feed, so that one bad quote cannot swallow the lines behind it. The
// first line is Header, to the letter:
//
//	id                    1 to 36 of A-Z a-z 0-9 . _ : -, the first a letter or a digit; see below
//	creditor_participant  who pays out
//	debtor_name           up to 140 characters
//	debtor_account        1 to 64 of A-Z a-z 0-9 @ . _ : / -
//	debtor_address        may be empty; the scheme wants it above its threshold
//	creditor_name         as for the debtor
//	creditor_account
//	creditor_address      may be empty
//	amount                a plain decimal, greater than zero
//	currency              the participant's own: the amount is what leaves; the creditor's: what arrives
//	reference             up to 140 characters, may be empty
//	purpose               up to 35 characters, may be empty
//	priority              normal, high or empty
//
// or that and four more columns (LongHeader), each of which may be empty: debtor_town, debtor_country, creditor_town,
// creditor_country, a country as ISO 3166-1 alpha-2.
//
// A file that is no such file is refused as a whole. A line that is wrong is a result with a fault, and
// stops no other.
//
// # Once
//
// The SHA-256 of its bytes is a file's identity: the same bytes again are the same file and show its
// progress, other bytes under the same name are another file. An intent's id is made from that hash and the
// line's number, and its bytes follow from the line and from the pack that it was sent with, which is
// durable before the broker hears of it. What is published again is the same intent, and the switch takes
// an intent once.
//
// A line's own id names a payment across all files of the participant. Within a file, the first sound line
// of an id has it. Between files, a later line of an id that is paid or under way is refused as a
// duplicate, and one of an id whose line ended unpaid (invalid, rejected, expired or returned) is sent. So
// whoever mends the bad lines of a file may send the whole file again: what was paid is not paid twice.
//
// # Bounds
//
// At most maxOpen lines are open at the switch, which takes at most 100,000 of a participant, orders
// included; at most maxUnanswered of them without any answer. What the switch refuses only because it is
// full or because a quote expired on the way is sent again as a new intent, when the rest of the file was
// sent, up to maxSweep times. Lines are read from the disk as they are needed and nothing is held in memory
// per line but, while a file is checked and claimed, 32 bytes. Of a finished file the store keeps the ids
// that were paid, and the disk the results: nobody's name or account.
package bulk
