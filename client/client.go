package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client talks to one server with one key. Safe for concurrent use.
type Client struct {
	base  *url.URL
	key   string
	http  *http.Client
	agent string
	tries int
	wait  func(ctx context.Context, d time.Duration) error
}

// Options change how a Client works; zero values are the defaults.
type Options struct {
	HTTP      *http.Client // nil = one of its own without a time limit: give ctx a deadline
	UserAgent string       // "" = "tactus-client"
	Tries     int          // how often a request is sent at most; 0 = 4
	// Wait waits between tries; nil waits on the machine's clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// New makes a client of the server at base, such as http://localhost:8080.
func New(base, key string, opt Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a server; write http://localhost:8080", base)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	c := &Client{base: u, key: key, http: opt.HTTP, agent: opt.UserAgent, tries: opt.Tries, wait: opt.Wait}
	if c.http == nil {
		c.http = &http.Client{}
	}
	if c.agent == "" {
		c.agent = "tactus-client"
	}
	if c.tries <= 0 {
		c.tries = 4
	}
	if c.wait == nil {
		c.wait = pause
	}
	return c, nil
}

// request is one call of the API.
type request struct {
	method string
	path   string // below /api/v1, with escaped parts
	query  url.Values
	body   any // marshalled as JSON, unless raw is set
	raw    []byte
	ctype  string // of raw
	match  string // If-Match
	same   bool   // a DELETE or PATCH whose repeat does nothing and is not refused
	once   bool   // no Idempotency-Key and no second try: for large bodies whose repeat does no harm
	reader io.Reader
}

// answer is what came back besides the body.
type answer struct {
	status int
	etag   string
}

// do sends a request and decodes the answer into out (nil: it is not read; *[]byte: as it is; io.Writer: copied). It is tried again when the server is
// busy or cannot be reached, as far as a repeat does nothing twice and is not refused for what the first one did; else the error is ErrUnknown, too.
func (c *Client) do(ctx context.Context, r request, out any) (answer, error) {
	body, ctype := r.raw, r.ctype
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return answer{}, err
		}
		ctype = "application/json"
	}
	idempotency := ""
	if r.method == http.MethodPost && !r.once {
		idempotency = rand.Text()
	}
	for try := 1; ; try++ {
		a, after, err := c.once(ctx, r, body, ctype, idempotency, out)
		if err == nil || r.once {
			return a, err
		}
		if !r.repeatable() && unheard(err) {
			return a, fmt.Errorf("%w (%w)", err, ErrUnknown)
		}
		if !again(err) || try == c.tries || ctx.Err() != nil {
			return a, err
		}
		if after == 0 {
			after = 100 * time.Millisecond << min(try, 9)
		}
		if wait := c.wait(ctx, min(after, 30*time.Second)); wait != nil {
			return a, err
		}
	}
}

// ErrUnknown is the error of a change that the server may have made although its answer was lost, and that cannot be asked for again as if it had not:
// what is deleted is not found, and what has a new version is not the one that If-Match names.
var ErrUnknown = errors.New("whether it was done is not known: look before you try again")

// repeatable reports whether a request that was carried out may be sent once more: nothing happens twice, and the answer is the same.
func (r request) repeatable() bool {
	switch r.method {
	case http.MethodGet, http.MethodPost: // POST has its Idempotency-Key
		return true
	case http.MethodPut:
		return r.match == ""
	default:
		return r.same
	}
}

// unheard reports whether a request may have been carried out although err came back.
func unheard(err error) bool {
	var p *Problem
	if errors.As(err, &p) { // the database's answer may have been lost behind the server's, or the server's behind a proxy's
		return p.Code == "unavailable" || p.Status == http.StatusBadGateway
	}
	var broken *url.Error
	var dial *net.OpError
	return errors.As(err, &broken) && (!errors.As(err, &dial) || dial.Op != "dial")
}

// again reports whether a request that is sent once more may fare better.
func again(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code == "too_many" || p.Code == "unavailable" || p.Code == "in_progress" || p.Status == http.StatusBadGateway
	}
	var broken *url.Error
	return errors.As(err, &broken)
}

func (c *Client) once(ctx context.Context, r request, body []byte, ctype, idempotency string, out any) (answer, time.Duration, error) {
	u := *c.base
	u.Path, u.RawPath = "", ""
	address := u.String() + c.base.EscapedPath() + "/api/v1" + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var content io.Reader = bytes.NewReader(body)
	if r.reader != nil {
		content = r.reader
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, content)
	if err != nil {
		return answer{}, 0, err
	}
	req.Header.Set("User-Agent", c.agent)
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.key != "" {
		set("Authorization", "Bearer "+c.key)
	}
	if len(body) > 0 || r.reader != nil {
		set("Content-Type", ctype)
	}
	set("Idempotency-Key", idempotency)
	set("If-Match", r.match)
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, 0, err
	}
	defer resp.Body.Close()
	if w, ok := out.(io.Writer); ok && resp.StatusCode < 400 {
		return answer{status: resp.StatusCode}, 0, stream(resp, w)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, 0, &url.Error{Op: r.method, URL: address, Err: err}
	}
	a := answer{status: resp.StatusCode, etag: resp.Header.Get("ETag")}
	if resp.StatusCode >= 400 {
		return a, retryAfter(resp.Header.Get("Retry-After")), problem(resp, data)
	}
	return a, 0, decode(data, out)
}

func decode(data []byte, out any) error {
	if out == nil || len(data) == 0 {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = data
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("the server's answer cannot be read; is it a Tactus server, and not newer than this client? %w", err)
	}
	return nil
}

// problem reads a refusal; what is no problem document (a proxy's page) becomes one.
func problem(resp *http.Response, data []byte) error {
	p := &Problem{}
	if err := json.Unmarshal(data, p); err != nil || p.Status == 0 {
		return &Problem{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode), Code: codeOf(resp.StatusCode), Detail: "the server answered " + resp.Status}
	}
	return p
}

func codeOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "not_found"
	case http.StatusTooManyRequests:
		return "too_many"
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return "unavailable"
	default:
		return "internal"
	}
}

func retryAfter(value string) time.Duration {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// pause waits on the machine's clock: a context with a time limit is the only timer that needs no other package.
func pause(ctx context.Context, d time.Duration) error {
	nap, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-nap.Done()
	return ctx.Err()
}

// path joins parts below /api/v1, each escaped.
func path(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

func (o PageOptions) query() url.Values {
	q := url.Values{}
	if o.Limit > 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	if o.Cursor != "" {
		q.Set("cursor", o.Cursor)
	}
	return q
}

// get, post … are do for the common shapes.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	var out T
	_, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query}, &out)
	return out, err
}

func send[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	var out T
	_, err := c.do(ctx, request{method: method, path: path, body: body}, &out)
	return out, err
}

func (c *Client) drop(ctx context.Context, path string) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: path}, nil)
	return err
}
