package settings

import (
	"fmt"
	"net/netip"
	"strings"
)

// Networks are addresses and networks with commas between, as in 10.0.0.0/8,192.0.2.7.
type Networks string

// UnmarshalText refuses what is no network.
func (n *Networks) UnmarshalText(text []byte) error {
	if _, err := networks(string(text)); err != nil {
		return err
	}
	*n = Networks(text)
	return nil
}

// Prefixes are the networks, which were checked.
func (n Networks) Prefixes() []netip.Prefix {
	all, _ := networks(string(n))
	return all
}

func networks(text string) (all []netip.Prefix, err error) {
	if text == "" {
		return nil, nil
	}
	for each := range strings.SplitSeq(text, ",") {
		each = strings.TrimSpace(each)
		if address, err := netip.ParseAddr(each); err == nil {
			all = append(all, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(each)
		if err != nil {
			return nil, fmt.Errorf("%.60q is neither an address nor a network", each)
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}
