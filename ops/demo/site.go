package demo

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/pools"
)

// openSites serves every pool's pages, API and public log, each on a port of this machine. They are what the switch's
// directory looks at.
func (s *stage) openSites() error {
	s.sites = map[string]*pool.Site{}
	for _, c := range communities {
		on, err := s.listen()
		if err != nil {
			return err
		}
		origin := "http://" + on.Addr().String()
		dir := filepath.Join(s.servers.Dir, "pools", c.name, "public")
		site, err := pool.NewSite(s.pools[c.name], dir, origin, time.Local, s.log)
		if err != nil {
			return errors.Join(err, on.Close())
		}
		s.sites[c.name] = site
		s.known = append(s.known, pools.Known{Participant: c.name, Address: origin, LogKey: s.pools[c.name].Public})
		s.group.Go(func() error { return site.Run(s.ctx, on) })
	}
	return nil
}

// waysIn says where the pages of poolName are, with a link for each of its people that signs it in once, and writes the
// key of each into a file for the command line.
func (s *stage) waysIn() (string, error) {
	site, origin := s.sites[poolName], ""
	for _, k := range s.known {
		if k.Participant == poolName {
			origin = k.Address
		}
	}
	dir := filepath.Join(s.servers.Dir, "pools", poolName)
	var told strings.Builder
	fmt.Fprintf(&told, "%s (pages, /api/, /log/)", origin)
	for i := range communityOf(poolName).people {
		file := filepath.Join(dir, memberName(i)+".key")
		key, err := pool.KeyFileOf(s.keys.device(poolName, i), origin, messaging.Party{Name: memberName(i)}, "")
		if err == nil {
			err = key.Write(file)
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&told, "\n    %s       %s, once, within ten minutes; or ayni pool overview --device %s", memberName(i), site.Pages.Link(memberName(i)), file)
	}
	return told.String(), nil
}
