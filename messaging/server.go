package messaging

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
)

const (
	// startTimeout bounds how long a server may take to recover its streams.
	startTimeout = time.Minute
	// startLook is how often a starting server is looked at.
	startLook = 200 * time.Millisecond
	// memoryBytes is for the switch's consumers: streams are in files.
	memoryBytes = 64 << 20
	// storeBytes bounds all streams together. Each is bounded by itself; the disk is the other bound.
	storeBytes = 1 << 50
)

// ServerConfig is an embedded server.
type ServerConfig struct {
	Dir          string       // keys, credentials and streams; made if missing
	Participants []string     // who has an account
	Port         int          // on the loopback interface; 0 for a free one
	Log          *slog.Logger // nil for none
}

// Server is an embedded NATS server with JetStream. It flushes every message before it acknowledges it.
type Server struct {
	nats         *server.Server
	dir          string
	participants []string

	admission sync.Mutex // held while an account changes
	accounts  *accounts
	resolver  *server.MemAccResolver
}

// StartServer starts the embedded server on its folder. Two servers on one folder are the caller's to
// prevent. Whoever was admitted while a server ran stays admitted. A participant that the list no longer names, and
// that was not, is not admitted; its streams stay.
func StartServer(ctx context.Context, cfg ServerConfig) (*Server, error) {
	if err := validParticipants(cfg.Participants); err != nil {
		return nil, err
	}
	later, err := admittedLater(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Participants = slices.Compact(slices.Sorted(slices.Values(slices.Concat(cfg.Participants, later))))
	accounts, err := openAccounts(cfg.Dir, cfg.Participants)
	if err != nil {
		return nil, err
	}
	resolver, err := accounts.resolver()
	if err != nil {
		return nil, err
	}
	port := cfg.Port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	ns, err := server.NewServer(&server.Options{
		ServerName:         "ayni",
		Host:               "127.0.0.1",
		Port:               port,
		NoSigs:             true, // signals are the program's
		MaxPayload:         maxMessageBytes,
		MaxControlLine:     4096,
		JetStream:          true,
		StoreDir:           filepath.Join(cfg.Dir, "streams"),
		JetStreamMaxMemory: memoryBytes,
		JetStreamMaxStore:  storeBytes,
		SyncAlways:         true,
		TrustedOperators:   []*jwt.OperatorClaims{accounts.operator},
		SystemAccount:      accounts.system,
		AccountResolver:    resolver,
	})
	if err != nil {
		return nil, fmt.Errorf("messaging: embedded server on %s: %w", cfg.Dir, err)
	}
	log := serverLog{log: orDiscard(cfg.Log), fatal: make(chan string, 1)}
	ns.SetLoggerV2(log, false, false, false)
	s := &Server{nats: ns, dir: cfg.Dir, participants: cfg.Participants, accounts: accounts, resolver: resolver}
	ns.Start()
	if err := s.ready(ctx, log.fatal); err != nil {
		s.Close()
		return nil, fmt.Errorf("messaging: embedded server on %s: %w", cfg.Dir, err)
	}
	return s, nil
}

// ready waits for the server and asserts what nothing else here is worth without.
func (s *Server) ready(ctx context.Context, fatal <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for !s.nats.ReadyForConnections(startLook) {
		select {
		case reason := <-fatal:
			return errors.New(reason)
		case <-ctx.Done():
			return fmt.Errorf("not ready (safe to repeat): %w", ctx.Err())
		default:
		}
	}
	if js := s.nats.JetStreamConfig(); js == nil || !js.SyncAlways {
		return errors.New("JetStream is off or does not flush every message")
	}
	return nil
}

// Provision creates what is missing of the streams and consumers of all participants.
func (s *Server) Provision(ctx context.Context) error {
	return Provision(ctx, s.endpoint(userProvisioner), s.participants)
}

// HubEndpoint is for ConnectHub, inside this process.
func (s *Server) HubEndpoint() Endpoint { return s.endpoint(userSwitch) }

// ParticipantEndpoint is for ConnectClient, inside this process.
func (s *Server) ParticipantEndpoint(name string) Endpoint { return s.endpoint(name) }

func (s *Server) endpoint(user string) Endpoint {
	return Endpoint{Creds: credsFile(s.dir, user), inProcess: s.nats}
}

// URL is where other processes connect, each with a file of CredsFile.
func (s *Server) URL() string { return s.nats.ClientURL() }

// CredsFile is the path of a participant's credentials. Only its owner can read it.
func (s *Server) CredsFile(participant string) string { return credsFile(s.dir, participant) }

// Close stops the server and waits until it has.
func (s *Server) Close() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}

// serverLog passes on what the server says. What the server calls fatal never ends the process.
type serverLog struct {
	log   *slog.Logger
	fatal chan string // the first reason
}

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any) {
	level, text := slog.LevelError, fmt.Sprintf(format, v...)
	if strings.HasSuffix(text, "authentication error") { // a stranger was turned away: no fault of the server's
		level = slog.LevelWarn
	}
	l.log.Log(context.Background(), level, text)
}
func (l serverLog) Debugf(string, ...any) {}
func (l serverLog) Tracef(string, ...any) {}

func (l serverLog) Fatalf(format string, v ...any) {
	reason := fmt.Sprintf(format, v...)
	l.log.Error(reason)
	select {
	case l.fatal <- reason:
	default:
	}
}
