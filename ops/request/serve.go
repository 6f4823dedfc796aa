package request

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Broker is what takes participants in and sends them away. *messaging.Server is one. Each call may be made again.
type Broker interface {
	Admit(ctx context.Context, participant string) error
	Rotate(participant string) error
	Expel(participant string) error
}

// Server carries approved requests out. One runs beside the engine.
type Server struct {
	Books  *store.Ledger
	Broker Broker // nil where the broker is somebody else's: requests that need one are refused
	Log    *slog.Logger
}

// retryAfter is when something that broke is tried again.
const retryAfter = 5 * time.Second

// Run carries out what is approved until ctx ends or the database fails. What was interrupted is taken up again: each
// of a request's commands has a key of its own, so none is done twice.
func (s *Server) Run(ctx context.Context) error {
	woken := make(chan struct{}, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return s.Books.WatchRequests(ctx, func() {
			select {
			case woken <- struct{}{}:
			default: // it will look anyway
			}
		})
	})
	group.Go(func() error {
		again := time.NewTimer(retryAfter)
		defer again.Stop()
		for {
			select {
			case <-woken:
			case <-again.C:
			case <-ctx.Done():
				return ctx.Err()
			}
			all, err := s.Books.RequestsToDo(ctx, kindNames(Kinds())...)
			if err != nil {
				return err
			}
			for _, r := range all {
				if err := s.carryOut(ctx, r); err != nil {
					s.Log.Warn("an approved request is not done yet", "request", r.ID, "error", err)
					again.Reset(retryAfter)
				}
			}
		}
	})
	return group.Wait()
}

// carryOut does all of a request, or as much as is not refused, and keeps what came of it. After an error it is tried
// again.
func (s *Server) carryOut(ctx context.Context, r ledger.Request) error {
	plan, err := Read(r)
	if err != nil {
		return s.Books.FinishRequest(ctx, r.ID, "the request no longer reads")
	}
	if plan.Difference != nil {
		_, err := Settle(ctx, s.Books, r.ID, *plan.Difference)
		return err
	}
	if plan.Operation != nil {
		return s.Books.FinishRequest(ctx, r.ID, "no address of that adapter is known here")
	}
	if plan.Broker != "" {
		if s.Broker == nil {
			return s.Books.FinishRequest(ctx, r.ID, "the broker is not this switch's own: whoever runs it takes the step there")
		}
		if err := s.atBroker(ctx, plan); err != nil {
			return err
		}
	}
	for n, c := range plan.Commands {
		body, err := c.signed(r)
		if err != nil {
			return s.Books.FinishRequest(ctx, r.ID, "the request no longer reads")
		}
		id, err := s.Books.AskFor(ctx, settlement.Command{
			Key: fmt.Sprintf("request %d/%d", r.ID, n+1), Kind: c.Kind, Body: body, Maker: r.Maker, Checker: r.Checker,
		})
		if err != nil {
			return err
		}
		fault, err := s.Books.AwaitCommand(ctx, id)
		if err != nil {
			return err
		}
		if fault != "" {
			return s.Books.FinishRequest(ctx, r.ID, fmt.Sprintf("%s: %s", c.Kind, fault))
		}
	}
	return s.Books.FinishRequest(ctx, r.ID, "")
}

func (s *Server) atBroker(ctx context.Context, plan Plan) error {
	switch plan.Broker {
	case BrokerAdmit:
		return s.Broker.Admit(ctx, plan.Participant)
	case BrokerRotate:
		return s.Broker.Rotate(plan.Participant)
	case BrokerExpel:
		return s.Broker.Expel(plan.Participant)
	default:
		return fmt.Errorf("request: no broker's step %.20q", string(plan.Broker))
	}
}
