package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tactus/internal/account"
)

// operation is one method of one path.
type operation struct {
	id, method, path string
	tag              string // the chapter of the description
	summary, about   string
	scope            account.Scope // "" = by method: read for GET, else write
	status           int           // of success; 0 = 200
	maxBody          int64         // 0 = 1 MiB
	public           bool          // no key
	body             reflect.Type  // what the body is when the operation reads it itself
	bodyType         string        // its content type when it is no JSON
}

// metaOperation is the key of the operation in huma's metadata.
const metaOperation = "operation"

// maxBody is the usual limit of a request's body.
const maxBody = 1 << 20

// slowBody is how long a body may take to arrive.
const slowBody = 60 * time.Second

func (o operation) need() account.Scope {
	switch {
	case o.scope != "":
		return o.scope
	case o.method == http.MethodGet:
		return account.Read
	default:
		return account.Write
	}
}

// add registers an operation.
func add[I, O any](a *API, op operation, do func(ctx context.Context, who Actor, in *I) (*O, error)) {
	if op.status == 0 {
		op.status = http.StatusOK
	}
	if op.maxBody == 0 {
		op.maxBody = maxBody
	}
	h := huma.Operation{
		OperationID: op.id, Method: op.method, Path: Prefix + op.path, Tags: []string{op.tag},
		Summary: op.summary, Description: op.about, DefaultStatus: op.status,
		MaxBodyBytes: op.maxBody, BodyReadTimeout: slowBody,
		Metadata:  map[string]any{metaOperation: op},
		Responses: a.responses(op.status),
	}
	a.describeBody(op, &h)
	if op.public {
		h.Security = []map[string][]string{}
	}
	if op.method == http.MethodPost && !op.public {
		h.Parameters = append(h.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(maxKey)},
			Description: "the same key with the same request gets the same answer for 24 hours, and nothing happens twice",
		})
	}
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, requestOf(ctx).actor, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// describeBody says what the body is of an operation that reads it itself.
func (a *API) describeBody(op operation, h *huma.Operation) {
	switch {
	case op.body != nil:
		h.SkipValidateBody = true
		schema := a.huma.OpenAPI().Components.Schemas.Schema(op.body, true, op.body.Name())
		h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	case op.bodyType != "":
		schema := &huma.Schema{Type: huma.TypeString, Format: "binary"}
		h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{op.bodyType: {Schema: schema}}}
	}
}

// responses are those of every operation besides success, whose body huma describes.
func (a *API) responses(success int) map[string]*huma.Response {
	problem := &huma.Response{Description: "A problem, with every field at fault", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
	}}
	return map[string]*huma.Response{"default": problem, strconv.Itoa(success): {}}
}

// adapter registers operations on the mux, each behind the chain.
type adapter API

// Handle implements huma.Adapter.
func (ad *adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	a := (*API)(ad)
	ours, _ := op.Metadata[metaOperation].(operation)
	a.mux.Handle(op.Method+" "+op.Path, a.chain(ours, func(w http.ResponseWriter, r *http.Request) {
		handler(humago.NewContext(op, r, w))
	}))
}

// ServeHTTP implements huma.Adapter.
func (ad *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*API)(ad).ServeHTTP(w, r) }

// chain is what a request passes before its operation.
func (a *API) chain(op operation, last http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if op.public {
			last(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, op.maxBody+1)
		if !a.admit(w, r, op) || !a.within(w, r) {
			return
		}
		if key := r.Header.Get("Idempotency-Key"); key != "" && r.Method == http.MethodPost {
			a.once(w, r, key, op.maxBody, last)
			return
		}
		last(w, r)
	})
}

// Shapes of answers.
type (
	// body is an answer with nothing but a body.
	body[T any] struct{ Body T }
	// tagged is a body with its ETag.
	tagged[T any] struct {
		ETag string `header:"ETag"`
		Body T
	}
	// created says where the new object is.
	created[T any] struct {
		Location string `header:"Location"`
		ETag     string `header:"ETag"`
		Body     T
	}
	// chosen has a status of its own.
	chosen[T any] struct {
		Status   int
		Location string `header:"Location"`
		Body     T
	}
	none struct{}
	// file is an answer that is no JSON.
	file struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
	// IDInput names an object in the path. It is exported because huma reads exported fields only.
	IDInput struct {
		ID string `path:"id" maxLength:"40"`
	}
	// PageInput asks for one page.
	PageInput struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"500" doc:"how many at most"`
		Cursor string `query:"cursor" maxLength:"1000" doc:"next of the page before"`
	}
)
