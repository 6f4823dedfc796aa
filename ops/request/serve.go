package request

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/ops/rail"
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
	Broker Broker         // nil where the broker is somebody else's: requests that need one are refused
	Rails  rail.Directory // adapters; what is for one that it does not know is refused
	Log    *slog.Logger
}

// retryAfter is when something that broke is tried again.
const retryAfter = 5 * time.Second

// railsAtOnce is how many adapters are called at once, so that one that does not answer holds up few.
const railsAtOnce = 8

// Run carries out what is approved until ctx ends or the database fails. What was interrupted is taken up again: each
// of a request's commands has a key of its own, and an adapter is told twice what it does once. What is for the engine is
// done one after the other, in the order of approval.
func (s *Server) Run(ctx context.Context) error {
	engine, rails := make(chan struct{}, 1), make(chan struct{}, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return s.Books.WatchRequests(ctx, func() {
			for _, woken := range []chan struct{}{engine, rails} {
				select {
				case woken <- struct{}{}:
				default: // it will look anyway
				}
			}
		})
	})
	others := slices.DeleteFunc(Kinds(), func(k Kind) bool { return k == ResolveOperation })
	group.Go(func() error { return s.work(ctx, engine, 1, others...) })
	group.Go(func() error { return s.work(ctx, rails, railsAtOnce, ResolveOperation) })
	return group.Wait()
}

// work carries out requests of some kinds, so many at once, whenever it is woken.
func (s *Server) work(ctx context.Context, woken <-chan struct{}, atOnce int, kinds ...Kind) error {
	again := time.NewTimer(retryAfter)
	defer again.Stop()
	for {
		select {
		case <-woken:
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		all, err := s.Books.RequestsToDo(ctx, kindNames(kinds)...)
		if err != nil {
			return err
		}
		var pass errgroup.Group
		pass.SetLimit(atOnce)
		for _, r := range all {
			pass.Go(func() error {
				err := s.carryOut(ctx, r)
				if err != nil {
					s.Log.Warn("an approved request is not done yet", "request", r.ID, "error", err)
				}
				return err
			})
		}
		if pass.Wait() != nil {
			again.Reset(retryAfter)
		}
	}
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
		return s.atRail(ctx, r, plan)
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

// atRail tells an adapter how an operation ended.
func (s *Server) atRail(ctx context.Context, r ledger.Request, plan Plan) error {
	o := plan.Operation
	err := s.Rails.Resolve(ctx, plan.Participant, o.ID, adapters.Resolution{
		State: o.Ended.State(), Operator: ending(r.Maker) + " and " + ending(r.Checker), Reason: o.Evidence + "; " + plan.Reason, RailRef: o.RailRef,
	})
	if err == nil {
		return s.Books.FinishRequest(ctx, r.ID, "")
	}
	if refused, ok := errors.AsType[*rail.Error](err); ok && refused.Again || ctx.Err() != nil {
		return err
	}
	return s.Books.FinishRequest(ctx, r.ID, err.Error())
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
