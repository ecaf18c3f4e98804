package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

func expect(holds bool, what string) {
	if !holds {
		panic(what)
	}
}

// same compares without showing long values, some of which are secrets.
func same(seen, wanted any, what string) {
	if reflect.DeepEqual(seen, wanted) {
		return
	}
	shown := fmt.Sprintf("%v, not %v", seen, wanted)
	if len(shown) > 120 {
		shown = "another one"
	}
	panic(what + " is " + shown)
}

func matches(value any, pattern, what string) {
	text, isText := value.(string)
	expect(isText && regexp.MustCompile("^(?:"+pattern+")$").MatchString(text), what+" is not as documented")
}

// at follows members and indexes: at(answer, "grants", 0, "grant_id").
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, fits := value.(M)
			expect(fits, fmt.Sprint("there is no object that has ", step))
			value = object[step]
		case int:
			array, fits := value.([]any)
			expect(fits && step < len(array), fmt.Sprint("there is no element ", step))
			value = array[step]
		}
	}
	return value
}

func text(value any, path ...any) string {
	found, fits := at(value, path...).(string)
	expect(fits, fmt.Sprint("there is no text ", path))
	return found
}

// column lists one member of each element.
func column(list any, member string) []string {
	found := []string{}
	elements, fits := list.([]any)
	expect(fits, "there is no list of "+member)
	for _, element := range elements {
		found = append(found, text(element, member))
	}
	return found
}

func base64Of(bytes []byte) string { return base64.StdEncoding.EncodeToString(bytes) }

func fromBase64(text string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(text)
	expect(err == nil, "is not base64")
	return bytes
}

func hexOf(bytes []byte) string { return strings.ToUpper(hex.EncodeToString(bytes)) }

func fromHex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	expect(err == nil, "is not hexadecimal")
	return bytes
}

func with(fields M, more M) M {
	all := M{}
	for name, value := range fields {
		all[name] = value
	}
	for name, value := range more {
		all[name] = value
	}
	return all
}
