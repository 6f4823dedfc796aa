package messaging

import "sync"

// scratch keeps buffers of an envelope's size between uses. An envelope is written in one and copied from
// it at its exact size: 130 KB of garbage less each time.
var scratch sync.Pool // of *[]byte

// withScratch lends an empty buffer to use, which returns it, grown or not, and keeps no part of it.
func withScratch(use func(buffer []byte) []byte) {
	buffer, ok := scratch.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	*buffer = use((*buffer)[:0])
	scratch.Put(buffer)
}
