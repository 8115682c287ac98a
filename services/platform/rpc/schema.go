package rpc

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"meadow/services/kernel/errs"
)

// schemas collects the JSON schemas of the types that travel. A struct becomes
// a component named after its package and type: checkout.Order is
// CheckoutOrder, money.Money is Money, page.Page[creator.Post] is
// CreatorPostPage.
//
// What must be present differs by direction: an answer holds every field that
// is not marked omitempty, a request those with a minimum. A type that travels
// both ways and has minimums is described twice, as X and XInput.
type schemas struct {
	components object
	types      map[string]reflect.Type // by component name
	outs       map[reflect.Type]bool   // structs that travel in answers
	err        error
}

func newSchemas(routes []Route) *schemas {
	s := &schemas{components: object{}, types: map[string]reflect.Type{}, outs: map[reflect.Type]bool{}}
	for _, r := range routes {
		s.reach(r.Out)
	}
	return s
}

// reach marks every struct that t holds.
func (s *schemas) reach(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		s.reach(t.Elem())
	case reflect.Struct:
		if s.outs[t] || special(t) != nil {
			return
		}
		s.outs[t] = true
		for i := range t.NumField() {
			s.reach(t.Field(i).Type)
		}
	}
}

// special returns the schema of a type that does not travel as its kind says.
func special(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return object{}
	case reflect.TypeFor[errs.Code]():
		return object{"type": "string", "enum": codes()}
	}
	switch {
	case t.Kind() == reflect.Interface, implements[json.Marshaler](t):
		return object{}
	case implements[encoding.TextMarshaler](t):
		return object{"type": "string"}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return object{"type": "string", "contentEncoding": "base64"}
	}
	return nil
}

func implements[I any](t reflect.Type) bool {
	i := reflect.TypeFor[I]()
	return t.Implements(i) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(i)
}

// of returns the schema of t, in a request or in an answer.
func (s *schemas) of(t reflect.Type, in bool) object {
	if o := special(t); o != nil {
		return o
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return object{"type": "integer", "format": "int32"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Pointer:
		return s.of(t.Elem(), in)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), in)}
	case reflect.Array:
		return object{"type": "array", "items": s.of(t.Elem(), in), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), in)}
	case reflect.Struct:
		return s.ref(t, in)
	}
	s.fail("%s cannot travel", t)
	return object{}
}

func (s *schemas) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("rpc: "+format, args...)
	}
}

// ref describes a struct once, and refers to it.
func (s *schemas) ref(t reflect.Type, in bool) object {
	if t.Name() == "" {
		return s.structure(t, in)
	}
	name := componentName(t)
	if in && s.outs[t] && s.bounds(t, map[reflect.Type]bool{}) {
		name += "Input"
	}
	if known, ok := s.types[name]; ok && known != t {
		s.fail("%s and %s are both called %s", known, t, name)
	}
	if _, ok := s.components[name]; !ok {
		s.types[name] = t
		s.components[name] = object{} // ends recursion
		s.components[name] = s.structure(t, in)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// bounds reports whether t or what it holds has minimums.
func (s *schemas) bounds(t reflect.Type, seen map[reflect.Type]bool) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return s.bounds(t.Elem(), seen)
	case reflect.Struct:
		if seen[t] || special(t) != nil {
			return false
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() && (limitOf(f).hasMin || s.bounds(f.Type, seen)) {
				return true
			}
		}
	}
	return false
}

// structure describes the fields of t that travel in a body.
func (s *schemas) structure(t reflect.Type, in bool) object {
	properties, required := object{}, []string{}
	for _, f := range jsonFields(t) {
		l := limitOf(f.StructField)
		schema := s.bounded(f.Type, l, in)
		if f.Type.Kind() == reflect.Pointer && !f.omitted {
			schema = object{"anyOf": []object{schema, {"type": "null"}}}
		}
		properties[f.name] = schema
		if in && (l.required() || needs(f.Type)) || !in && !f.omitted {
			required = append(required, f.name)
		}
	}
	o := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		o["required"] = required
	}
	if in {
		o["additionalProperties"] = false
	}
	return o
}

// needs reports whether the zero value of t breaks a limit within it.
func needs(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || special(t) != nil {
		return false
	}
	for _, f := range jsonFields(t) {
		if limitOf(f.StructField).required() || needs(f.Type) {
			return true
		}
	}
	return false
}

type jsonField struct {
	reflect.StructField
	name    string
	omitted bool // when it is empty
}

// jsonFields lists the fields that encoding/json writes, those of embedded
// structs included.
func jsonFields(t reflect.Type) []jsonField {
	var fs []jsonField
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := sf.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-", travels(sf):
			continue
		case sf.Anonymous && name == "" && sf.Type.Kind() == reflect.Struct && special(sf.Type) == nil:
			fs = append(fs, jsonFields(sf.Type)...)
			continue
		case !sf.IsExported():
			continue
		case name == "":
			name = sf.Name
		}
		fs = append(fs, jsonField{sf, name, strings.Contains(options, "omit")})
	}
	return fs
}

// travels reports whether a field is in a path, a query or a header.
func travels(sf reflect.StructField) bool {
	return sf.Tag.Get("path") != "" || sf.Tag.Get("query") != "" || sf.Tag.Get("header") != ""
}

// bounded is of with a field's limits. An answer's are not checked, and so not
// promised, but for what a word can be.
func (s *schemas) bounded(t reflect.Type, l limit, in bool) object {
	o := s.of(t, in)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(l.enum) > 0 && t.Kind() == reflect.String {
		o["enum"] = l.enum
	}
	if !in {
		return o
	}
	unit := ""
	switch t.Kind() {
	case reflect.String:
		unit = "Length"
	case reflect.Slice:
		unit = "Items"
	case reflect.Map:
		unit = "Properties"
	}
	low, high := "min"+unit, "max"+unit
	if unit == "" {
		low, high = "minimum", "maximum"
	}
	if l.hasMin {
		o[low] = l.min
	}
	if l.hasMax {
		o[high] = l.max
	}
	return o
}

// componentName names a type for people who do not see its package's path.
func componentName(t reflect.Type) string {
	base, args, generic := strings.Cut(t.Name(), "[")
	if !generic {
		return qualified(t.PkgPath(), base)
	}
	return argumentNames(strings.TrimSuffix(args, "]")) + upper(base)
}

// argumentNames names type arguments, written as reflect does:
// "meadow/services/creator.Post,string".
func argumentNames(args string) string {
	depth, from, name := 0, 0, ""
	for i := 0; i <= len(args); i++ {
		switch {
		case i == len(args) || args[i] == ',' && depth == 0:
			name += argumentName(args[from:i])
			from = i + 1
		case args[i] == '[':
			depth++
		case args[i] == ']':
			depth--
		}
	}
	return name
}

func argumentName(arg string) string {
	arg = strings.TrimLeft(arg, "*[]")
	path, args, generic := strings.Cut(arg, "[")
	dot := strings.LastIndexByte(path, '.')
	switch {
	case dot < 0:
		return upper(path)
	case generic:
		return argumentNames(strings.TrimSuffix(args, "]")) + upper(path[dot+1:])
	}
	return qualified(path[:dot], path[dot+1:])
}

// qualified joins a package and a type. The kernel's words need no package,
// and no name says the same twice.
func qualified(path, base string) string {
	pkg := path[strings.LastIndexByte(path, '/')+1:]
	if strings.Contains(path, "/kernel/") || strings.Contains(path, "/platform/") ||
		strings.HasPrefix(strings.ToLower(base), pkg) {
		return upper(base)
	}
	return upper(pkg) + upper(base)
}

func upper(s string) string {
	for i, r := range s {
		if i == 0 {
			return string(unicode.ToUpper(r)) + s[len(string(r)):]
		}
	}
	return s
}
