package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// answer is what came back, as far as anybody asks here.
type answer struct {
	status int
	header map[string]string
	body   []byte
}

// client is one kept connection. It parses no more than it must, so that on a
// shared machine the server has most of it.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(ctx context.Context, address string) (*client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReaderSize(conn, 32<<10)}, nil
}

var lengthName = []byte("content-length:")

// ask sends a request and reads past its answer. It returns the status.
func (c *client) ask(request []byte) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	length := 0
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		switch {
		case first:
			if len(line) < 12 {
				return 0, fmt.Errorf("no answer of HTTP: %q", line)
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, err
			}
		case len(line) <= 2:
			_, err := c.reader.Discard(length)
			return status, err
		case len(line) > len(lengthName) && bytes.EqualFold(line[:len(lengthName)], lengthName):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(lengthName):]))); err != nil {
				return 0, err
			}
		}
	}
}

// fetch asks once and keeps the answer.
func fetch(ctx context.Context, address string, request []byte) (answer, error) {
	c, err := dial(ctx, address)
	if err != nil {
		return answer{}, err
	}
	defer c.conn.Close()
	if _, err := c.conn.Write(request); err != nil {
		return answer{}, err
	}
	a := answer{header: map[string]string{}}
	for first := true; ; first = false {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			return a, err
		}
		name, value, _ := bytes.Cut([]byte(line), []byte(":"))
		switch {
		case first:
			if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &a.status); err != nil {
				return a, err
			}
		case len(line) <= 2:
			length, err := strconv.Atoi(a.header["content-length"])
			if err != nil {
				return a, errors.New("an answer without its length")
			}
			a.body = make([]byte, length)
			_, err = io.ReadFull(c.reader, a.body)
			return a, err
		default:
			a.header[string(bytes.ToLower(name))] = string(bytes.TrimSpace(value))
		}
	}
}

// load is what a server stood for a while.
type load struct {
	perSecond float64
	p50, p99  time.Duration
}

// press asks a server over all connections until time is up. next makes each
// request.
func press(ctx context.Context, address string, length time.Duration, next func() []byte) (load, error) {
	var clients []*client
	for range connections {
		c, err := dial(ctx, address)
		if err != nil {
			return load{}, err
		}
		defer c.conn.Close()
		clients = append(clients, c)
	}
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var working sync.WaitGroup
	begun := time.Now()
	end := begun.Add(length)
	for _, c := range clients {
		working.Go(func() {
			var took []time.Duration
			var err error
			for sent := time.Now(); sent.Before(end) && err == nil; {
				var status int
				request := next()
				sent = time.Now()
				if status, err = c.ask(request); err == nil && status != 200 {
					err = fmt.Errorf("the answer is %d", status)
				}
				now := time.Now()
				took = append(took, now.Sub(sent))
				sent = now
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			failed = errors.Join(failed, err)
		})
	}
	working.Wait()
	whole := time.Since(begun)
	if failed != nil || len(all) == 0 {
		return load{}, errors.Join(failed, ctx.Err())
	}
	slices.Sort(all)
	return load{float64(len(all)) / whole.Seconds(), all[len(all)/2], all[len(all)*99/100]}, nil
}
