package postgres

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parentFolder makes the test binary a process that starts a server in this folder and waits to be killed.
const parentFolder = "AYNI_TEST_POSTGRES_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentFolder); dir != "" {
		fmt.Println(parent(dir))
		select {}
	}
	os.Exit(m.Run())
}

// parent starts a server, commits one row and returns the server's pid, or what went wrong.
func parent(dir string) string {
	ctx := context.Background()
	server, err := Start(ctx, Config{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err.Error()
	}
	conn, err := pgx.Connect(ctx, server.URL(Superuser, "postgres"))
	if err != nil {
		return err.Error()
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE kept AS SELECT 'written before the kill' AS note"); err != nil {
		return err.Error()
	}
	return strconv.Itoa(server.child.cmd.Process.Pid)
}

// folder returns a folder that the unprivileged user may pass through.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "ayni-postgres-") //nolint:usetesting // TempDir's parent is closed to that user
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(path)) })
	require.NoError(t, os.Chmod(path, 0o711))
	return path
}

func start(t *testing.T, dir string, throwaway bool) *Server {
	t.Helper()
	server, err := Start(t.Context(), Config{Dir: dir, Logger: slog.New(slog.DiscardHandler), Throwaway: throwaway})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	return server
}

func query(t *testing.T, server *Server, statement string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL(Superuser, "postgres"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	var value string
	require.NoError(t, conn.QueryRow(t.Context(), statement).Scan(&value))
	return value
}

func running(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestServerDiesWithItsParentAndKeepsTheData(t *testing.T) {
	dir := folder(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), parentFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	orphan, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	require.True(t, running(orphan))

	require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
	require.Error(t, cmd.Wait())

	server := start(t, dir, false) // at once, while the orphan is still ending
	held, err := servesFolder(orphan, server.dataDir)
	require.NoError(t, err)
	assert.False(t, held, "the killed parent's server still runs")
	assert.Equal(t, "written before the kill", query(t, server, "SELECT note FROM kept"))
}

func TestStopLeavesNothingRunning(t *testing.T) {
	server := start(t, folder(t), true)
	pid := server.child.cmd.Process.Pid
	conn, err := pgx.Connect(t.Context(), server.URL(Superuser, "postgres"))
	require.NoError(t, err, "a session that is still open does not hold up the stop")
	defer conn.Close(context.Background()) //nolint:errcheck // the server is gone by then
	require.NoError(t, server.Stop(t.Context()))
	assert.False(t, running(pid))
	assert.ErrorIs(t, syscall.Kill(-pid, 0), syscall.ESRCH, "its process group is empty")
	require.NoError(t, server.Stop(t.Context()), "stopping twice")
}

func TestStopWithoutTimeIsImmediateAndLosesNothing(t *testing.T) {
	dir := folder(t)
	server := start(t, dir, false)
	conn, err := pgx.Connect(t.Context(), server.URL(Superuser, "postgres"))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 'here' AS note")
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, server.Stop(ended))
	_ = conn.Close(context.Background()) // the server cut it

	assert.Equal(t, "here", query(t, start(t, dir, false), "SELECT note FROM kept"))
}

func TestCommittedMeansOnDisk(t *testing.T) {
	server := start(t, folder(t), false)
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes", "data_checksums"} {
		assert.Equal(t, "on", query(t, server, "SHOW "+setting), setting)
	}
	assert.Empty(t, query(t, server, "SHOW listen_addresses"))
}

func TestRootHandsOverToAnUnprivilegedUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has privileges to drop")
	}
	server := start(t, folder(t), true)
	info, err := os.Stat(fmt.Sprintf("/proc/%d", server.child.cmd.Process.Pid))
	require.NoError(t, err)
	uid := info.Sys().(*syscall.Stat_t).Uid
	assert.NotZero(t, uid)
	data, err := os.Stat(server.dataDir)
	require.NoError(t, err)
	assert.Equal(t, uid, data.Sys().(*syscall.Stat_t).Uid)
	assert.Equal(t, os.FileMode(0o700), data.Mode().Perm(), "the socket's folder is private")
}

func TestRootRunsTheServerAsTheOwnerOfAnExistingFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can change users")
	}
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.Atoi(nobody.Uid)
	require.NoError(t, err)
	dir := folder(t)
	require.NoError(t, os.Chown(dir, uid, -1))
	a, err := serverAccount(dir)
	require.NoError(t, err)
	assert.Equal(t, "nobody", a.name)
}

func TestClosedParentIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root starts the server as somebody else")
	}
	closed := folder(t)
	require.NoError(t, os.Chmod(closed, 0o700))
	_, err := Start(t.Context(), Config{Dir: filepath.Join(closed, "data"), Logger: slog.New(slog.DiscardHandler)})
	var reach *ReachError
	require.ErrorAs(t, err, &reach)
	assert.Equal(t, closed, reach.Blocked)
	assert.ErrorContains(t, err, "chmod o+x "+closed)
}

func TestInterruptedInitdbIsDoneAgain(t *testing.T) {
	dir := folder(t)
	half := filepath.Join(dir, "postgres.new-1234")
	require.NoError(t, os.MkdirAll(filepath.Join(half, "base"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600))
	server := start(t, dir, true)
	assert.Equal(t, "1", query(t, server, "SELECT '1'"))
	assert.NoDirExists(t, half)
}

func TestFailedInitdbSaysWhy(t *testing.T) {
	bin, err := findBinaries(t.Context(), 0)
	require.NoError(t, err)
	dir := folder(t)
	a, err := serverAccount(dir)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, createCluster(ctx, bin, a, filepath.Join(dir, "postgres"), true), context.Canceled)

	require.NoError(t, a.own(dir))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in-the-way"), nil, 0o600))
	require.ErrorContains(t, runInitdb(t.Context(), bin, a, dir, true), "exists but is not empty")
}

func TestFailedStartShowsTheLog(t *testing.T) {
	dir := folder(t)
	server := start(t, dir, true)
	require.NoError(t, server.Stop(t.Context()))
	require.NoError(t, os.Remove(filepath.Join(server.dataDir, "global", "pg_control")))
	_, err := Start(t.Context(), Config{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "pg_control")
}

func TestLongPathGetsAShortPrivateSocket(t *testing.T) {
	dir := filepath.Join(folder(t), strings.Repeat("long-", 20))
	server := start(t, dir, true)
	assert.NotEqual(t, server.dataDir, server.socketFolder)
	assert.Equal(t, "1", query(t, server, "SELECT '1'"))
	info, err := os.Stat(server.socketFolder)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, server.Stop(t.Context()))
	assert.NoDirExists(t, server.socketFolder)
}

func TestOpenSocketFolderInTheWayIsRefused(t *testing.T) {
	dataDir := "/" + strings.Repeat("long-", 30)
	a := account{name: "somebody", uid: uint32(os.Geteuid())}
	planted, err := socketFolder(dataDir, a)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.Remove(planted)) })
	again, err := socketFolder(dataDir, a)
	require.NoError(t, err, "left over by a killed process")
	assert.Equal(t, planted, again)
	require.NoError(t, os.Chmod(planted, 0o777))
	_, err = socketFolder(dataDir, a)
	require.ErrorContains(t, err, "is in the way")
}

func TestRecycledPidDoesNotStopTheStart(t *testing.T) {
	dir := folder(t)
	server := start(t, dir, true)
	require.NoError(t, server.Stop(t.Context()))
	other := exec.CommandContext(t.Context(), "sleep", "600")
	other.SysProcAttr = &syscall.SysProcAttr{Credential: accountOf(t, server.dataDir).credential()}
	require.NoError(t, other.Start())
	t.Cleanup(func() {
		require.NoError(t, other.Process.Kill())
		require.Error(t, other.Wait())
	})
	stale := fmt.Sprintf("%d\n%s\n%d\n%s\n\n\n\n\n", other.Process.Pid, server.dataDir, time.Now().Unix(), port)
	require.NoError(t, os.WriteFile(filepath.Join(server.dataDir, "postmaster.pid"), []byte(stale), 0o600))
	assert.Equal(t, "1", query(t, start(t, dir, true), "SELECT '1'"))
	assert.True(t, running(other.Process.Pid), "the program that has the pid now is left alone")
}

func accountOf(t *testing.T, dataDir string) account {
	t.Helper()
	a, err := serverAccount(dataDir)
	require.NoError(t, err)
	return a
}

func TestDataOfAMissingVersionNamesIt(t *testing.T) {
	dir := folder(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "postgres"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte("999\n"), 0o600))
	_, err := Start(t.Context(), Config{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	var missing *MissingError
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, 999, missing.Major)
	assert.ErrorContains(t, err, "apt-get install postgresql-999")
	assert.ErrorContains(t, &MissingError{}, "apt-get install postgresql")
}

func TestURLEscapesWhatItIsGiven(t *testing.T) {
	s := &Server{socketFolder: "/a folder/with?marks"}
	config, err := pgx.ParseConfig(s.URL("role@home", "data/base"))
	require.NoError(t, err)
	assert.Equal(t, "/a folder/with?marks", config.Host)
	assert.Equal(t, "role@home", config.User)
	assert.Equal(t, "data/base", config.Database)
}
