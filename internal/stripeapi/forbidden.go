package stripeapi

import "regexp"

// ForbiddenError says that a restricted key lacks a permission. It is an
// ErrRefused, and passes by itself once the key is given it.
type ForbiddenError struct {
	// Permission is Stripe's name for what the key lacks, as rak_charge_read,
	// or empty where Stripe's answer named nothing.
	Permission string
}

// Error names the permission, and nothing else that Stripe said.
func (e *ForbiddenError) Error() string {
	if e.Permission == "" {
		return "stripe: refused: the key lacks a permission for it"
	}
	return "stripe: refused: the key lacks the permission " + e.Permission
}

// Unwrap makes it an ErrRefused.
func (e *ForbiddenError) Unwrap() error { return ErrRefused }

// permission finds the name in Stripe's words, which quote a part of the key
// as well: "Having the 'rak_charge_read' permission would allow this …".
var permission = regexp.MustCompile(`'([a-z][a-z_]*_(?:read|write))'`)

func forbidden(message string) *ForbiddenError {
	e := &ForbiddenError{}
	if found := permission.FindStringSubmatch(message); found != nil {
		e.Permission = found[1]
	}
	return e
}
