package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/config"
)

var key = []byte("0123456789abcdef0123456789ABCDEF")

// enough is the least that serve needs.
func enough() map[string]string {
	return map[string]string{
		"STRIPE_SECRET_KEY":     "sk_test_canary1",
		"STRIPE_WEBHOOK_SECRET": "whsec_canary2",
		"APPEAL_SECRET_KEY":     hex.EncodeToString(key),
	}
}

func with(pairs ...string) map[string]string {
	env := enough()
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env
}

func withMail(server string) map[string]string {
	return with("SMTP_URL", server, "MAIL_FROM", "Newsroom <giving@newsroom.org>")
}

func mailServer(c config.Config) any {
	return fmt.Sprintf("%s:%d user=%s password=%s implicit=%t none=%t", c.SMTP.Host, c.SMTP.Port, c.SMTP.User.Reveal(), c.SMTP.Password.Reveal(), c.SMTP.ImplicitTLS, c.SMTP.NoTLS)
}

func load(need config.Need, env, files map[string]string) (config.Config, error) {
	return config.Load(need, func(name string) string { return env[name] }, func(path string) ([]byte, error) {
		text, ok := files[path]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	})
}

func TestDefaults(t *testing.T) {
	c, err := load(config.Serve, enough(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		c.Listen, c.BaseURL.String(), c.DatabaseURL.Reveal(), c.StripeAPIBase == nil, c.CampaignDir, len(c.TrustedProxies),
		c.DonateRate, c.LogFormat, c.LogLevel, c.AutoMigrate, c.SyncInterval, c.Livemode(),
	}
	want := []any{
		":8080", "http://localhost:8080", "sqlite:appeal.db", true, "", 0,
		config.Rate{Burst: 30, Every: 2 * time.Second},
		config.LogAuto, slog.LevelInfo, true, 5 * time.Minute, false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTaken(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		got  func(config.Config) any
		want any
	}{
		{"a platform's PORT is honoured", with("PORT", "3000"), func(c config.Config) any { return c.Listen }, ":3000"},
		{"APPEAL_LISTEN wins over PORT, whatever PORT says", with("PORT", "x", "APPEAL_LISTEN", "127.0.0.1:0"), func(c config.Config) any { return c.Listen }, "127.0.0.1:0"},
		{"a base URL loses its slash, its capitals and its scheme's own port", with("APPEAL_BASE_URL", "https://Give.Newsroom.org:443/"), func(c config.Config) any { return c.BaseURL.String() }, "https://give.newsroom.org"},
		{"PostgreSQL's other spelling is the same", with("DATABASE_URL", "postgresql://u:p@h1:5432,h2:5432/db"), func(c config.Config) any { return c.DatabaseURL.Reveal() }, "postgres://u:p@h1:5432,h2:5432/db"},
		{"SQLite takes an absolute path", with("DATABASE_URL", "sqlite:/var/lib/appeal.db"), func(c config.Config) any { return c.DatabaseURL.Reveal() }, "sqlite:/var/lib/appeal.db"},
		{"a restricted key will do", with("STRIPE_SECRET_KEY", "rk_test_a"), func(c config.Config) any { return c.Livemode() }, false},
		{"a live key is known as one", with("STRIPE_SECRET_KEY", "rk_live_a", "APPEAL_BASE_URL", "https://a.org"), func(c config.Config) any { return c.Livemode() }, true},
		{"a live key may be tried on a loopback address", with("STRIPE_SECRET_KEY", "sk_live_a", "APPEAL_BASE_URL", "http://[::1]:8080"), func(c config.Config) any { return c.BaseURL.Host }, "[::1]:8080"},
		{"a test key may speak to a simulator", with("STRIPE_API_BASE", "http://127.0.0.1:12111"), func(c config.Config) any { return c.StripeAPIBase.String() }, "http://127.0.0.1:12111"},
		{"several webhook secrets may have signed", with("STRIPE_WEBHOOK_SECRET", "whsec_a, whsec_b"), func(c config.Config) any {
			return c.StripeWebhookSecrets[0].Reveal() + " " + c.StripeWebhookSecrets[1].Reveal()
		}, "whsec_a whsec_b"},
		{"the secret key may be base64", with("APPEAL_SECRET_KEY", base64.StdEncoding.EncodeToString(key)), func(c config.Config) any { return c.SecretKey.Reveal() }, string(key)},
		{"the secret key may be base64 for addresses, without its padding", with("APPEAL_SECRET_KEY", base64.RawURLEncoding.EncodeToString(key)), func(c config.Config) any { return c.SecretKey.Reveal() }, string(key)},
		{"proxies are networks or single machines", with("APPEAL_TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.7,fd00::/8"), func(c config.Config) any {
			return fmt.Sprint(c.TrustedProxies)
		}, fmt.Sprint([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("fd00::/8")})},
		{"a rate may be each second", with("APPEAL_DONATE_RATE", "4/s"), func(c config.Config) any { return c.DonateRate }, config.Rate{Burst: 4, Every: time.Second / 4}},
		{"a rate may be each hour", with("APPEAL_DONATE_RATE", "1/h"), func(c config.Config) any { return c.DonateRate }, config.Rate{Burst: 1, Every: time.Hour}},
		{"a rate of 0 is no limit", with("APPEAL_DONATE_RATE", "0"), func(c config.Config) any { return c.DonateRate }, config.Rate{}},
		{"a sync interval of 0 is no sync", with("APPEAL_SYNC_INTERVAL", "0"), func(c config.Config) any { return c.SyncInterval }, time.Duration(0)},
		{"migration may be left to somebody", with("APPEAL_AUTO_MIGRATE", "false"), func(c config.Config) any { return c.AutoMigrate }, false},
		{"mail goes by STARTTLS to the port for it", withMail("smtp://Relay.Newsroom.org"), mailServer, "relay.newsroom.org:587 user= password= implicit=false none=false"},
		{"mail may be encrypted from the first byte", withMail("smtps://user:p%40ss%3A@relay.newsroom.org/"), mailServer, "relay.newsroom.org:465 user=user password=p@ss: implicit=true none=false"},
		{"a mail server may have a port of its own", withMail("smtps://[2001:db8::1]:2465"), mailServer, "2001:db8::1:2465 user= password= implicit=true none=false"},
		{"mail may go unencrypted where that is said", withMail("smtp://relay.internal:25?tls=none"), mailServer, "relay.internal:25 user= password= implicit=false none=true"},
		{"a password may go unencrypted on this machine alone", withMail("smtp://u:p@127.0.0.1:25?tls=none"), mailServer, "127.0.0.1:25 user=u password=p implicit=false none=true"},
		{"whom mail is from may have any name", with("SMTP_URL", "smtp://localhost", "MAIL_FROM", `"Reed, Dana" <giving@newsroom.org>`), func(c config.Config) any { return c.MailFrom.Name + " " + c.MailFrom.Address }, "Reed, Dana giving@newsroom.org"},
		{"without a mail server mail stays queued", enough(), func(c config.Config) any { return c.SMTP == nil }, true},
		{"an empty variable counts as not set", with("APPEAL_LOG_LEVEL", "", "DATABASE_URL", " "), func(c config.Config) any { return c.DatabaseURL.Reveal() }, "sqlite:appeal.db"},
		{"logs are as detailed as asked", with("APPEAL_LOG_LEVEL", "DEBUG", "APPEAL_LOG_FORMAT", "json"), func(c config.Config) any { return c.LogLevel.String() + " " + string(c.LogFormat) }, "DEBUG json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(config.Serve, tt.env, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.got(c)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		env   map[string]string
		wants string // the variables named, in order
	}{
		{"a service without its secrets", nil, "STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET APPEAL_SECRET_KEY"},
		{"a publishable key", with("STRIPE_SECRET_KEY", "pk_test_canary"), "STRIPE_SECRET_KEY"},
		{"a key of no known mode", with("STRIPE_SECRET_KEY", "sk_canary"), "STRIPE_SECRET_KEY"},
		{"another Stripe beside a live key", with("STRIPE_SECRET_KEY", "sk_live_a", "STRIPE_API_BASE", "http://localhost:1", "APPEAL_BASE_URL", "https://a.org"), "STRIPE_API_BASE"},
		{"real money over plain http", with("STRIPE_SECRET_KEY", "sk_live_a", "APPEAL_BASE_URL", "http://a.org"), "APPEAL_BASE_URL"},
		{"an empty webhook secret, which would let anybody sign", with("STRIPE_WEBHOOK_SECRET", "whsec_canary,"), "STRIPE_WEBHOOK_SECRET"},
		{"a webhook secret of another kind", with("STRIPE_WEBHOOK_SECRET", "canary"), "STRIPE_WEBHOOK_SECRET"},
		{"a webhook secret that is a prefix alone", with("STRIPE_WEBHOOK_SECRET", "whsec_"), "STRIPE_WEBHOOK_SECRET"},
		{"a secret key too short", with("APPEAL_SECRET_KEY", "canary"), "APPEAL_SECRET_KEY"},
		{"a base URL with a path", with("APPEAL_BASE_URL", "https://a.org/give"), "APPEAL_BASE_URL"},
		{"a base URL with a password", with("APPEAL_BASE_URL", "https://u:canary@a.org"), "APPEAL_BASE_URL"},
		{"a base URL without a scheme", with("APPEAL_BASE_URL", "canary.org"), "APPEAL_BASE_URL"},
		{"a base URL that is no URL", with("APPEAL_BASE_URL", "https://canary:99999999/%zz"), "APPEAL_BASE_URL"},
		{"a database of another kind", with("DATABASE_URL", "mysql://root:canary@h/db"), "DATABASE_URL"},
		{"a database without an address", with("DATABASE_URL", "postgres://"), "DATABASE_URL"},
		{"a port alone to listen on", with("APPEAL_LISTEN", "8080"), "APPEAL_LISTEN"},
		{"a PORT that is none", with("PORT", "canary"), "PORT"},
		{"a proxy that is a name", with("APPEAL_TRUSTED_PROXIES", "10.0.0.0/8,canary"), "APPEAL_TRUSTED_PROXIES"},
		{"a rate without its span", with("APPEAL_DONATE_RATE", "30"), "APPEAL_DONATE_RATE"},
		{"a rate by the day", with("APPEAL_DONATE_RATE", "30/d"), "APPEAL_DONATE_RATE"},
		{"a rate below nothing", with("APPEAL_DONATE_RATE", "-1/s"), "APPEAL_DONATE_RATE"},
		{"a sync into the past", with("APPEAL_SYNC_INTERVAL", "-5m"), "APPEAL_SYNC_INTERVAL"},
		{"a sync interval without its unit", with("APPEAL_SYNC_INTERVAL", "5"), "APPEAL_SYNC_INTERVAL"},
		{"a maybe", with("APPEAL_AUTO_MIGRATE", "maybe"), "APPEAL_AUTO_MIGRATE"},
		{"a mail server and nobody whom mail is from", with("SMTP_URL", "smtp://u:canary@relay.org"), "MAIL_FROM"},
		{"mail from somebody and no server", with("MAIL_FROM", "canary@newsroom.org"), "SMTP_URL"},
		{"mail from what is no address", with("SMTP_URL", "smtp://localhost", "MAIL_FROM", "canary"), "MAIL_FROM"},
		{"mail from two addresses", with("SMTP_URL", "smtp://localhost", "MAIL_FROM", "a@canary.org, b@canary.org"), "MAIL_FROM"},
		{"mail from somebody with a header", with("SMTP_URL", "smtp://localhost", "MAIL_FROM", "A <a@canary.org>\r\nBcc: b@canary.org"), "MAIL_FROM"},
		{"a mail server without a scheme", withMail("relay.canary.org:587"), "SMTP_URL"},
		{"a mail server of another kind", withMail("https://u:canary@relay.org"), "SMTP_URL"},
		{"a mail server without a host", withMail("smtp://u:canary@"), "SMTP_URL"},
		{"a mail server's password with a sign that has to be written otherwise", withMail("smtp://u:can/ary@relay.org"), "SMTP_URL"},
		{"a mail server with a path", withMail("smtp://relay.org/canary"), "SMTP_URL"},
		{"a mail server with no port", withMail("smtp://u:canary@relay.org:0"), "SMTP_URL"},
		{"a mail server with a user alone", withMail("smtp://canary@relay.org"), "SMTP_URL"},
		{"a mail server with a password alone", withMail("smtp://:canary@relay.org"), "SMTP_URL"},
		{"a wish that is not known", withMail("smtp://relay.org?tls=canary"), "SMTP_URL"},
		{"another wish that is not known", withMail("smtp://relay.org?tls=none&canary=1"), "SMTP_URL"},
		{"TLS and none", withMail("smtps://relay.org?tls=none"), "SMTP_URL"},
		{"a password in the clear", withMail("smtp://u:canary@relay.org?tls=none"), "SMTP_URL"},
		{"a mail server both in a variable and in a file, said once", with("SMTP_URL", "smtp://relay.org", "SMTP_URL_FILE", "key", "MAIL_FROM", "a@b.org"), "SMTP_URL"},
		{"an unknown log format and level", with("APPEAL_LOG_FORMAT", "xml", "APPEAL_LOG_LEVEL", "loud"), "APPEAL_LOG_FORMAT APPEAL_LOG_LEVEL"},
		{"a secret both in a variable and in a file", with("STRIPE_SECRET_KEY_FILE", "key"), "STRIPE_SECRET_KEY"},
		{"a file that is not there, named by what may be a secret", map[string]string{
			"STRIPE_SECRET_KEY_FILE": "sk_test_canary", "STRIPE_WEBHOOK_SECRET": "whsec_a", "APPEAL_SECRET_KEY": hex.EncodeToString(key),
		}, "STRIPE_SECRET_KEY_FILE"},
		{"everything at once", map[string]string{
			"DATABASE_URL": "canary", "STRIPE_SECRET_KEY": "canary", "STRIPE_API_BASE": "canary", "APPEAL_BASE_URL": "canary",
			"APPEAL_LISTEN": "canary", "STRIPE_WEBHOOK_SECRET": "canary,", "APPEAL_SECRET_KEY": "canary", "APPEAL_TRUSTED_PROXIES": "canary",
			"SMTP_URL": "canary", "MAIL_FROM": "canary",
			"APPEAL_DONATE_RATE": "canary", "APPEAL_AUTO_MIGRATE": "canary", "APPEAL_SYNC_INTERVAL": "canary",
			"APPEAL_LOG_FORMAT": "canary", "APPEAL_LOG_LEVEL": "canary",
		}, "DATABASE_URL APPEAL_LOG_FORMAT APPEAL_LOG_LEVEL STRIPE_SECRET_KEY STRIPE_API_BASE APPEAL_BASE_URL APPEAL_AUTO_MIGRATE " +
			"APPEAL_LISTEN STRIPE_WEBHOOK_SECRET STRIPE_WEBHOOK_SECRET APPEAL_SECRET_KEY APPEAL_TRUSTED_PROXIES SMTP_URL MAIL_FROM " +
			"APPEAL_DONATE_RATE APPEAL_SYNC_INTERVAL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(config.Serve, tt.env, map[string]string{"key": "sk_test_canary"})
			var mistakes config.Mistakes
			if !errors.As(err, &mistakes) {
				t.Fatalf("want Mistakes, got %v", err)
			}
			var named []string
			for _, m := range mistakes {
				named = append(named, m.Variable)
			}
			if diff := cmp.Diff(tt.wants, strings.Join(named, " ")); diff != "" {
				t.Errorf("variables (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("a value stands in the error:\n%v", err)
			}
		})
	}
}

func TestNeed(t *testing.T) {
	broken := map[string]string{"APPEAL_LISTEN": "nowhere", "STRIPE_SECRET_KEY": "none", "DATABASE_URL": "sqlite:books.db"}
	t.Run("a command that reads the books is not stopped by what it does not need", func(t *testing.T) {
		c, err := load(config.Database, broken, nil)
		if err != nil || c.DatabaseURL.Reveal() != "sqlite:books.db" {
			t.Errorf("got %v, %v", c, err)
		}
	})
	t.Run("a command that asks Stripe needs the key, and no webhook secret", func(t *testing.T) {
		if _, err := load(config.Stripe, broken, nil); err == nil || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("got %v", err)
		}
		if _, err := load(config.Stripe, map[string]string{"STRIPE_SECRET_KEY": "sk_test_a"}, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestSecretsFromFiles(t *testing.T) {
	env := map[string]string{
		"DATABASE_URL_FILE": "db", "STRIPE_SECRET_KEY_FILE": "stripe",
		"STRIPE_WEBHOOK_SECRET_FILE": "hook", "APPEAL_SECRET_KEY_FILE": "key",
		"SMTP_URL_FILE": "smtp", "MAIL_FROM": "giving@newsroom.org",
	}
	files := map[string]string{
		"db": "postgres://u:p@h/db\n", "stripe": "sk_test_a\r\n", "hook": "whsec_a,whsec_b\n", "key": hex.EncodeToString(key) + "\n",
		"smtp": "smtp://u:p@relay.newsroom.org\n",
	}
	t.Run("every secret may be a file, its last line ended or not", func(t *testing.T) {
		c, err := load(config.Serve, env, files)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{c.DatabaseURL.Reveal(), c.StripeSecretKey.Reveal(), c.StripeWebhookSecrets[1].Reveal(), c.SecretKey.Reveal(), c.SMTP.Password.Reveal()}
		if diff := cmp.Diff([]string{"postgres://u:p@h/db", "sk_test_a", "whsec_b", string(key), "p"}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an empty file is no secret, and no default either", func(t *testing.T) {
		files["db"], files["stripe"] = "\n", ""
		_, err := load(config.Stripe, env, files)
		want := "DATABASE_URL_FILE: the file it names is empty; write the secret into it, or unset the variable\n" +
			"STRIPE_SECRET_KEY_FILE: the file it names is empty; write the secret into it, or unset the variable"
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c, err := load(config.Serve, with("DATABASE_URL", "postgres://u:canary3@h/db", "SMTP_URL", "smtp://canary4:canary5@relay.org", "MAIL_FROM", "a@b.org"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", c)
		fmt.Fprintf(&out, verb+"\n", c.StripeSecretKey)
		fmt.Fprintf(&out, verb+"\n", struct{ hidden config.Config }{c})
	}
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("started", "config", c, "key", c.StripeSecretKey)
	}
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), hex.EncodeToString([]byte("canary"))) ||
		strings.Contains(out.String(), string(key)) {
		t.Errorf("a secret stands in:\n%s", out.String())
	}
	if !strings.Contains(out.String(), `"StripeSecretKey":"[set]"`) || config.NewSecret("").String() != "[not set]" {
		t.Errorf("whether a secret is set should be told:\n%s", out.String())
	}
}
