// Package network says which network an address is in, as far as that matters
// for how much one neighbour may ask: what one household, or one attacker, has.
//
// It refuses to say who anybody is.
package network

import "net/netip"

// Of is the /24 or /64 that an address is in. What is no address shares one
// network, the zero one.
func Of(address string) netip.Prefix {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	bits := 24
	if addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
