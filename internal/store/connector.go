package store

import (
	"context"
	"database/sql/driver"
	"errors"
)

// wrapping is a connector whose connections wrap makes of the driver's; nil = it cannot.
type wrapping struct {
	inner driver.Connector
	wrap  func(driver.Conn) driver.Conn
}

// Driver implements driver.Connector.
func (w *wrapping) Driver() driver.Driver { return w.inner.Driver() }

// Connect implements driver.Connector.
func (w *wrapping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if wrapped := w.wrap(c); wrapped != nil {
		return wrapped, nil
	}
	return nil, errors.Join(errors.New("the driver's connection is not what it was"), c.Close())
}
