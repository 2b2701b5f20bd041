package finance

import (
	"fmt"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

func TestTheSmallestOfManyArticlesShareARow(t *testing.T) {
	t.Parallel()
	raised := func(name string, m money.Minor) models.Article {
		return models.Article{Name: name, Once: m, DayFigures: models.DayFigures{Gross: m, Gifts: 1}}
	}
	rows, total, err := look{}.articles(func(yield func(models.Article, error) bool) {
		for i := range articlesShown + 3 {
			if !yield(raised(fmt.Sprint("src/article-", i), money.Minor(1102-i)), nil) {
				return
			}
		}
		yield(raised(models.NoArticle, 5_00), nil)
	}, true)
	if err != nil || len(rows) != articlesShown+2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	none, others := rows[articlesShown], rows[articlesShown+1]
	if none.Name != "No article" || none.Raised.Value != "$5.00" {
		t.Errorf("what came out of none: %+v", none)
	}
	if others.Name != "3 other articles" || others.Raised.Value != "$30.03" || others.Gifts.Value != "3" || others.Raised.Href != "" {
		t.Errorf("the others: %+v", others)
	}
	if total.Raised.Value != "$1,087.53" || total.Gifts.Value != "104" {
		t.Errorf("all of them: %+v", total)
	}
}
