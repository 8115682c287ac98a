package recommend

import (
	"errors"
	"io"
)

var errNotYet = errors.New("recommend: snapshots hold nothing yet")

// WriteTo writes the model for ReadFrom.
func (m *Model) WriteTo(w io.Writer) (int64, error) { return 0, errNotYet }

// ReadFrom replaces the model by one that WriteTo wrote.
func (m *Model) ReadFrom(r io.Reader) (int64, error) { return 0, errNotYet }
