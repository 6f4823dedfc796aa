package schema

import "reflect"

// Document is one message, with the business application header that it came under or goes under.
type Document struct {
	Message string   // "pacs.008.001.08"
	Header  *Element // AppHdr (head.001), nil where there is none
	Body    *Element // the one child of Document, "FIToFICstmrCdtTrf"

	HeaderMessage string // what Header is, "head.001.001.02"; "" for DefaultHeader where there is one
}

// Equal tells whether two documents are the same message of the same trees.
func (d *Document) Equal(other *Document) bool { return reflect.DeepEqual(d, other) }
