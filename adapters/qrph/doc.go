// Package qrph reads and writes QR Ph, the QR code of the Philippines: who is to be paid, and how much, as a text of
// tags, lengths and values (EMVCo, QR Code Specification for Payment Systems, merchant-presented mode).
//
//	00 02 01 | 01 02 11 | 27 78 <receiver> | 52 04 6016 | 53 03 608 | 58 02 PH | 59 … | 60 … | 63 04 <CRC>
//	  format   static      00 12 com.p2pqrpay   category    peso       country    name  city   over all before it
//	                       01 11 <BIC> …
//
// Tag 27 is a person (com.p2pqrpay), tag 28 a merchant (ph.ppmi.p2m). The checksum is CRC-16/CCITT-FALSE over everything
// before its four digits, its own tag and length included, and it is held against the text before any field is read.
//
// A code asks for money and proves nothing: it is neither signed nor secret. Reading is strict, because two apps that
// read one code differently pay two people.
package qrph
