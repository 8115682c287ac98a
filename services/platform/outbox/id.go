package outbox

import (
	"fmt"
	"reflect"
	"strings"

	"meadow/services/platform/docdb"
)

// idOf returns how to read a record's id: from its field tagged bson:"_id",
// which may be of any string type.
func idOf[T any]() func(*T) string {
	index := idField(reflect.TypeFor[T]())
	if index == nil {
		panic(fmt.Sprintf("outbox: %s has no string field tagged bson:%q", reflect.TypeFor[T](), docdb.IDField)) // a bug in the core
	}
	return func(v *T) string { return reflect.ValueOf(v).Elem().FieldByIndex(index).String() }
}

func idField(t reflect.Type) []int {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("bson"), ",")
		if name == docdb.IDField && f.Type.Kind() == reflect.String {
			return f.Index
		}
		if strings.Contains(options, "inline") {
			if below := idField(f.Type); below != nil {
				return append(f.Index, below...)
			}
		}
	}
	return nil
}
