package adaptertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// enoughKnocks is how often an adapter whose broker is away comes back to its door until it has said what it had to say.
// Clients wait between two knocks for longer than they try to say one thing, and a busy machine slows both alike.
const enoughKnocks = 5

// longAway is enough for an adapter that knocks seldom: some clients wait for twenty seconds before they give one up.
const longAway = 10 * time.Second

// missed keeps a stopped broker away until the adapter has looked for it so many times, or once and for long.
func (o *ownBroker) missed(ctx context.Context, times int) error {
	creds, err := os.ReadFile(o.ClientCreds)
	if err != nil {
		return err
	}
	var door net.Listener
	err = patiently(ctx, func() error { // meanwhile somebody's connection may have its port
		door, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.config.Port)))
		return err
	})
	if err != nil {
		return fmt.Errorf("at the broker's door: %w", err)
	}
	defer func() { _ = door.Close() }()
	defer context.AfterFunc(ctx, func() { _ = door.Close() })()
	for seen, began := 0, time.Now(); seen < times && (seen == 0 || time.Since(began) < longAway); { // the switch knocks, too
		guest, err := door.Accept()
		if err != nil {
			return fmt.Errorf("in vain for the adapter at the broker's door: %w", errors.Join(context.Cause(ctx), err))
		}
		if shows(guest, creds) {
			seen++
		}
	}
	return nil
}

// shows tells whether a client that knocks shows the token that is in creds, and sends it away.
func shows(guest net.Conn, creds []byte) bool {
	defer func() { _ = guest.Close() }()
	_ = guest.SetDeadline(time.Now().Add(time.Second))
	if _, err := guest.Write([]byte(`INFO {"server_id":"AWAY","version":"2.0.0","proto":1,"max_payload":1024,"nonce":"AWAY"}` + "\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(guest).ReadBytes('\n')
	if err != nil {
		return false
	}
	var said struct{ JWT string }
	return json.Unmarshal(bytes.TrimPrefix(line, []byte("CONNECT")), &said) == nil && said.JWT != "" && bytes.Contains(creds, []byte(said.JWT))
}
