// Package docs has the pages for people: a tutorial, how-tos, reference, explanation and decisions. They are Markdown, and
// every command in them is run by a test.
package docs

import "embed"

// Pages are all pages, by their paths from this folder.
//
//go:embed *.md explanation decisions howto reference
var Pages embed.FS
