package messaging

import (
	"bytes"
	"embed"
	"io/fs"
)

//go:embed schema/common.json schema/closed.json schema/intent.json schema/outcome.json schema/payout.json schema/status.json schema/mail.json
var schemas embed.FS

//go:embed schema/asyncapi.json
var asyncAPI []byte

// AsyncAPI is all of it as an AsyncAPI 3 document: the subjects, who says what on them, and the requests to
// JetStream. It refers to the Schemas as files beside it.
func AsyncAPI() []byte { return bytes.Clone(asyncAPI) }

// Schemas holds a JSON Schema (2020-12) per payload, "intent.json", "outcome.json", "payout.json",
// "status.json" and "mail.json", of the first two for the open line; "closed.json" with one per kind of closed line;
// and "common.json", which they refer to. What the decoders check beyond them: size,
// encoding, names said twice, numbers written as 1.0, leap seconds, and that codes of currencies in
// quotes exist.
func Schemas() fs.FS {
	sub, err := fs.Sub(schemas, "schema")
	if err != nil {
		panic(err) // the name above is well-formed
	}
	return sub
}
