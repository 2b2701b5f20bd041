package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

const (
	receiptsPath = "/receipts/"
	pdfEnding    = ".pdf"
)

// getReceipt shows one receipt to whoever has its signed address, as a page or
// as a PDF. An address that is unknown, altered, run out or another site's
// gets one and the same answer.
func (s *Server) getReceipt(c echo.Context) error {
	private(c)
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	token, asPDF := strings.CutSuffix(c.Param("file"), pdfEnding)
	now := s.Now()
	id, ok := s.Links.OpenReceipt(token, now)
	if !ok {
		return s.views.withoutReceipt(models.ErrNotFound)
	}
	d, err := s.Store.FindReceipt(c.Request().Context(), id)
	if err != nil {
		return s.views.withoutReceipt(ofBooks(err))
	}
	document := receipt.Of(s.Campaign, d, now)
	if asPDF {
		return s.sendPDF(c, document, d.Receipt)
	}
	newest := ""
	if document.Superseded {
		newest = s.receiptAddress(d, d.Newest.ID)
	}
	body, err := s.views.receipt(document, receiptsPath+token+pdfEnding, newest)
	if err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, body)
}

// sendPDF offers the file for keeping, and not for a viewer: those of browsers
// bring scripts and styles that the site's policy keeps out.
func (s *Server) sendPDF(c echo.Context, document receipt.Document, r models.Receipt) error {
	body, err := s.printer.draw(c.Request().Context(), document)
	if errors.Is(err, errPrinting) {
		return worded{
			error: err, heading: "Too many receipts are being printed",
			sentence: "Please try again in a minute, or print the receipt’s page.", links: []link{{"Try again", ""}},
		}
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="receipt-%06d.pdf"`, r.Number))
	return c.Blob(http.StatusOK, "application/pdf", body)
}

// receiptAddress is where a document of a gift is shown, for as long as any of
// the gift's are. What was never received is kept for as long as what was
// booked that day.
func (s *Server) receiptAddress(d models.ReceiptDocument, id string) string {
	received := d.Donation.CreatedAt
	if d.Donation.ReceivedAt != nil {
		received = *d.Donation.ReceivedAt
	}
	return receiptsPath + s.Links.Receipt(id, links.ReceiptUntil(received, s.Campaign.Zone))
}

// withoutReceipt is the error of a receipt that can't be shown.
func (v *views) withoutReceipt(err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return worded{
			error: models.ErrNotFound, heading: "This link opens no receipt",
			sentence: "It may have run out, or a part of it may be missing. We can mail you a new link to all your receipts.",
			links:    []link{{"Get a new link by mail", "/manage"}},
		}
	}
	return worded{
		error: err, heading: "We can’t look up your receipt just now",
		sentence: "Nothing is lost. Please try again in a few minutes.",
		links:    []link{{"Try again", ""}},
	}
}
