package messaging

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A broker that lost streams, or has streams of another past than the ledger, is put right from the ledger: what a
// participant sent goes on under the numbers that follow those that were read, and what participants were told is told
// again from the beginning, on streams that are new. What was sent and not read is published again by those who sent it.

// resumed is what stands in a stream made anew in the place of the last message that was read. Nobody reads it again.
const resumed = "the stream goes on from here"

// reader is a connection that looks, and signs nothing.
func (s *Server) reader() (*Hub, error) {
	conn, err := s.endpoint(userSwitch).connect(userSwitch, nil)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("messaging: streams: %w", err)
	}
	return &Hub{conn: conn, js: js, tails: tails{known: map[string]tail{}}, log: orDiscard(nil)}, nil
}

// Astray names the participants whose streams are not what was read from them: lost, shorter, or others.
func (s *Server) Astray(ctx context.Context, read map[string]Position) (participants []string, err error) {
	hub, err := s.reader()
	if err != nil {
		return nil, err
	}
	defer hub.Close()
	for name, position := range read {
		err := hub.check(ctx, StreamFrom(name), &position)
		switch backwards := (*BackwardsError)(nil); {
		case errors.As(err, &backwards):
			participants = append(participants, name)
		case err != nil && !errors.Is(err, jetstream.ErrStreamNotFound): // one that was never read is provisioned
			return nil, err
		}
	}
	slices.Sort(participants)
	return participants, nil
}

// LastDelivery is Hub.LastDelivery; found is false also where there is no such stream.
func (s *Server) LastDelivery(ctx context.Context, participant string) (last Delivery, found bool, err error) {
	hub, err := s.reader()
	if err != nil {
		return Delivery{}, false, err
	}
	defer hub.Close()
	if _, err := hub.js.Stream(ctx, StreamTo(participant)); errors.Is(err, jetstream.ErrStreamNotFound) {
		return Delivery{}, false, nil
	}
	return hub.LastDelivery(ctx, participant)
}

// SetAside moves streams out of the store of an embedded server that does not run, into a folder beside it that it
// makes and names. Streams that are not there are none to move.
func SetAside(dir, into string, streams ...string) error {
	for _, name := range streams {
		found, err := filepath.Glob(filepath.Join(dir, "streams", "jetstream", "*", "streams", name))
		if err != nil {
			return fmt.Errorf("messaging: stream %s to set aside: %w", name, err)
		}
		for _, path := range found {
			to := filepath.Join(dir, into, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.Rename(path, to)); err != nil {
				return fmt.Errorf("messaging: set stream %s aside: %w", name, err)
			}
		}
	}
	return nil
}

// Resume makes the streams of participants that were read and are not there, each to go on behind what was read from
// it, and returns where each has been read to now. It comes before Provision.
func (s *Server) Resume(ctx context.Context, read map[string]Position) (map[string]Position, error) {
	conn, err := s.endpoint(userProvisioner).connect(userProvisioner, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("messaging: resume: %w", err)
	}
	now := map[string]Position{}
	for name, before := range read {
		if now[name], err = s.resume(ctx, js, name, before); err != nil {
			return nil, fmt.Errorf("messaging: resume stream %s: %w", StreamFrom(name), err)
		}
	}
	return now, nil
}

func (s *Server) resume(ctx context.Context, js jetstream.JetStream, participant string, before Position) (Position, error) {
	config := streamsOf(participant)[0]
	config.FirstSeq = before.Sequence
	stream, err := js.CreateStream(ctx, config)
	if err != nil {
		return Position{}, err
	}
	after := Position{StreamCreated: streamCreated(stream.CachedInfo()), Sequence: before.Sequence, Hash: MessageHash([]byte(resumed), "")}
	conn, err := s.endpoint(participant).connect(participant, nil)
	if err != nil {
		return Position{}, err
	}
	defer conn.Close()
	own, err := newPublisher(conn)
	if err != nil {
		return Position{}, err
	}
	ack, err := own.js.PublishMsg(ctx, &nats.Msg{Subject: Subject(PayloadIntent, participant), Data: []byte(resumed)})
	if err != nil {
		return Position{}, err
	}
	if ack.Sequence != before.Sequence {
		return Position{}, fmt.Errorf("it begins with %d, not %d", ack.Sequence, before.Sequence)
	}
	return after, nil
}

// StreamsHeard names the log's stream and those that participants hear.
func StreamsHeard(participants []string) []string {
	all := []string{StreamLog}
	for _, name := range participants {
		all = append(all, StreamTo(name))
	}
	return all
}
