package messaging

import (
	"embed"
	"io/fs"
)

//go:embed schema/*.json
var schemas embed.FS

// Schemas holds a JSON Schema (2020-12) per payload, "intent.json", "outcome.json", "payout.json",
// "status.json" and "mail.json", and "common.json", which they refer to. What the decoders check beyond them: size,
// encoding, names said twice, numbers written as 1.0, leap seconds, and that codes of currencies in
// quotes exist.
func Schemas() fs.FS {
	sub, err := fs.Sub(schemas, "schema")
	if err != nil {
		panic(err) // the name above is well-formed
	}
	return sub
}
