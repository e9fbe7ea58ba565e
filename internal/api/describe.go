package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"tactus/client"
	"tactus/internal/fault"
)

// config is huma's, without what it serves by itself.
func (a *API) config() huma.Config {
	version := a.opt.Version
	if version == "" {
		version = "1"
	}
	c := huma.DefaultConfig("Tactus", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // no $schema in bodies
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{humaProblem}
	c.Info.Description = `Action plans by JSON over HTTP.

Send your key with every request: Authorization: Bearer KEY. Ids are opaque texts. Times are RFC 3339 in UTC.
Lists come in pages: send next of one page as cursor for the following. A refusal is a problem document (RFC 9457) that names
every field at fault. Send an Idempotency-Key with every POST, and a repeat does nothing twice. Edits take If-Match with the
ETag that you read. Bulk commands take {ids} or {filter, except} and answer with an operation to follow.`
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key, made by: tactus key create NAME"},
	}
	c.Security = []map[string][]string{{"key": {}}}
	c.Components.Schemas.Schema(reflect.TypeFor[client.Problem](), true, "Problem")
	return c
}

// describe serves the description, once it is complete.
func (a *API) describe() {
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorModel") // humaProblem replaces them
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "ErrorDetail")
	a.page = docsPage(a.huma.OpenAPI())
	serve := func(pattern, ctype string, write func() ([]byte, error)) {
		data, err := write()
		a.mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			if err != nil {
				a.write(w, r, a.problem(r.Context(), fault.Wrap(fault.Internal, err, "the description cannot be made")))
				return
			}
			w.Header().Set("Content-Type", ctype)
			w.Header().Set("Content-Security-Policy", docsPolicy)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(data)
		})
	}
	serve(Prefix+"/openapi.json", "application/openapi+json", a.spec)
	serve(Prefix+"/openapi.yaml", "application/openapi+yaml", a.huma.OpenAPI().YAML)
	serve("/api/docs", "text/html; charset=utf-8", func() ([]byte, error) { return a.page, nil })
}

// spec is the description as indented JSON.
func (a *API) spec() ([]byte, error) {
	raw, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Spec is the OpenAPI description of the API as indented JSON: it needs no services, since nothing is asked.
func Spec(version string) ([]byte, error) { return New(Services{}, Options{Version: version}).spec() }
