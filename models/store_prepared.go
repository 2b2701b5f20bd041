package models

import (
	"context"
	"database/sql/driver"
	"errors"
)

// preparing has every connection to SQLite keep the statements that it has
// prepared, as PostgreSQL's driver does of itself: reading the same SQL again was
// a quarter of what booking a gift costs. GORM's own keeping is of no use here,
// since what it prepares inside a transaction ends with that.
type preparing struct{ driver.Connector }

func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	known, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(errOtherDriver, conn.Close())
	}
	return &preparedConn{sqliteConn: known, idle: map[string]sqliteStmt{}}, nil
}

// errOtherDriver says that the driver is not the one that this was written for.
var errOtherDriver = errors.New("models: SQLite's driver lacks what is asked of it")

// sqliteConn, sqliteStmt and sqliteRows are what the driver's connections,
// statements and rows are to database/sql.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

const (
	// mostKept is how many statements a connection keeps; the service has a few
	// hundred, of which most are rare.
	mostKept = 128
	// longestKept bounds their text: what is longer holds as many rows as there
	// happened to be, and is not met again.
	longestKept = 4096
)

// preparedConn is one connection, used by one goroutine at a time.
type preparedConn struct {
	sqliteConn
	idle map[string]sqliteStmt // by their text; one that is in use is not among them
}

func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := stmt.ExecContext(ctx, args)
	if err != nil {
		_ = stmt.Close() // repeats the error
		return nil, err
	}
	return result, c.giveBack(query, stmt)
}

func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		_ = stmt.Close() // repeats the error
		return nil, err
	}
	known, ok := rows.(sqliteRows)
	if !ok {
		return nil, errors.Join(errOtherDriver, rows.Close(), stmt.Close())
	}
	return &preparedRows{sqliteRows: known, conn: c, query: query, stmt: stmt}, nil
}

// take is a statement that nobody uses, to be given back.
func (c *preparedConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if stmt, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return stmt, nil
	}
	stmt, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	known, ok := stmt.(sqliteStmt)
	if !ok {
		return nil, errors.Join(errOtherDriver, stmt.Close())
	}
	return known, nil
}

// giveBack keeps a statement for its next use. Where there are too many,
// another one goes.
func (c *preparedConn) giveBack(query string, stmt sqliteStmt) error {
	if _, ok := c.idle[query]; ok || len(query) > longestKept {
		return stmt.Close()
	}
	for other, one := range c.idle {
		if len(c.idle) < mostKept {
			break
		}
		delete(c.idle, other)
		if err := one.Close(); err != nil {
			return err
		}
	}
	c.idle[query] = stmt
	return nil
}

// Close ends the statements before the connection they are of.
func (c *preparedConn) Close() error {
	for _, stmt := range c.idle {
		_ = stmt.Close() // the connection tells of what is wrong with it
	}
	clear(c.idle)
	return c.sqliteConn.Close()
}

// preparedRows give their statement back when they are closed, which
// database/sql does once.
type preparedRows struct {
	sqliteRows
	conn  *preparedConn
	query string
	stmt  sqliteStmt
}

func (r *preparedRows) Close() error {
	if err := r.sqliteRows.Close(); err != nil {
		_ = r.stmt.Close() // repeats the error
		return err
	}
	return r.conn.giveBack(r.query, r.stmt)
}
