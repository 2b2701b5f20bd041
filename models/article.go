package models

import "github.com/corruptionproject/appeal/internal/money"

// Article is what the gifts came to that came out of one article, their renewals
// included.
type Article struct {
	Name      string      // "src/" and the article; NoArticle; or OfflineChannel
	Once      money.Minor // gross, as the next two: they come to Gross
	Recurring money.Minor // monthly and yearly gifts, the first and each later payment
	Offline   money.Minor
	DayFigures
}

// Add adds another article's figures to these.
func (a *Article) Add(o Article) {
	a.Once += o.Once
	a.Recurring += o.Recurring
	a.Offline += o.Offline
	a.DayFigures.Add(o.DayFigures)
}
