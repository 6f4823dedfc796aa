package schema

// What is passed is refused as too large, or cut off.
const (
	maxDepth         = 40        // open elements; the deepest message has 15
	maxWrappers      = 4         // elements around header and document
	maxElements      = 1_000_000 // of a document that is read whole
	maxPieceElements = 100_000   // of one that is read piece by piece, a piece
	maxPieceBytes    = 4 << 20
	maxTokenBytes    = 1 << 20 // one tag or text of it; what a schema leaves open, of either
	maxAttrs         = 32      // of one tag
	maxName          = 128     // bytes
	maxBindings      = 64      // namespaces that are declared at once
	maxDetail        = 120     // bytes of an error's detail and path
	maxPath          = 400
)

// chunkBytes is how much is read at once.
const chunkBytes = 64 << 10
