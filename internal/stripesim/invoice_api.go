package stripesim

func listInvoices(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "subscription"); err != nil {
		return nil, err
	}
	if err := c.byFields(q, "customer"); err != nil {
		return nil, err
	}
	status, err := c.params.at("status").oneOf("draft", "open", "paid", "uncollectible", "void")
	if err != nil {
		return nil, err
	}
	if status != "" {
		q.and("json_extract(body, '$.status') = ?", status)
	}
	return c.list(invoiceKind, q)
}

// listInvoiceLines shows an invoice's lines: few enough for one page.
func listInvoiceLines(c *call) (any, error) {
	inv, err := c.findInvoice(c.pathID())
	return inv.Lines, err
}

func finalizeInvoice(c *call) (any, error) {
	inv, err := c.findInvoice(c.pathID())
	if err != nil {
		return nil, err
	}
	if inv.Status != "draft" {
		return nil, invalid("", "invoice_not_editable", "This invoice is already finalized, you can't re-finalize a non-draft invoice.")
	}
	return &inv, c.finalizeNow(&inv, c.request())
}

// payInvoice marks an open invoice as paid by other means. The simulator's own tries are made by its timers and by
// Simulator's methods, where the outcome is chosen.
func payInvoice(c *call) (any, error) {
	inv, err := c.findInvoice(c.pathID())
	if err != nil {
		return nil, err
	}
	elsewhere, _, err := c.params.at("paid_out_of_band").flag()
	if err != nil {
		return nil, err
	}
	if !elsewhere {
		return nil, invalid("paid_out_of_band", "", "The simulator tries cards by itself: paid_out_of_band must be true.")
	}
	return &inv, c.payElsewhere(&inv, c.request())
}

// closeInvoice voids an invoice or marks it uncollectible.
func closeInvoice(status string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		inv, err := c.findInvoice(c.pathID())
		if err != nil {
			return nil, err
		}
		return &inv, c.closeUnpaid(&inv, status, c.request())
	}
}
