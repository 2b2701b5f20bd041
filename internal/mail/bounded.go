package mail

import (
	"errors"
	"net"
)

// mostHeard bounds what is read of one connection, in octets: many times what a
// server says to a whole batch, the certificates of its TLS included.
const mostHeard = 1 << 20

var errTalksOn = errors.New("the mail server says more than any has to say")

// bounded is a connection of which so much is read and no more. An answer is
// kept whole until it ends, so one that never does, from a server or from
// whoever stands before it ahead of TLS, would fill the memory.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalksOn
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
