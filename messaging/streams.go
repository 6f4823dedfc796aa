package messaging

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// StreamLog is the stream of the settlement log's entries.
	StreamLog = "LOG"
	// DuplicateWindow is how long a stream remembers the id of a message.
	DuplicateWindow = time.Hour

	subjectLog = "log"
	// consumer is the durable consumer of a participant on TO_<participant>.
	consumer = "adapter"

	// maxMessageBytes is what the broker takes. It is more than MaxEnvelopeBytes, so that a somewhat
	// oversized envelope reaches the switch and gets its typed refusal.
	maxMessageBytes = 1 << 20
	// maxStreamBytes bounds one stream. A full stream refuses new messages; it forgets none.
	maxStreamBytes = 1 << 30
	// ackWait is how long a participant may take over one message before it is delivered again.
	ackWait = 30 * time.Second
	// maxAckPending bounds what a participant holds without having acknowledged it.
	maxAckPending = 512
)

// StreamFrom names the stream of what a participant sends.
func StreamFrom(participant string) string { return "FROM_" + participant }

// StreamTo names the stream of what a participant receives.
func StreamTo(participant string) string { return "TO_" + participant }

// Subject names where payloads of a kind from or to a participant travel.
func Subject(kind PayloadKind, participant string) string {
	if kind == PayloadLog {
		return subjectLog
	}
	return string(kind) + "." + participant
}

// kindOf returns the kind of what travels on a subject.
func kindOf(subject string) PayloadKind {
	kind, _, _ := strings.Cut(subject, ".")
	return PayloadKind(kind)
}

// streamOf names the stream that holds payloads of a kind from or to a participant.
func streamOf(kind PayloadKind, participant string) string {
	switch kind {
	case PayloadLog:
		return StreamLog
	case PayloadPayout, PayloadStatus:
		return StreamTo(participant)
	default:
		return StreamFrom(participant)
	}
}

// streamConfig keeps everything: no role that runs can delete, purge, roll up or overwrite.
func streamConfig(name string, subjects ...string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:       name,
		Subjects:   subjects,
		Storage:    jetstream.FileStorage,
		Retention:  jetstream.LimitsPolicy,
		Discard:    jetstream.DiscardNew,
		Duplicates: DuplicateWindow,
		MaxBytes:   maxStreamBytes,
		MaxMsgSize: maxMessageBytes,
		DenyDelete: true,
		DenyPurge:  true,
		Replicas:   1,
	}
}

func streamsOf(participant string) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		streamConfig(StreamFrom(participant), Subject(PayloadIntent, participant), Subject(PayloadOutcome, participant)),
		streamConfig(StreamTo(participant), Subject(PayloadPayout, participant), Subject(PayloadStatus, participant)),
	}
}

func consumerConfig() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       consumer,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
	}
}

// Provision creates what is missing of the log's stream and of the streams and consumers of the
// participants. What exists as it should is left as it is; what exists in a weaker form is an error
// that a retry does not mend. The endpoint's user must be the provisioner.
func Provision(ctx context.Context, endpoint Endpoint, participants []string) error {
	if err := validParticipants(participants); err != nil {
		return err
	}
	conn, err := endpoint.connect(userProvisioner, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("messaging: provision: %w", err)
	}
	if err := provisionStream(ctx, js, streamConfig(StreamLog, subjectLog)); err != nil {
		return err
	}
	for _, p := range participants {
		for _, cfg := range streamsOf(p) {
			if err := provisionStream(ctx, js, cfg); err != nil {
				return err
			}
		}
		if err := provisionConsumer(ctx, js, StreamTo(p)); err != nil {
			return err
		}
	}
	return nil
}

func validParticipants(participants []string) error {
	seen := make(map[string]bool, len(participants))
	for _, p := range participants {
		if !ValidParticipant(p) || p == userSwitch || p == userProvisioner {
			return fmt.Errorf("messaging: %.40q cannot name a participant", p)
		}
		if seen[p] {
			return fmt.Errorf("messaging: two participants are named %s", p)
		}
		seen[p] = true
	}
	return nil
}

func provisionStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) error {
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, want)
	}
	if err != nil {
		return fmt.Errorf("messaging: provision stream %s: %w", want.Name, err)
	}
	if weaker := weakness(stream.CachedInfo().Config, want); weaker != "" {
		return fmt.Errorf("messaging: stream %s exists and is not safe to use: %s", want.Name, weaker)
	}
	return nil
}

// weakness says in which way a stream may lose or repeat what the wanted one would not, "" in none.
func weakness(have, want jetstream.StreamConfig) string {
	for _, w := range []struct {
		weaker bool
		says   string
	}{
		{!slices.Equal(have.Subjects, want.Subjects), fmt.Sprintf("it holds the subjects %v, not %v", have.Subjects, want.Subjects)},
		{have.Storage != want.Storage, "it is not stored in files"},
		{have.Retention != want.Retention, "its messages are removed once read"},
		{have.Discard != want.Discard, "it discards old messages"},
		{have.MaxAge != 0, "its messages expire"},
		{have.MaxMsgs > 0 || have.MaxMsgsPerSubject > 0, "it bounds the number of messages"},
		{have.MaxBytes > 0 && have.MaxBytes < want.MaxBytes, "it holds fewer bytes"},
		{have.MaxMsgSize >= 0 && have.MaxMsgSize < want.MaxMsgSize, "it takes smaller messages only"},
		{have.Duplicates < want.Duplicates, "it forgets message ids sooner"},
		{!have.DenyDelete, "messages can be deleted"},
		{!have.DenyPurge, "it can be purged"},
		{have.AllowRollup, "it can be rolled up"},
		{have.AllowMsgTTL, "messages may name their own expiry"},
		{have.NoAck, "it does not acknowledge"},
		{have.Sealed, "it is sealed"},
		{have.Mirror != nil || len(have.Sources) > 0, "it copies other streams"},
		{have.SubjectTransform != nil, "it renames subjects"},
		{have.PersistMode != jetstream.DefaultPersistMode, "it acknowledges before it flushes (persist mode async)"},
		{have.Replicas < want.Replicas, "it has fewer replicas"},
	} {
		if w.weaker {
			return w.says
		}
	}
	return ""
}

func provisionConsumer(ctx context.Context, js jetstream.JetStream, stream string) error {
	want := consumerConfig()
	c, err := js.Consumer(ctx, stream, consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		c, err = js.CreateConsumer(ctx, stream, want)
	}
	if err != nil {
		return fmt.Errorf("messaging: provision consumer %s of %s: %w", consumer, stream, err)
	}
	have := c.CachedInfo().Config
	if have.AckPolicy != want.AckPolicy || have.MaxDeliver > 0 || have.DeliverPolicy != want.DeliverPolicy ||
		have.FilterSubject != "" || len(have.FilterSubjects) > 0 || have.DeliverSubject != "" {
		return fmt.Errorf("messaging: consumer %s of %s exists and may skip messages: %+v", consumer, stream, have)
	}
	return nil
}
