package schema

const (
	maxDepth    = 40        // open elements; the deepest message has 21 of its own
	maxWrappers = 4         // elements around header and document
	maxElements = 1_000_000 // of a document that is read whole
)
