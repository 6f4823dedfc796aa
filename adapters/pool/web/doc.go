// Package web serves a pool's pages to its members and to the public: for small screens first, readable without
// JavaScript, in five languages.
//
//	page ──form──▶ Draft ──the exact bytes──▶ device shows and signs them ──▶ Act ──▶ answer
//
// A page asks and shows; it decides nothing. What is decided was signed by a member over bytes that the member's
// device read by itself: in the browser with a key that does not leave it (assets/sign.js), or elsewhere, by the
// command line, with the signature pasted into the form. Whoever reads a page may see what Node gives for that
// member, or for the public: what is shown to whom is the node's to know.
//
// What is signed is a prefix that names its use, and then the bytes: "ayni.pool.act.v1\n" for acts,
// "ayni.pool.signin.v1\n" for a proof of who is there. Signatures are Ed25519; keys, signatures and bytes travel in
// forms as base64url without padding.
//
// The script comes from the node, as the page does: a member who does not trust the node signs by the command line.
package web
