package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	sdk "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
)

// M holds the members of a JSON object.
type M = map[string]any

// onlyRefused: nothing else can be answered where keys leave no token; the refusal that says so is the whole operation.
var onlyRefused = map[string]string{"ReplicateKey": "KMS.3801", "UpdatePrimaryRegion": "KMS.3801"}

// Kms is the official client, unmodified, with a record of what was called through it.
type Kms struct {
	client *sdk.KmsClient
	called map[string]string
	latest string
}

func open(settings Settings) (*Kms, error) {
	signer, err := basic.NewCredentialsBuilder().
		WithAk(settings.AccessKeyID).
		WithSk(settings.SecretAccessKey).
		WithProjectId(settings.ProjectID).
		SafeBuild()
	if err != nil {
		return nil, err
	}
	client, err := sdk.KmsClientBuilder().
		WithEndpoint(settings.Endpoint).
		WithCredential(signer).
		SafeBuild()
	if err != nil {
		return nil, err
	}
	return &Kms{client: sdk.NewKmsClient(client), called: map[string]string{}}, nil
}

// operations are the methods of the client: each has an invoker of the same name beside it.
func (kms *Kms) operations() []string {
	class := reflect.TypeOf(kms.client)
	var found []string
	for index := 0; index < class.NumMethod(); index++ {
		name := class.Method(index).Name
		if _, operation := class.MethodByName(name + "Invoker"); operation {
			found = append(found, name)
		}
	}
	return found
}

// call calls an operation that must succeed. The typed answer of the SDK, which refuses a JSON type other than its
// model's, is returned by the members that the model has.
func (kms *Kms) call(operation string, fields M) M {
	answer, err := kms.send(operation, fields)
	if err != nil {
		panic(err)
	}
	kms.called[operation] = "answered"
	return answer
}

var requestID = regexp.MustCompile("^[0-9a-f]{32}$")

// refused calls an operation that must be refused with this code, and returns the sentence of the refusal.
func (kms *Kms) refused(code string, status int, operation string, fields M) string {
	_, err := kms.send(operation, fields)
	var refusal *sdkerr.ServiceResponseError
	expect(errors.As(err, &refusal), "was not refused with "+code)
	seen := fmt.Sprint(refusal.ErrorCode, " ", refusal.StatusCode)
	same(seen, fmt.Sprint(code, " ", status), "the refusal")
	expect(refusal.ErrorMessage != "", "the refusal has no sentence")
	expect(requestID.MatchString(refusal.RequestId), "the refusal has no request id")
	if onlyRefused[operation] == code {
		kms.called[operation] = "refused with " + code + ", as documented"
	}
	return refusal.ErrorMessage
}

func (kms *Kms) send(operation string, fields M) (M, error) {
	kms.latest = operation
	method := reflect.ValueOf(kms.client).MethodByName(operation)
	request := reflect.New(method.Type().In(0).Elem())
	fill(request, fields)
	results := method.Call([]reflect.Value{request})
	if err, failed := results[1].Interface().(error); failed {
		return nil, err
	}
	text, err := json.Marshal(results[0].Interface())
	if err != nil {
		return nil, err
	}
	var answer M
	return answer, json.Unmarshal(text, &answer)
}

// fill sets the members of a request model: those that it does not have itself belong to the model of its body.
func fill(request reflect.Value, fields M) {
	own := map[string]bool{}
	hasBody := false
	for index := 0; index < request.Elem().NumField(); index++ {
		name := strings.Split(request.Elem().Type().Field(index).Tag.Get("json"), ",")[0]
		own[name] = true
		hasBody = hasBody || name == "body"
	}
	outer, inner := M{}, M{}
	for name, value := range fields {
		if own[name] {
			outer[name] = value
		} else {
			inner[name] = value
		}
	}
	if hasBody {
		// Some calls repeat the id of their path in their body.
		body, _ := request.Elem().Type().FieldByName("Body")
		if _, repeated := fieldOf(body.Type.Elem(), "key_id"); repeated && own["key_id"] {
			inner["key_id"] = fields["key_id"]
		}
		outer["body"] = inner
	} else {
		expect(len(inner) == 0, fmt.Sprint("the SDK knows no field ", inner))
	}
	text, err := json.Marshal(outer)
	expect(err == nil, fmt.Sprint(err))
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(request.Interface())
	expect(err == nil, fmt.Sprint("the SDK knows no such request: ", err))
}

func fieldOf(model reflect.Type, member string) (reflect.StructField, bool) {
	for index := 0; index < model.NumField(); index++ {
		field := model.Field(index)
		if strings.Split(field.Tag.Get("json"), ",")[0] == member {
			return field, true
		}
	}
	return reflect.StructField{}, false
}
