package finance

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/body"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/models"
)

const importPath = offlinePath + "/import"

// maxImportBody is the largest request taken: a text whose ends of lines a
// browser made longer, and what a form has around it.
const maxImportBody = 2*maxImport + 64<<10

// getImport shows the form, and what an import has just saved.
func (r *Rooms) getImport(v *visit) error {
	view := importView{FormKey: newFormKey()}
	if form := v.QueryParam("done"); form != "" {
		saved, err := r.Store.ListGifts(v.ctx(), models.GiftQuery{Import: form}, 1)
		if err != nil {
			return err
		}
		if saved.Count > 0 {
			view.Done, view.Saved = counted(saved.Count, "gift", "gifts")+", "+saved.Gross.String(), filters{path: giftsPath}.but("import", form)
		}
	}
	return r.importPage(v, http.StatusOK, view)
}

func (r *Rooms) importPage(v *visit, status int, view importView) error {
	heading := "Import offline gifts"
	if view.Ready {
		heading = "Save " + view.Count + "?"
	}
	return r.render(v, status, "finance-import", heading, view)
}

// getImportTemplate is a file with the header alone.
func (r *Rooms) getImportTemplate(v *visit) error {
	v.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="offline-gifts.csv"`)
	return v.Blob(http.StatusOK, sheet.CSV.ContentType(), []byte(strings.Join(importColumns, ",")+"\r\n"))
}

// postImport saves all the gifts of a table, if it is told to and none is
// wrong; else it shows what it read, and saves nothing. The form that says to
// save carries the text along, so that nobody uploads twice and nothing is kept
// here meanwhile.
func (r *Rooms) postImport(v *visit) error {
	sent, err := readImport(v)
	if errors.Is(err, body.ErrTooLarge) {
		view := importView{FormKey: newFormKey(), Problem: "That is more than 2 MB. Split it into several files."}
		return r.importPage(v, http.StatusRequestEntityTooLarge, view)
	}
	if err != nil {
		return err
	}
	view := importView{FormKey: oneLine(sent.Get("form_key")), Text: tidy(sent.Get("text"))}
	if view.FormKey == "" || tooLong(view.FormKey, maxLine) {
		view.FormKey = newFormKey()
	}
	if sent.Get("step") == "edit" {
		return r.importPage(v, http.StatusOK, view)
	}
	read := readTable(view.Text, r.Campaign.Zone, r.Now())
	if !utf8.ValidString(view.Text) || len(view.Text) > maxImport {
		view.Text = "" // what no page can hold
	}
	if sent.Get("step") != "save" || len(read.wrong) > 0 {
		return r.reviewImport(v, view, read)
	}
	for i := range read.gifts {
		read.gifts[i].EnteredBy = string(v.who.Actor())
	}
	err = r.Store.ImportOffline(v.ctx(), view.FormKey, read.gifts)
	if errors.Is(err, models.ErrConflict) {
		view.FormKey, view.Problem = newFormKey(), "This form has saved other gifts already. To save these too, look at them once more."
		return r.importPage(v, http.StatusConflict, view)
	}
	if err != nil {
		return err
	}
	return redirect(v, importPath+"?"+url.Values{"done": {view.FormKey}}.Encode())
}

// reviewImport shows what was read: what is wrong, what may be there already,
// and what the rest comes to.
func (r *Rooms) reviewImport(v *visit, view importView, read table) error {
	doubles, err := r.Store.LikelyDoubles(v.ctx(), read.gifts...)
	if err != nil {
		return err
	}
	r.showImport(&view, read, doubles)
	if !view.Ready {
		return r.importPage(v, http.StatusUnprocessableEntity, view)
	}
	return r.importPage(v, http.StatusOK, view)
}

// readImport takes the form of an import. The text of a file that was chosen
// stands in place of one that was pasted.
func readImport(c echo.Context) (url.Values, error) {
	kind, params, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationForm && kind != echo.MIMEMultipartForm {
		return nil, errForm
	}
	sent, err := body.Read(c.Request().Body, maxImportBody)
	if err != nil {
		return nil, err
	}
	if kind == echo.MIMEApplicationForm {
		values, _ := url.ParseQuery(string(sent))
		return values, nil
	}
	parts, err := multipart.NewReader(bytes.NewReader(sent), params["boundary"]).ReadForm(maxImportBody)
	if err != nil {
		return nil, errors.Join(errForm, err)
	}
	values := url.Values(parts.Value)
	for _, file := range parts.File["file"] {
		text, err := contents(file)
		if err != nil {
			return nil, err
		}
		values.Set("text", text)
	}
	return values, nil
}

func contents(file *multipart.FileHeader) (string, error) {
	open, err := file.Open()
	if err != nil {
		return "", err
	}
	read, err := io.ReadAll(open)
	return string(read), errors.Join(err, open.Close())
}
