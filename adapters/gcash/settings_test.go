package gcash

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTemplateHasEveryField(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(kind reflect.Type) {
		for field := range kind.Fields() {
			name, told := field.Tag.Lookup("yaml")
			if !told {
				continue
			}
			assert.Regexp(t, `(?m)^[ #]*`+name+`:`, template)
			if field.Type.Kind() == reflect.Struct {
				walk(field.Type)
			}
		}
	}
	walk(reflect.TypeFor[settings]())
}
