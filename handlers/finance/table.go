package finance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/sheet"
)

// atOnce bounds how many tables are made at the same time: each holds a
// connection to the database.
const atOnce = 2

// perPerson bounds how many tables are under way to one person, since each
// takes room on the disk until its last byte has left.
const perPerson = 3

// handedOverWithin is how long it may take until the last byte of a table has
// left.
const handedOverWithin = time.Hour

// handOver hands a table over; every one that leaves these rooms goes this way.
// It is made before anything is sent, so that the books wait for nobody's
// network, and what fails is an error and no half of a table. about says in
// words, for the audit log, what was asked for.
func (r *Rooms) handOver(v *visit, file string, f sheet.Format, about []string, table func() (*export.Made, error)) error {
	ctx, arrived := r.downloads.begin(v.ctx(), v.who.ID)
	defer arrived()
	v.SetRequest(v.Request().WithContext(ctx))
	control := http.NewResponseController(v.Response())
	made, err := r.make(v, control, table)
	if err != nil {
		return fmt.Errorf("export: %w", cmp.Or(overtaken(ctx), err))
	}
	// Before a row leaves the house.
	err = r.Store.NoteExport(ctx, v.who.Actor(), file, strings.Join(append([]string{made.Count()}, about...), "; "))
	if err == nil {
		out := v.Response()
		out.Header().Set(echo.HeaderContentType, f.ContentType())
		out.Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+r.Campaign.Slug+"-"+file+`"`)
		out.Header().Set(echo.HeaderContentLength, strconv.FormatInt(made.Size, 10))
		out.WriteHeader(http.StatusOK)
		// Whoever reads slowly keeps no file once it is another's turn.
		going := context.AfterFunc(ctx, func() { _ = control.SetWriteDeadline(time.Unix(1, 0)) })
		_, err = io.Copy(out, made)
		going()
	}
	if err = errors.Join(err, made.Close()); err != nil {
		return cmp.Or(overtaken(ctx), err)
	}
	return nil
}

// make has a table made once it is its turn.
func (r *Rooms) make(v *visit, control *http.ResponseController, table func() (*export.Made, error)) (*export.Made, error) {
	select {
	case r.exporting <- struct{}{}:
	case <-v.ctx().Done():
		return nil, v.ctx().Err()
	}
	defer func() { <-r.exporting }()
	// A large one takes longer to make, and to send, than a page may. The
	// deadline is held against the machine's own clock.
	deadline := time.Now().Add(handedOverWithin) //nolint:forbidigo // see above
	if err := control.SetWriteDeadline(deadline); err != nil {
		return nil, err
	}
	return table()
}

// downloads are the tables under way to people: waited for, made or sent.
type downloads struct {
	mu sync.Mutex
	of map[string][]*download // by the person's id, the oldest first
}

type download struct{ stop context.CancelCauseFunc }

// errOvertaken says that a table was given up for the same person's newer ones.
var errOvertaken = errors.New("newer downloads took the place of this one")

// overtaken is errOvertaken where that is why a context has ended.
func overtaken(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errOvertaken) {
		return errOvertaken
	}
	return nil
}

// begin counts a table in, and gives up the oldest of a person who has too many.
// The context ends when it is given up; end counts it out.
func (d *downloads) begin(ctx context.Context, person string) (_ context.Context, end func()) {
	ctx, stop := context.WithCancelCause(ctx)
	this := &download{stop}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[string][]*download{}
	}
	d.of[person] = append(d.of[person], this)
	if theirs := d.of[person]; len(theirs) > perPerson {
		theirs[0].stop(errOvertaken)
		d.of[person] = slices.Clone(theirs[1:])
	}
	return ctx, func() {
		stop(nil)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.of[person] = slices.DeleteFunc(d.of[person], func(other *download) bool { return other == this })
		if len(d.of[person]) == 0 {
			delete(d.of, person)
		}
	}
}

// auditRows is how many acts are read at a time.
const auditRows = 500

// getAuditTable is the log as a table: all that the page with the same address
// lists, the newest first.
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
	a.query.Before = ""
	file := "audit-" + r.Now().In(r.Campaign.Zone).Format(time.DateOnly) + ".csv"
	columns := []string{"id", "at", "who", "act", "object", "before", "after", "reference"}
	return r.handOver(v, file, sheet.CSV, asked, func() (*export.Made, error) {
		return export.Make(sheet.CSV, "audit log", columns, func(row export.Row) error {
			for more := true; more; {
				acts, err := r.Store.ListAudit(v.ctx(), a.query, auditRows)
				if err != nil {
					return err
				}
				for _, e := range acts {
					err := row(sheet.Text(e.ID), sheet.Time(&e.At), sheet.Text(string(e.Who)), sheet.Text(string(e.Act)),
						sheet.Text(e.Object), sheet.Text(e.Before), sheet.Text(e.After), sheet.Text(e.Reference))
					if err != nil {
						return err
					}
					a.query.Before = e.ID
				}
				more = len(acts) == auditRows
			}
			return nil
		})
	})
}

// getPayoutLines is the table of a payout's lines for the ledger: every one, as
// the page groups them.
func (r *Rooms) getPayoutLines(v *visit) error {
	p, lines, err := r.Store.FindPayout(v.ctx(), v.Param("id"), math.MaxInt32)
	if err != nil {
		return err
	}
	file := "payout-" + p.ArrivalOn.UTC().Format(time.DateOnly) + ".csv"
	columns := []string{"payout", "transaction", "at", "part", "category", "source", "reference", "donation", "donor_name", "amount", "fee", "net"}
	return r.handOver(v, file, sheet.CSV, []string{p.ID}, func() (*export.Made, error) {
		return export.Make(sheet.CSV, "payout", columns, func(row export.Row) error {
			for _, l := range lines {
				err := row(sheet.Text(p.ID), sheet.Text(l.ID), sheet.Time(&l.CreatedAt), sheet.Text(string(l.Part)), sheet.Text(l.Category), sheet.Text(l.Source),
					sheet.Text(l.Reference), sheet.Text(l.DonationID), sheet.Text(l.DonorName), sheet.Amount(l.Amount), sheet.Amount(l.Fee), sheet.Amount(l.Net))
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}
