package dev_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// parentFolder makes the test binary a process that starts the servers in this folder and waits to be killed.
const parentFolder = "AYNI_TEST_DEV_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentFolder); dir != "" {
		fmt.Println(parent(dir))
		select {}
	}
	os.Exit(m.Run())
}

// parent starts the servers, writes to the database and says "up", or what went wrong.
func parent(dir string) string {
	ctx := context.Background()
	servers, err := dev.Start(ctx, config(dir))
	if err != nil {
		return err.Error()
	}
	conn, err := pgx.Connect(ctx, servers.DatabaseURL())
	if err != nil {
		return err.Error()
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE kept AS SELECT pid FROM (SELECT pg_backend_pid() AS pid) AS me"); err != nil {
		return err.Error()
	}
	return "up"
}

func config(dir string) dev.Config {
	return dev.Config{Dir: dir, Participants: []string{"mpesa-ke", "upi-in"}, Logger: slog.New(slog.DiscardHandler)}
}

func start(t *testing.T, cfg dev.Config) *dev.Servers {
	t.Helper()
	servers, err := dev.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, servers.Close(context.Background())) })
	return servers
}

// startParent runs this binary as another process with the servers up in dir.
func startParent(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), parentFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "up", strings.TrimSpace(line))
	return cmd
}

func TestSecondProcessIsRefusedAndTheKilledOnesDataIsKept(t *testing.T) {
	dir := pgtest.Folder(t)
	first := startParent(t, dir)

	_, err := dev.Start(t.Context(), config(dir))
	var busy *dev.BusyError
	require.ErrorAs(t, err, &busy)
	assert.Equal(t, dev.BusyError{Dir: dir, PID: first.Process.Pid}, *busy)
	require.ErrorContains(t, err, strconv.Itoa(first.Process.Pid))
	require.ErrorContains(t, err, dir)

	require.NoError(t, first.Process.Signal(syscall.SIGKILL))
	require.Error(t, first.Wait())

	servers := start(t, config(dir)) // at once, with nothing cleaned up
	conn, err := pgx.Connect(t.Context(), servers.DatabaseURL())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	var rows int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&rows))
	assert.Equal(t, 1, rows)
}

func TestCloseGivesEverythingBack(t *testing.T) {
	dir := pgtest.Folder(t)
	for range 2 { // the second start finds the folder as the first left it
		servers, err := dev.Start(t.Context(), config(dir))
		require.NoError(t, err)
		assert.Equal(t, dir, servers.Dir)
		require.NoError(t, servers.Close(t.Context()))
		select {
		case <-servers.PostgresExited():
		default:
			t.Fatal("PostgreSQL still runs")
		}
		assert.NoFileExists(t, filepath.Join(dir, "postgres", "postmaster.pid"))
	}
	lock, err := dev.AcquireLock(dir)
	require.NoError(t, err)
	require.NoError(t, lock.Release())
}

func TestStartThatFailsHalfWayLeavesNothing(t *testing.T) {
	dir := pgtest.Folder(t)
	cfg := config(dir)
	cfg.Participants = []string{"Not A Subject Token"}
	_, err := dev.Start(t.Context(), cfg) // PostgreSQL is up by the time that NATS refuses
	require.Error(t, err)
	assert.NoFileExists(t, filepath.Join(dir, "postgres", "postmaster.pid"))
	start(t, config(dir))
}

func TestServersThatExistAreUsed(t *testing.T) {
	theirs := start(t, config(pgtest.Folder(t)))
	broker, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	require.NoError(t, err)
	broker.Start()
	t.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
	require.True(t, broker.ReadyForConnections(time.Minute))

	cfg := config(pgtest.Folder(t))
	cfg.DatabaseURL, cfg.NATSURL = theirs.DatabaseURL(), broker.ClientURL()
	ours := start(t, cfg)
	assert.Equal(t, theirs.DatabaseURL(), ours.DatabaseURL())
	assert.Equal(t, broker.ClientURL(), ours.HubEndpoint().URL)
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	_, err = js.Stream(t.Context(), messaging.StreamFrom("mpesa-ke"))
	require.NoError(t, err, "the streams are made there")
	assert.Equal(t, ours.HubEndpoint(), ours.ParticipantEndpoint("mpesa-ke"))
	assert.Nil(t, ours.PostgresExited())
	assert.NoDirExists(t, filepath.Join(ours.Dir, "postgres"))
	assert.NoDirExists(t, filepath.Join(ours.Dir, "nats"))
}

func TestDefaultDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, c := range []struct{ named, xdg, want string }{
		{named: "/srv/money", xdg: "/srv/share", want: "/srv/money"},
		{xdg: "/srv/share", want: "/srv/share/ayni"},
		{xdg: "relative", want: filepath.Join(home, ".local", "share", "ayni")},
		{want: filepath.Join(home, ".local", "share", "ayni")},
	} {
		t.Setenv("AYNI_DATA", c.named)
		t.Setenv("XDG_DATA_HOME", c.xdg)
		dir, err := dev.DefaultDir()
		require.NoError(t, err)
		if c.named == "" && os.Geteuid() == 0 {
			c.want = "/var/lib/ayni"
		}
		assert.Equal(t, c.want, dir)
	}
}
