package handlers

import (
	"html/template"

	"github.com/corruptionproject/appeal/internal/receipt"
)

// receiptView is a receipt's page: the document as it is, and ways on from it.
type receiptView struct {
	receipt.Document
	Stale  bool // nothing of it, or another sum, stands
	PDF    template.URL
	Newest *linkView // the document that takes its place
}

// receipt draws the page of one document, with the address of its PDF, and
// that of the document in its place if there is one.
func (v *views) receipt(d receipt.Document, pdf, newest string) ([]byte, error) {
	view := receiptView{Document: d, Stale: d.Superseded, PDF: template.URL(pdf)} //nolint:gosec // a path of our own, signed
	if newest != "" {
		view.Newest = &linkView{Label: "See the document that stands", Href: template.URL(newest)} //nolint:gosec // likewise
	}
	out := v.page(d.Title, view)
	out.Private = true
	return v.site.Web.Render("receipt", out)
}
