package finance

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/sheet"
)

// table begins the answer of a table for spreadsheets. What fails from then on
// breaks the answer off (see answer), so that a part never looks like a whole.
func (v *visit) table(name string, columns ...string) (sheet.Table, error) {
	out := v.Response()
	out.Header().Set(echo.HeaderContentType, sheet.CSV.ContentType())
	out.Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`.csv"`)
	out.WriteHeader(http.StatusOK)
	return sheet.New(sheet.CSV, out, name, columns...)
}

// auditRows is how many acts are read at a time, so that no transaction is open
// while a slow reader takes them.
const auditRows = 500

// getAuditTable is the log as a table: all that the page with the same address
// lists, the newest first. That it was taken is written down before.
func (r *Rooms) getAuditTable(v *visit) error {
	a, err := r.auditAsked(v)
	if err != nil {
		return err
	}
	if len(a.problems) > 0 {
		return r.audit(v, a)
	}
	asked := []string{}
	for _, c := range a.chips(true) {
		asked = append(asked, c.Label)
	}
	if len(asked) == 0 {
		asked = []string{"all of it"}
	}
	// What is done from now on is not in it.
	if a.query.Before, err = r.Store.NoteExport(v.ctx(), v.who.Actor(), "audit.csv", strings.Join(asked, "; ")); err != nil {
		return err
	}
	table, err := v.table("audit-"+r.Now().In(r.Campaign.Zone).Format("2006-01-02"), "id", "at", "who", "act", "object", "before", "after", "reference")
	if err != nil {
		return err
	}
	for more := true; more; {
		acts, err := r.Store.ListAudit(v.ctx(), a.query, auditRows)
		if err != nil {
			return err
		}
		for _, e := range acts {
			err := table.Row(sheet.Text(e.ID), sheet.Time(&e.At), sheet.Text(string(e.Who)), sheet.Text(string(e.Act)),
				sheet.Text(e.Object), sheet.Text(e.Before), sheet.Text(e.After), sheet.Text(e.Reference))
			if err != nil {
				return err
			}
			a.query.Before = e.ID
		}
		more = len(acts) == auditRows
	}
	return table.Close()
}
