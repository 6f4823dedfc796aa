package api

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/ops/show"
)

// columns are a list's as a table: those of its JSON, with what lies inside something under both names joined.
type columns[T any] struct {
	names []string
	cells []cell
}

// cell finds a value inside an item.
type cell struct {
	path []int
	text func(reflect.Value) string
}

func columnsOf[T any]() columns[T] {
	var c columns[T]
	addColumns(reflect.TypeFor[T](), "", nil, func(name string, at cell) {
		c.names, c.cells = append(c.names, name), append(c.cells, at)
	})
	return c
}

func addColumns(t reflect.Type, prefix string, path []int, add func(string, cell)) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		at := slices.Concat(path, []int{i})
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case f.Anonymous && name == "":
			addColumns(inner, prefix, at, add)
		case inner.Kind() == reflect.Struct && !inner.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
			addColumns(inner, prefix+name+"_", at, add)
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct || inner.Kind() == reflect.Map:
			// many things inside one do not fit into a row
		default:
			add(prefix+name, cell{at, cellText})
		}
	}
}

// row is an item's.
func (c columns[T]) row(item T) []string {
	row, v := make([]string, len(c.cells)), reflect.ValueOf(item)
	for i, at := range c.cells {
		if field, err := v.FieldByIndexErr(at.path); err == nil { // else inside of something that is not there
			row[i] = show.Inert(at.text(field))
		}
	}
	return row
}

func cellText(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if v.IsZero() && v.Kind() != reflect.Bool && !v.CanInt() {
		return ""
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		text, err := m.MarshalText()
		if err != nil {
			return ""
		}
		return string(text)
	}
	switch {
	case v.Kind() == reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = cellText(v.Index(i))
		}
		return strings.Join(parts, " ")
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	default:
		return fmt.Sprint(v.Interface())
	}
}
