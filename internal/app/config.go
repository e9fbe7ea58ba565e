package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"tactus/internal/fault"
)

// Config is everything that an installation can set. Defaults < file < environment < flags (HOUSE-10). The tags name the key in the file;
// the environment variable is TACTUS_ and the key in capitals; the flag has dashes.
type Config struct {
	DB          string `yaml:"db" help:"a SQLite file, or a postgres:// URL"`
	Listen      string `yaml:"listen" help:"the address that the server listens on"`
	Metrics     string `yaml:"metrics" help:"the address that serves figures for Prometheus at /metrics, like 127.0.0.1:9464, without a key: keep it inside; empty = none"`
	BaseURL     string `yaml:"base_url" help:"how people outside reach this server, for unsubscribe links: https://crm.example.com"`
	OwnerEmail  string `yaml:"owner_email" help:"the owner of the account that the first start creates"`
	SMTP        string `yaml:"smtp" secret:"true" help:"the server that email leaves by: smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps://… (TLS), smtp+plain://… (neither); empty = the sandbox"`
	Secret      string `yaml:"secret" secret:"true" help:"what signs links and seals passwords, the same on every node; empty = a random one kept beside the database"`
	StateDir    string `yaml:"state_dir" help:"where address and key of the running server are kept; empty = beside the SQLite file, else the current folder"`
	LogLevel    string `yaml:"log_level" help:"debug, info, warn or error"`
	LogFormat   string `yaml:"log_format" help:"text or json"`
	SendTimeout string `yaml:"send_timeout" help:"how long handing one message to its carrier may take, like 100s; a node that dies keeps its messages a fifth longer"`
	Workers     int    `yaml:"workers" help:"engine workers on PostgreSQL; 0 = as many as cores; SQLite has one"`
}

// DefaultConfig is what holds when nothing is set.
func DefaultConfig() Config {
	return Config{
		DB: "tactus.db", Listen: "127.0.0.1:8080", OwnerEmail: "owner@sandbox.example", LogLevel: "info", LogFormat: "text",
		SendTimeout: "100s",
	}
}

// Keys are the names of all settings with their help, in order.
func Keys() []Key {
	t := reflect.TypeOf(Config{})
	keys := make([]Key, t.NumField())
	for i := range keys {
		f := t.Field(i)
		keys[i] = Key{Name: f.Tag.Get("yaml"), Help: f.Tag.Get("help"), Secret: f.Tag.Get("secret") == "true"}
	}
	return keys
}

// Key is one setting.
type Key struct {
	Name, Help string
	Secret     bool
}

// Env is the setting's environment variable.
func (k Key) Env() string { return "TACTUS_" + strings.ToUpper(k.Name) }

// Flag is the setting's flag.
func (k Key) Flag() string { return strings.ReplaceAll(k.Name, "_", "-") }

// LoadConfig reads a configuration: defaults, then the file (an empty path is none), then the environment, where NAME_FILE names a file that
// holds the value, then set, which holds flags by key. All problems are reported at once.
func LoadConfig(path string, env func(string) string, set map[string]string) (Config, error) {
	c := DefaultConfig()
	if path != "" {
		if err := c.file(path); err != nil {
			return c, err
		}
	}
	var bad []fault.Field
	for _, k := range Keys() {
		value, from := env(k.Env()), k.Env()
		if file := env(k.Env() + "_FILE"); value == "" && file != "" {
			data, err := os.ReadFile(file)
			if err != nil {
				bad = append(bad, fault.Field{Name: k.Env() + "_FILE", Message: err.Error()})
				continue
			}
			value, from = strings.TrimSpace(string(data)), k.Env()+"_FILE"
		}
		if flag, ok := set[k.Name]; ok {
			value, from = flag, "--"+k.Flag()
		} else if value == "" {
			continue
		}
		if err := c.set(k.Name, value); err != nil {
			bad = append(bad, fault.Field{Name: from, Message: err.Error()})
		}
	}
	bad = append(bad, c.check()...)
	return c, fault.InvalidFields(bad)
}

func (c *Config) file(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the configuration cannot be read")
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	err = d.Decode(c)
	var wrong *yaml.TypeError
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &wrong):
		return fault.New(fault.Invalid, "%s is not a file of settings; they are %s:\n  %s", path, settingNames(),
			strings.ReplaceAll(strings.Join(wrong.Errors, "\n  "), " not found in type app.Config", " is no setting"))
	default:
		return fault.New(fault.Invalid, "%s: %w", path, err)
	}
}

func settingNames() string {
	var names []string
	for _, k := range Keys() {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

func (c *Config) set(key, value string) error {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") != key {
			continue
		}
		if v.Field(i).Kind() == reflect.Int {
			n, err := strconv.Atoi(value)
			if err != nil {
				return fmt.Errorf("%q is not a number", value)
			}
			v.Field(i).SetInt(int64(n))
			return nil
		}
		v.Field(i).SetString(value)
	}
	return nil
}

func (c *Config) check() []fault.Field {
	var bad []fault.Field
	add := func(name, format string, args ...any) {
		bad = append(bad, fault.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
	if c.DB == "" {
		add("db", "is missing; name a SQLite file or a postgres:// URL")
	}
	if scheme, _, ok := strings.Cut(c.DB, "://"); ok && scheme != "postgres" && scheme != "postgresql" && scheme != "file" || keywords.MatchString(c.DB) {
		add("db", "is neither a SQLite file nor an address like postgres://USER:PASSWORD@HOST/DATABASE")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		add("listen", "%q is not HOST:PORT, like 127.0.0.1:8080", c.Listen)
	}
	if _, _, err := net.SplitHostPort(c.Metrics); c.Metrics != "" && err != nil {
		add("metrics", "%q is not HOST:PORT, like 127.0.0.1:9464", c.Metrics)
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		add("base_url", "%q is not an address like https://crm.example.com", c.BaseURL)
	}
	if c.SMTP != "" {
		if _, err := smtpSettings(c.SMTP); err != nil {
			add("smtp", "%v", err)
		}
	}
	if !strings.Contains(" debug info warn error ", " "+c.LogLevel+" ") {
		add("log_level", "%q is none of debug, info, warn, error", c.LogLevel)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		add("log_format", "%q is neither text nor json", c.LogFormat)
	}
	if d, err := time.ParseDuration(c.SendTimeout); err != nil || d < time.Second || d > time.Hour {
		add("send_timeout", "%q is not a time between 1s and 1h, like 100s", c.SendTimeout)
	}
	if c.Workers < 0 || c.Workers > 64 {
		add("workers", "%d is not between 0 and 64", c.Workers)
	}
	return bad
}

// keywords is PostgreSQL's other way to write an address. Taken for a file's name it would put the password there.
var keywords = regexp.MustCompile(`(^|\s)(host|user|password|dbname|port)\s*=`)

// maskedAddress hides the password of a database's address, whether or not the address can be read.
func maskedAddress(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		if at := strings.LastIndex(rest, "@"); at >= 0 {
			rest = "xxxxx" + rest[at:]
		}
		return scheme + "://" + rest
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

// Masked returns the effective values by key, with secrets masked.
func (c Config) Masked() [][2]string {
	v := reflect.ValueOf(c)
	var out [][2]string
	for i, k := range Keys() {
		text := fmt.Sprint(v.Field(i).Interface())
		if k.Secret && text != "" {
			text = "********"
		}
		if k.Name == "db" {
			text = maskedAddress(text)
		}
		out = append(out, [2]string{k.Name, text})
	}
	return out
}
