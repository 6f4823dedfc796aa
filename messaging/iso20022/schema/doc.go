// Package schema reads, checks and writes ISO 20022 documents as trees of elements, by tables of names, order, counts,
// choices and forms that are made from the published schemas. A tree that it read or wrote is one that the schema
// allows; what a message means is for package iso20022 to say.
package schema
