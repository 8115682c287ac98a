package rpc

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"meadow/services/kernel/errs"
)

// Info is what an OpenAPI document says of itself.
type Info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}

// Collector is a Router that serves nothing, and remembers what it was asked to.
type Collector struct{ Routes []Route }

// Handle implements Router.
func (c *Collector) Handle(r Route, _ func(Exchange) error) { c.Routes = append(c.Routes, r) }

// object is a JSON object. encoding/json writes its keys in order, so that the
// same routes always make the same document.
type object = map[string]any

// OpenAPI returns the OpenAPI 3.1 document of routes, as indented JSON. Internal
// routes are left out. It fails if two routes share a name or an address, or
// two types would share a name.
func OpenAPI(info Info, routes []Route) ([]byte, error) {
	public := slices.DeleteFunc(slices.Clone(routes), func(r Route) bool { return r.Access.Internal })
	s := newSchemas(public)
	paths, names := object{}, map[string]bool{}
	for _, r := range public {
		if names[r.Name] {
			return nil, fmt.Errorf("rpc: two routes are named %s", r.Name)
		}
		names[r.Name] = true
		at := template(r.Path)
		item, ok := paths[at].(object)
		if !ok {
			item = object{}
			paths[at] = item
		}
		method := strings.ToLower(r.Method)
		if item[method] != nil {
			return nil, fmt.Errorf("rpc: two routes answer %s %s", r.Method, at)
		}
		item[method] = s.operation(r)
	}
	errorBody := object{
		"type": "object", "required": []string{"error"},
		"properties": object{"error": s.of(reflect.TypeFor[errs.Error](), false)},
	}
	if s.err != nil {
		return nil, s.err
	}
	return json.MarshalIndent(object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
		"info":              info,
		"servers":           []object{{"url": "/"}},
		"paths":             paths,
		"tags":              tagsOf(public),
		"components": object{
			"schemas": s.components,
			"responses": object{"Error": object{
				"description": "What went wrong. `code` is for programs, `reason` never changes, `message` is for people.",
				"content":     object{"application/json": object{"schema": errorBody}},
			}},
			"securitySchemes": object{
				"session": object{"type": "apiKey", "in": "cookie", "name": "__Host-meadow",
					"description": "Set by signing in. Over plain http it is called meadow_session."},
				"csrf": object{"type": "apiKey", "in": "header", "name": "X-Meadow-CSRF",
					"description": "From the page's boot data or from csrfToken."},
			},
		},
	}, "", "  ")
}

// template turns "/orders/:id" into "/orders/{id}".
func template(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// tagOf groups routes by the noun their path begins with.
func tagOf(path string) string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, Prefix), "/"), "/")
	return noun
}

func tagsOf(routes []Route) []object {
	names := map[string]bool{}
	for _, r := range routes {
		names[tagOf(r.Path)] = true
	}
	tags := []object{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		tags = append(tags, object{"name": name})
	}
	return tags
}

// operation describes one route.
func (s *schemas) operation(r Route) object {
	op := object{
		"operationId": r.Name,
		"tags":        []string{tagOf(r.Path)},
		"security":    security(r),
		"responses": object{
			"200": object{
				"description": "Done.",
				"content":     object{"application/json": object{"schema": s.of(r.Out, false)}},
			},
			"default": object{"$ref": "#/components/responses/Error"},
		},
	}
	if r.Summary != "" {
		op["summary"] = r.Summary
	}
	if len(r.Access.Roles) > 0 {
		op["x-roles"] = r.Access.Roles
	}
	fs := fieldsOf(r.In)
	if ps := s.parameters(r, fs); len(ps) > 0 {
		op["parameters"] = ps
	}
	if fs.hasBody() {
		op["requestBody"] = object{
			"required": slices.ContainsFunc(fs, func(f field) bool { return f.place == inBody && f.limit.required() }),
			"content":  object{"application/json": object{"schema": s.of(r.In, true)}},
		}
	}
	return op
}

// security says what a caller needs. Who may do it besides being signed in is
// in x-roles.
func security(r Route) []object {
	switch {
	case len(r.Access.Roles) == 0:
		return []object{}
	case r.Method == http.MethodGet:
		return []object{{"session": []string{}}}
	}
	return []object{{"session": []string{}, "csrf": []string{}}}
}

// parameters describes the fields that do not travel in the body.
func (s *schemas) parameters(r Route, fs fields) []object {
	var ps []object
	for _, f := range fs {
		if f.place == inBody {
			continue
		}
		schema := s.bounded(f.typ, f.limit, true)
		required := f.place == inPath || f.limit.required()
		if f.place == inHeader && f.name == IdempotencyHeader && r.Idempotent {
			required, schema = true, object{"type": "string", "minLength": 8, "maxLength": 128}
		}
		ps = append(ps, object{"name": f.name, "in": string(f.place), "required": required, "schema": schema})
	}
	return ps
}

// required reports whether leaving a value out breaks its limit.
func (l limit) required() bool { return l.hasMin && l.min > 0 }

// codes is the closed set of ways to fail.
func codes() []errs.Code {
	return slices.Sorted(maps.Keys(statuses))
}
