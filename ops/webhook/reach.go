package webhook

import "net/netip"

// Reachable says whether something may be sent to an address: only what the whole world reaches. Everything else belongs
// to somebody's own network, ours perhaps, or hides such an address within. loopback lets this machine be reached, for
// development.
func Reachable(address netip.Addr, loopback bool) bool {
	address = address.Unmap().WithZone("")
	if address.IsLoopback() {
		return loopback
	}
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	if address.Is6() && !world6.Contains(address) {
		return false
	}
	for _, own := range reserved {
		if own.Contains(address) {
			return false
		}
	}
	return true
}

// world6 is what of IPv6 is given out.
var world6 = netip.MustParsePrefix("2000::/3")

// reserved are ranges that look public and are not, by IANA's registries of special-purpose addresses.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carriers' own
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // examples, and the next ones too
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // measuring
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // Teredo among them, which carries an address of IPv4
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // likewise
	netip.MustParsePrefix("3fff::/20"),
}
