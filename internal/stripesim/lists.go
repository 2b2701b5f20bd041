package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// list is Stripe's page of objects, newest first (https://docs.stripe.com/api/pagination).
type list struct {
	Object  string            `json:"object"`
	Data    []json.RawMessage `json:"data"`
	HasMore bool              `json:"has_more"`
	URL     string            `json:"url"`
}

func listParams(more ...string) []string {
	return slices.Concat([]string{"limit", "starting_after", "ending_before"}, rangeParams("created"), more)
}

// rangeParams are a time's parameters: the very second, or bounds.
func rangeParams(name string) []string {
	return []string{name, name + "[gt]", name + "[gte]", name + "[lt]", name + "[lte]"}
}

// query is the SQL a list's parameters become.
type query struct {
	where []string
	args  []any
}

func (q *query) and(cond string, args ...any) {
	q.where = append(q.where, cond)
	q.args = append(q.args, args...)
}

// listAll lists every object of a kind.
func listAll(kind string) func(*call) (any, error) {
	return func(c *call) (any, error) { return c.list(kind, &query{}) }
}

// byRef keeps what refers to the value of a parameter, where that is given.
func (c *call) byRef(q *query, param string) error {
	v, err := c.params.at(param).text(5000)
	if err == nil && v != "" {
		q.and("ref = ?", v)
	}
	return err
}

// byFields keeps objects whose fields have the values of the parameters of the same names, where those are given.
func (c *call) byFields(q *query, fields ...string) error {
	for _, field := range fields {
		v, err := c.params.at(field).text(5000)
		if err != nil {
			return err
		}
		if v != "" {
			q.and("json_extract(body, '$."+field+"') = ?", v)
		}
	}
	return nil
}

// listOf lists a kind that refers to a charge: by charge, by its intent, by time.
func listOf(kind string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		q := &query{}
		if err := c.byRef(q, "charge"); err != nil {
			return nil, err
		}
		if err := c.byFields(q, "payment_intent"); err != nil {
			return nil, err
		}
		return c.list(kind, q)
	}
}

// list reads one page.
func (c *call) list(kind string, q *query) (list, error) {
	page, _, err := c.page(kind, q)
	return page, err
}

// page reads one page and the rows it was made of.
func (c *call) page(kind string, q *query) (list, []row, error) {
	q.and("kind = ?", kind)
	if err := c.timeRange(q, "created", "created"); err != nil {
		return list{}, nil, err
	}
	limit, backwards, err := c.cursor(kind, q)
	if err != nil {
		return list{}, nil, err
	}
	order := "created DESC, seq DESC"
	if backwards {
		order = "created, seq"
	}
	rows, err := c.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE `+strings.Join(q.where, " AND ")+
		` ORDER BY `+order+` LIMIT ?`, append(q.args, limit+1)...)
	if err != nil {
		return list{}, nil, err
	}
	page := list{Object: "list", Data: []json.RawMessage{}, URL: c.path}
	if int64(len(rows)) > limit {
		page.HasMore, rows = true, rows[:limit]
	}
	if backwards {
		slices.Reverse(rows)
	}
	for _, r := range rows {
		page.Data = append(page.Data, r.body)
	}
	return page, rows, nil
}

func (t *tx) rows(sql string, args ...any) (out []row, err error) {
	rows, err := t.QueryContext(t.ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("stripesim: list: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.seq, &r.id, &r.created, &r.body, &r.hidden); err != nil {
			return nil, fmt.Errorf("stripesim: list: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// timeRange reads created=, created[gte]= and their like, and compares them with an expression of SQL.
func (c *call) timeRange(q *query, param, sql string) error {
	n := c.params.at(param)
	if n.leaf {
		v, given, err := n.integer()
		if err == nil && given {
			q.and(sql+" = ?", v)
		}
		return err
	}
	for _, op := range []struct{ name, sql string }{{"gt", ">"}, {"gte", ">="}, {"lt", "<"}, {"lte", "<="}} {
		v, given, err := n.at(op.name).integer()
		if err != nil {
			return err
		}
		if given {
			q.and(sql+" "+op.sql+" ?", v)
		}
	}
	return nil
}

// cursor reads limit, starting_after and ending_before.
func (c *call) cursor(kind string, q *query) (limit int64, backwards bool, err error) {
	limit, given, err := c.params.at("limit").integer()
	if err != nil {
		return 0, false, err
	}
	if !given {
		limit = 10
	}
	if limit < 1 || limit > 100 {
		return 0, false, invalid("limit", "parameter_invalid_integer", "This value must be between 1 and 100 (inclusive).")
	}
	for _, cur := range []struct{ name, sql string }{{"starting_after", "<"}, {"ending_before", ">"}} {
		id, err := c.params.at(cur.name).text(255)
		if err != nil {
			return 0, false, err
		}
		if id == "" {
			continue
		}
		r, err := c.find(kind, id)
		if errors.Is(err, errMissing) {
			return 0, false, noSuch(400, nounOf(kind), id, cur.name)
		}
		if err != nil {
			return 0, false, err
		}
		q.and("(created, seq) "+cur.sql+" (?, ?)", r.created, r.seq)
		backwards = cur.name == "ending_before"
	}
	return limit, backwards, nil
}
