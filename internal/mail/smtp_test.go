package mail_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/mailtest"
)

// message is a mail with nothing special about it.
func message(n int) mail.Message {
	return mail.Message{
		ID:   "<mail-" + strconv.Itoa(n) + "@give.example>",
		From: mail.Address{Name: "Mother Jones", Email: "giving@give.example"}, ReplyTo: mail.Address{Email: "help@give.example"},
		To:      mail.Address{Name: "Dana Reed", Email: "dana" + strconv.Itoa(n) + "@reader.example"},
		Subject: "Receipt for your $50.00 gift", Text: "Thank you.\n", HTML: "<p>Thank you.</p>\n", Auto: true,
	}
}

func messages(n int) []mail.Message {
	var all []mail.Message
	for i := range n {
		all = append(all, message(i))
	}
	return all
}

// none fails the test for every error.
func none(t *testing.T, errs []error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Errorf("mail %d: %v", i, err)
		}
	}
}

func TestABatchGoesOverOneEncryptedConnection(t *testing.T) {
	for name, options := range map[string]mailtest.Options{
		"STARTTLS":                 {},
		"STARTTLS with a password": {User: "relay", Password: "pa ss\"w@rd"},
		"TLS from the first byte":  {ImplicitTLS: true, User: "relay", Password: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.New(t, options)
			sender := mail.NewSMTP(server.Config())
			if err := sender.Check(t.Context()); err != nil {
				t.Errorf("check: %v", err)
			}
			none(t, sender.Send(t.Context(), messages(5)))
			got := server.Mails()
			if len(got) != 5 || server.Connections() != 2 {
				t.Fatalf("%d mails over %d connections, want 5 over 1, and 1 of the check", len(got), server.Connections())
			}
			for _, m := range got {
				if !m.TLS || m.User != options.User || m.From != "giving@give.example" {
					t.Errorf("a mail came as %+v", m)
				}
			}
		})
	}
}

func TestNothingIsSaidInTheClearToAnotherMachine(t *testing.T) {
	t.Run("a server that offers no TLS", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{NoStartTLS: true, User: "relay", Password: "secret"})
		refusesAll(t, server, server.Config(), "STARTTLS")
	})
	t.Run("a certificate that nobody signed", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{})
		conf := server.Config()
		conf.Roots = nil
		refusesAll(t, server, conf, "certificate")
	})
	t.Run("a certificate of another name", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{ImplicitTLS: true})
		conf := server.Config()
		conf.Host = "other.test"
		refusesAll(t, server, conf, "other.test")
	})
	t.Run("a password where TLS is turned off", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{User: "relay", Password: "secret"})
		conf := server.Config()
		conf.Security = mail.NoTLS
		refusesAll(t, server, conf, "a password is not sent in the clear")
	})
}

func refusesAll(t *testing.T, server *mailtest.Server, conf mail.SMTPConfig, says string) {
	t.Helper()
	sender := mail.NewSMTP(conf)
	if err := sender.Check(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("check says %v, want %q in it", err, says)
	}
	for _, err := range sender.Send(t.Context(), messages(2)) {
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %q in it", err, says)
		}
	}
	if got := server.Mails(); len(got) > 0 {
		t.Errorf("%d mails were sent all the same", len(got))
	}
}

func TestWithoutTLSWhereItIsSaidOrNobodyStandsBetween(t *testing.T) {
	t.Run("tls=none, without a password", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{NoStartTLS: true})
		conf := server.Config()
		conf.Security = mail.NoTLS
		none(t, mail.NewSMTP(conf).Send(t.Context(), messages(1)))
	})
	t.Run("this machine, a password and no TLS", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{NoStartTLS: true, User: "relay", Password: "secret"})
		conf := server.Config()
		conf.Host = "127.0.0.1"
		none(t, mail.NewSMTP(conf).Send(t.Context(), messages(1)))
	})
	t.Run("this machine, TLS with a certificate it signed itself", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{})
		conf := server.Config()
		conf.Host, conf.Roots = "localhost", nil
		none(t, mail.NewSMTP(conf).Send(t.Context(), messages(1)))
		if got := server.Mails(); len(got) != 1 || !got[0].TLS {
			t.Errorf("TLS was offered and not used: %v", got)
		}
	})
}

func TestAWrongPasswordIsSaidByName(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{User: "relay", Password: "right"})
	conf := server.Config()
	conf.Password = "wrong-canary"
	err := mail.NewSMTP(conf).Check(t.Context())
	var refused *mail.RefusedError
	if !errors.As(err, &refused) || refused.Code != 535 || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want a refusal with 535 and no password in it", err)
	}
}

func TestOneRefusedRecipientStopsNobodyElse(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Next(mailtest.OK, mailtest.Reject, mailtest.OK)
	errs := mail.NewSMTP(server.Config()).Send(t.Context(), messages(3))
	var refused *mail.RefusedError
	if !errors.As(errs[1], &refused) || refused.Code != 550 {
		t.Fatalf("got %v, want 550", errs[1])
	}
	if strings.Contains(errs[1].Error(), "reader.example") || strings.Contains(errs[1].Error(), "canary") || strings.ContainsAny(errs[1].Error(), "\r\n") {
		t.Errorf("the error is %q, want one line without an address or a link's token", errs[1])
	}
	none(t, []error{errs[0], errs[2]})
	if len(server.Mails()) != 2 || server.Connections() != 1 {
		t.Errorf("%d mails over %d connections, want 2 over 1", len(server.Mails()), server.Connections())
	}
}

func TestACutAfterDataLeavesOneMailUnknownAndTheNextGoesOverANewConnection(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Next(mailtest.OK, mailtest.CutAfterData, mailtest.OK)
	errs := mail.NewSMTP(server.Config()).Send(t.Context(), messages(3))
	if !errors.Is(errs[1], mail.ErrUnknown) {
		t.Errorf("got %v, want that it is unknown", errs[1])
	}
	none(t, []error{errs[0], errs[2]})
	if server.Connections() != 2 {
		t.Errorf("%d connections, want 2", server.Connections())
	}
}

func TestAServerThatCutsEveryLineIsNotTriedWithEachMail(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Set(mailtest.CutAfterData)
	errs := mail.NewSMTP(server.Config()).Send(t.Context(), messages(20))
	for i, err := range errs {
		if want := map[bool]error{true: mail.ErrUnknown, false: mail.ErrNotTried}[i < 2]; !errors.Is(err, want) {
			t.Errorf("mail %d: %v, want %v", i, err, want)
		}
	}
	if len(server.Mails()) != 2 {
		t.Errorf("%d mails may be sent twice, want 2 at most", len(server.Mails()))
	}
}

func TestAServerThatIsNotThereIsTriedOnce(t *testing.T) {
	for name, mode := range map[string]mailtest.Mode{"cut": mailtest.Refuse, "421": mailtest.Busy} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.New(t, mailtest.Options{})
			server.Set(mode)
			sender := mail.NewSMTP(server.Config())
			errs := sender.Send(t.Context(), messages(10))
			if errs[0] == nil || errors.Is(errs[0], mail.ErrUnknown) || !errors.Is(errs[9], mail.ErrNotTried) {
				t.Errorf("got %v and %v", errs[0], errs[9])
			}
			if server.Connections() != 1 {
				t.Errorf("%d connections, want 1", server.Connections())
			}
			server.Set(mailtest.OK)
			none(t, sender.Send(t.Context(), messages(10)))
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		conf := mail.SMTPConfig{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Now: time.Now}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		errs := mail.NewSMTP(conf).Send(t.Context(), messages(2))
		if errs[0] == nil || !errors.Is(errs[1], mail.ErrNotTried) {
			t.Errorf("got %v", errs)
		}
	})
}

func TestASilentServerCostsOneDeadlineAndNotOneForEachMail(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Set(mailtest.Tarpit)
	conf := server.Config()
	conf.Timeout = 50 * time.Millisecond
	errs := mail.NewSMTP(conf).Send(t.Context(), messages(50))
	var late net.Error
	if !errors.As(errs[0], &late) || !late.Timeout() || !errors.Is(errs[49], mail.ErrNotTried) || server.Connections() != 1 {
		t.Errorf("got %v and %v over %d connections", errs[0], errs[49], server.Connections())
	}
}

func TestASlowServerIsLeftWhenTheContextEnds(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Next(mailtest.OK, mailtest.Tarpit)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-server.Waiting()
		cancel()
	}()
	errs := mail.NewSMTP(server.Config()).Send(ctx, messages(3))
	if errs[0] != nil || !errors.Is(errs[1], context.Canceled) || !errors.Is(errs[2], context.Canceled) || !errors.Is(errs[2], mail.ErrNotTried) {
		t.Errorf("got %v", errs)
	}
}

func TestAMailThatIsUnderWayIsNotCutOffWhenTheContextEnds(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Next(mailtest.OK, mailtest.SlowToTake)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-server.Waiting()
		cancel()
		server.Release()
	}()
	errs := mail.NewSMTP(server.Config()).Send(ctx, messages(3))
	if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], mail.ErrNotTried) || len(server.Mails()) != 2 {
		t.Errorf("%d mails came, and of three it was told %v", len(server.Mails()), errs)
	}
}

func TestASlowServerGetsItsMailInTheEnd(t *testing.T) {
	server := mailtest.New(t, mailtest.Options{})
	server.Set(mailtest.Tarpit)
	go func() {
		<-server.Waiting()
		server.Release()
	}()
	none(t, mail.NewSMTP(server.Config()).Send(t.Context(), messages(3)))
}

func TestAddressesBeyondASCII(t *testing.T) {
	wide := message(1)
	wide.To.Email = "dána@reader.example"
	domain := message(2)
	domain.To.Email = "dana@bücher.example"
	t.Run("are passed on where the server takes them", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{})
		none(t, mail.NewSMTP(server.Config()).Send(t.Context(), []mail.Message{wide, domain}))
		got := server.Mails()
		if got[0].To != "dána@reader.example" || got[1].To != "dana@xn--bcher-kva.example" {
			t.Errorf("sent to %s and %s", got[0].To, got[1].To)
		}
	})
	t.Run("are refused where it doesn't, and a domain never is", func(t *testing.T) {
		server := mailtest.New(t, mailtest.Options{Narrow: true})
		errs := mail.NewSMTP(server.Config()).Send(t.Context(), []mail.Message{wide, domain})
		if !errors.Is(errs[0], mail.ErrMessage) || errs[1] != nil {
			t.Errorf("got %v", errs)
		}
	})
}

func TestAServerThatNeverStopsTalkingIsHungUpOn(t *testing.T) {
	for name, said := range map[string]string{
		"a greeting of endless lines":      "220-" + strings.Repeat("x", 508) + "\r\n",
		"a greeting of one endless line":   strings.Repeat("2", 512),
		"a greeting, and endless answers":  "250-" + strings.Repeat("x", 508) + "\r\n",
		"a greeting of endless empty ones": "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			var heard int
			done := make(chan struct{})
			conf := mail.SMTPConfig{Host: "relay.test", Port: 587, Timeout: 30 * time.Second}
			conf.Dial = func(context.Context, string, string) (net.Conn, error) {
				here, there := net.Pipe()
				go func() {
					defer close(done)
					go func() { _, _ = io.Copy(io.Discard, there) }()
					if strings.HasPrefix(said, "250") {
						_, _ = io.WriteString(there, "220 relay.test\r\n")
					}
					for {
						n, err := io.WriteString(there, said)
						if heard += n; err != nil {
							return
						}
					}
				}()
				return here, nil
			}
			err := mail.NewSMTP(conf).Check(t.Context())
			<-done
			if err == nil || len(err.Error()) > 400 {
				t.Errorf("check says %v", err)
			}
			if most := 2 << 20; heard > most {
				t.Errorf("it was listened to for %d octets, want no more than %d", heard, most)
			}
		})
	}
}
