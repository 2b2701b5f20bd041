package config

import (
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// LogFormat is how log lines are written.
type LogFormat string

// The formats of a log. LogAuto is text on a terminal, else JSON.
const (
	LogAuto LogFormat = ""
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

const (
	usualListen   = ":8080"
	usualBaseURL  = "http://localhost:8080"
	usualDatabase = "sqlite:appeal.db"
	usualRate     = "30/m"
	usualSync     = "5m"
	secretKeySize = 32 // bytes
)

var (
	stripeKey     = regexp.MustCompile(`^(sk|rk)_(test|live)_[A-Za-z0-9_-]+$`)
	webhookSecret = regexp.MustCompile(`^whsec_[A-Za-z0-9+/=_-]+$`)
	hostName      = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`)
)

func (e *environment) forEveryCommand(c *Config) {
	if value, ok := e.secret("DATABASE_URL"); ok {
		c.DatabaseURL = NewSecret(e.database(value))
	}
	c.CampaignDir = e.get("APPEAL_CAMPAIGN", "")
	switch c.LogFormat = LogFormat(e.get("APPEAL_LOG_FORMAT", "")); c.LogFormat {
	case LogAuto, LogText, LogJSON:
	default:
		e.refuse("APPEAL_LOG_FORMAT", "is neither text nor json; unset, it is text on a terminal and json elsewhere")
	}
	switch strings.ToLower(e.get("APPEAL_LOG_LEVEL", "info")) {
	case "debug":
		c.LogLevel = slog.LevelDebug
	case "info":
		c.LogLevel = slog.LevelInfo
	case "warn":
		c.LogLevel = slog.LevelWarn
	case "error":
		c.LogLevel = slog.LevelError
	default:
		e.refuse("APPEAL_LOG_LEVEL", "is none of debug, info, warn and error")
	}
}

func (e *environment) forStripe(c *Config) {
	const key, base = "STRIPE_SECRET_KEY", "STRIPE_API_BASE"
	if value, ok := e.needSecret(key, "the secret or restricted key of the Stripe account, sk_… or rk_…"); ok {
		switch {
		case strings.HasPrefix(value, "pk_"):
			e.refuse(key, "is a publishable key; the secret one begins with sk_ or rk_")
		case !stripeKey.MatchString(value):
			e.refuse(key, "is no Stripe key; it begins with sk_test_, sk_live_, rk_test_ or rk_live_")
		default:
			c.StripeSecretKey = NewSecret(value)
		}
	}
	if address := e.get(base, ""); address != "" {
		c.StripeAPIBase = e.address(base, address, "https://stripe.example")
		if c.Livemode() {
			e.refuse(base, "is set beside a live key, which is shown to Stripe alone; unset one of them")
		}
	}
	const site = "APPEAL_BASE_URL"
	c.BaseURL = e.address(site, e.get(site, usualBaseURL), "https://give.newsroom.org")
	if c.BaseURL != nil && c.Livemode() && c.BaseURL.Scheme != "https" && !loopback(c.BaseURL.Hostname()) {
		e.refuse(site, "begins with http:// beside a live key; real gifts need https://")
	}
	var err error
	if c.AutoMigrate, err = strconv.ParseBool(e.get("APPEAL_AUTO_MIGRATE", "true")); err != nil {
		e.refuse("APPEAL_AUTO_MIGRATE", "is neither true nor false")
	}
}

func (e *environment) forServe(c *Config) {
	c.Listen = e.listen()
	c.StripeWebhookSecrets = e.webhookSecrets()
	c.SecretKey = e.secretKey()
	c.TrustedProxies = e.proxies()
	e.mail(c)

	var ok bool
	if c.DonateRate, ok = parseRate(e.get("APPEAL_DONATE_RATE", usualRate)); !ok {
		e.refuse("APPEAL_DONATE_RATE", "is no rate; write a whole number for each second, minute or hour, like 30/m, or 0 for no limit")
	}
	var err error
	c.SyncInterval, err = time.ParseDuration(e.get("APPEAL_SYNC_INTERVAL", usualSync))
	if err != nil || c.SyncInterval < 0 {
		e.refuse("APPEAL_SYNC_INTERVAL", "is no span of time; write it like 5m or 90s, or 0 for no sync")
	}
}

// database takes both spellings of PostgreSQL's scheme, and gives the one.
func (e *environment) database(value string) string {
	if value == "" {
		return usualDatabase
	}
	scheme, rest, _ := strings.Cut(value, ":")
	switch {
	case scheme == "sqlite" && rest != "":
		return value
	case (scheme == "postgres" || scheme == "postgresql") && strings.HasPrefix(rest, "//") && len(rest) > len("//"):
		return "postgres:" + rest
	}
	e.refuse("DATABASE_URL", "is no database address; write sqlite:path/to/appeal.db or postgres://user:password@host/name")
	return ""
}

// address reads where a site answers: scheme and host, a port perhaps, and
// nothing else. The scheme's own port is left out, as browsers leave it out.
func (e *environment) address(name, value, example string) *url.URL {
	u, err := url.Parse(value)
	// The library's error repeats the value, so it is not passed on.
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !validHost(u) || !validPort(u.Port(), 1) && u.Port() != "" {
		e.refuse(name, "is no web address; write it like "+example)
		return nil
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		e.refuse(name, "holds more than a site's address; write scheme and host alone, like "+example)
		return nil
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":")
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return &url.URL{Scheme: u.Scheme, Host: host}
}

func validHost(u *url.URL) bool {
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return true
	}
	return hostName.MatchString(strings.ToLower(u.Hostname()))
}

func validPort(port string, least int) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && int(n) >= least
}

func loopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

// listen is where the service answers: what was said for it, else the port
// that a platform hands out.
func (e *environment) listen() string {
	if value := e.get("APPEAL_LISTEN", ""); value != "" {
		_, port, err := net.SplitHostPort(value)
		if err != nil || !validPort(port, 0) {
			e.refuse("APPEAL_LISTEN", "is no address to listen on; write host:port, or :8080 for every address of the machine")
		}
		return value
	}
	port := e.get("PORT", "")
	if port == "" {
		return usualListen
	}
	if !validPort(port, 0) {
		e.refuse("PORT", "is no port; write a number up to 65535, or set APPEAL_LISTEN")
	}
	return ":" + port
}

// webhookSecrets reads every secret that may have signed: two while one is
// replaced by another.
func (e *environment) webhookSecrets() []Secret {
	const name = "STRIPE_WEBHOOK_SECRET"
	value, ok := e.needSecret(name, "the signing secret of the webhook endpoint, whsec_…; without it anybody could report a gift")
	if !ok {
		return nil
	}
	var secrets []Secret
	for _, one := range strings.Split(value, ",") {
		one = strings.TrimSpace(one)
		switch {
		case one == "":
			e.refuse(name, "holds an empty secret; take out the comma too many")
		case !webhookSecret.MatchString(one):
			e.refuse(name, "holds something that is no signing secret; each begins with whsec_")
		default:
			secrets = append(secrets, NewSecret(one))
		}
	}
	return secrets
}

// secretKey reads 32 bytes in any of the ways that tools print them.
func (e *environment) secretKey() Secret {
	const name = "APPEAL_SECRET_KEY"
	value, ok := e.needSecret(name, "32 random bytes in hex or base64, as `openssl rand -hex 32` prints them")
	if !ok {
		return Secret{}
	}
	bare := strings.TrimRight(value, "=")
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(bare); err == nil && len(key) == secretKeySize {
			return NewSecret(string(key))
		}
	}
	e.refuse(name, "is not 32 bytes in hex or base64; `openssl rand -hex 32` makes a good one")
	return Secret{}
}

func (e *environment) proxies() []netip.Prefix {
	const name = "APPEAL_TRUSTED_PROXIES"
	value := e.get(name, "")
	if value == "" {
		return nil
	}
	var proxies []netip.Prefix
	for _, one := range strings.Split(value, ",") {
		proxy, ok := parseProxy(strings.TrimSpace(one))
		if !ok {
			e.refuse(name, "holds something that is no network; write CIDRs between commas, like 10.0.0.0/8,fd00::/8")
			continue
		}
		proxies = append(proxies, proxy)
	}
	return proxies
}

// parseProxy reads a network, or one machine's address.
func parseProxy(typed string) (netip.Prefix, bool) {
	if ip, err := netip.ParseAddr(typed); err == nil && ip.Zone() == "" {
		return netip.PrefixFrom(ip, ip.BitLen()), true
	}
	network, err := netip.ParsePrefix(typed)
	return network.Masked(), err == nil
}
