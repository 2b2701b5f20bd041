package network_test

import (
	"testing"

	"github.com/corruptionproject/appeal/internal/network"
)

func TestNeighboursShareANetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.0/24", "192.0.2.255": "192.0.2.0/24", "192.0.3.7": "192.0.3.0/24", "::ffff:192.0.2.7": "192.0.2.0/24",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::1": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"": "invalid Prefix", "unknown": "invalid Prefix",
	} {
		if got := network.Of(address).String(); got != want {
			t.Errorf("%q is in %s, want %s", address, got, want)
		}
	}
}
