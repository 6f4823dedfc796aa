package sandbox

import (
	"context"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Pay refuses: neither product collects.
func (s *Server) Pay(_ context.Context, p kit.CustomerPayment) error {
	return &kit.ConflictError{Kind: kit.KindCollection, ID: p.OrderRef, Fault: "this rail collects nothing"}
}
