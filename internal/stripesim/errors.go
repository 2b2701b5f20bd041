package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// apiError is Stripe's error object (https://docs.stripe.com/api/errors), with the status it travels under.
type apiError struct {
	Status  int    `json:"-"`
	Code    string `json:"code,omitempty"`
	DocURL  string `json:"doc_url,omitempty"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
	Type    string `json:"type"`
}

// Error is the message a client would read.
func (e *apiError) Error() string { return e.Message }

// invalid is a 400 about one parameter; code may be empty.
func invalid(param, code, format string, args ...any) *apiError {
	return &apiError{
		Status: http.StatusBadRequest, Type: "invalid_request_error",
		Code: code, Param: param, Message: fmt.Sprintf(format, args...),
	}
}

func missingParam(param string) *apiError {
	return invalid(param, "parameter_missing", "Missing required param: %s.", param)
}

func unrecognized(method, path string) *apiError {
	e := invalid("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", method, path)
	e.Status = http.StatusNotFound
	return e
}

// noSuch is Stripe's answer for an id it does not know: 404 where the id is in the path, 400 where it is a parameter.
func noSuch(status int, noun, id, param string) *apiError {
	e := invalid(param, "resource_missing", "No such %s: '%s'", noun, id)
	e.Status = status
	return e
}

// answer is what goes over the wire.
type answer struct {
	status int
	body   []byte
}

func (e *apiError) answer() answer {
	if e.Code != "" {
		e.DocURL = "https://stripe.com/docs/error-codes/" + dashed(e.Code)
	}
	body, err := json.Marshal(struct {
		Error *apiError `json:"error"`
	}{e})
	if err != nil { // strings alone can't fail to encode
		body = []byte(`{"error":{"type":"api_error"}}`)
	}
	return answer{e.Status, body}
}

// asAPI turns any error into Stripe's shape. Text of the database never reaches the client.
func (s *Simulator) asAPI(err error) *apiError {
	var api *apiError
	if errors.As(err, &api) {
		return api
	}
	s.cfg.Log.Error("the simulator failed", "error", err)
	return serverError()
}

func serverError() *apiError {
	return &apiError{Status: http.StatusInternalServerError, Type: "api_error", Message: "An unknown error occurred"}
}

func dashed(code string) string {
	b := []byte(code)
	for i, c := range b {
		if c == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}
