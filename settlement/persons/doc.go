// Package persons holds the keys of people, and what is known of them sealed under these keys, so that one person
// can be erased: its key is destroyed, and what is sealed under it can be read by nobody any more.
//
// Nobody has a row of its own. Keys are the leaves of a tree that is computed downwards from one secret (tree.go);
// destroying one replaces the secret by the tops of all subtrees without it. What is kept grows with those who were
// erased, not with those who take part.
//
//	Person ─HMAC─▶ Path ─tree─▶ Key ─with the commitment─▶ key of one line ─▶ Sealed
//
// Errors never name a person: they end up in logs.
package persons
