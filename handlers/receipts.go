package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

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
		newest = s.receiptAddress(d.Donation, d.Newest.ID, now)
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
// the gift's are, and at the least until a moment.
func (s *Server) receiptAddress(d models.Donation, id string, least time.Time) string {
	until := links.ReceiptUntil(d.GivenAt(), s.Campaign.Zone)
	if until.Before(least) {
		until = least
	}
	return receiptsPath + s.Links.Receipt(id, until)
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
