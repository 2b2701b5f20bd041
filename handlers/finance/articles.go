package finance

import (
	"iter"
	"net/http"

	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/models"
)

const (
	articlesPath = "/finance/articles"
	// articlesShown is how many articles the page names; what the others came to
	// is in one row, and the export has each.
	articlesShown = 100
)

type articlesView struct {
	Problem string
	Periods periodsView
	Rows    []articleRow
	Total   articleRow
	Files   []exportLink // for whoever may take any
}

// articleRow is what one article brought in; each number leads to its gifts.
type articleRow struct {
	Name, Href                        string
	Gifts                             cell
	Once, Recurring, Offline          cell
	Gross, Refunded, Disputed, Raised cell
}

func (r *Rooms) getArticles(v *visit) error {
	asked, problem := lookOf(v.QueryParams())
	l := look{period: asked.period}
	view := articlesView{Problem: problem, Periods: r.periods(articlesPath, l, r.Now())}
	var err error
	if view.Rows, view.Total, err = l.articles(r.Store.Articles(v.ctx(), l.period), v.sees()); err != nil {
		return err
	}
	if v.sees() {
		for _, f := range formats {
			view.Files = append(view.Files, exportLink{exportAt(export.Articles, f.format, l.period, export.Whole), f.name, "articles"})
		}
	}
	status := http.StatusOK
	if problem != "" {
		status, view.Periods.Custom = http.StatusUnprocessableEntity, true
	}
	return r.render(v, status, "finance-articles", "Articles", view)
}

// articles are the rows of a page, and what they all come to.
func (l look) articles(all iter.Seq2[models.Article, error], sees bool) (rows []articleRow, total articleRow, err error) {
	var sum, others models.Article
	var named, more int64
	for a, err := range all {
		if err != nil {
			return nil, total, err
		}
		sum.Add(a)
		if a.Name != models.NoArticle && a.Name != models.OfflineChannel {
			if named++; named > articlesShown {
				others.Add(a)
				more++
				continue
			}
		}
		rows = append(rows, l.article(a, sees))
	}
	if more > 0 {
		row := numbersOf(others)
		row.Name = counted(more, "other article", "other articles")
		rows = append(rows, row)
	}
	total = numbersOf(sum).leading(l)
	total.Name = "All gifts"
	return rows, total, nil
}

// article is a row that leads to the article's gifts, and by its name to its
// days. A name that holds an address leads nowhere for whoever may see none.
func (l look) article(a models.Article, sees bool) articleRow {
	row, name, at := numbersOf(a), articleWords(a.Name), l.only("article", a.Name)
	if row.Name = name; !sees && masked(name) != name {
		row.Name = masked(name)
		return row
	}
	row.Href = at.address()
	return row.leading(at)
}

func numbersOf(a models.Article) articleRow {
	return articleRow{
		Gifts: number(a.Gifts), Once: amount(a.Once), Recurring: amount(a.Recurring), Offline: amount(a.Offline), Gross: amount(a.Gross),
		Refunded: less(a.Refunded), Disputed: less(a.Disputed), Raised: amount(a.Raised()),
	}
}

// leading has each number lead to the gifts of a look that add up to it.
func (row articleRow) leading(l look) articleRow {
	kind := func(c cell, kind string) cell { return c.to(l.of(kind).gifts(models.GrossFigure)) }
	row.Gifts = row.Gifts.to(l.gifts(models.GiftsFigure))
	row.Once, row.Recurring, row.Offline = kind(row.Once, string(models.Once)), kind(row.Recurring, models.Recurring), kind(row.Offline, models.OfflineKind)
	row.Gross, row.Raised = row.Gross.to(l.gifts(models.GrossFigure)), row.Raised.to(l.gifts(models.RaisedFigure))
	row.Refunded, row.Disputed = row.Refunded.to(l.gifts(models.RefundsFigure)), row.Disputed.to(l.gifts(models.DisputesFigure))
	return row
}
