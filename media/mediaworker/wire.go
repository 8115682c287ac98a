package mediaworker

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"meadow/media"
	"meadow/services/kernel/errs"
)

// answer is the first line that a worker writes. The bytes of the files follow
// it, in their order.
type answer struct {
	Refused string `json:"refused,omitempty"` // the reason of one of refusals
	Fault   string `json:"fault,omitempty"`   // what went wrong otherwise
	Developed
}

const (
	maxLine  = 64 << 10
	maxFile  = 16 << 20 // of a rendition
	maxFiles = 8
)

func write(w io.Writer, d Developed, err error) error {
	a := answer{Developed: d}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		a = answer{Refused: e.Reason, Fault: err.Error()}
	} else if err != nil {
		a = answer{Fault: err.Error()}
	}
	b := bufio.NewWriter(w)
	if err := json.NewEncoder(b).Encode(a); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	for _, f := range a.Files {
		if _, err := b.Write(f.Data); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return b.Flush()
}

// read takes an answer in. A worker that a hostile file has taken over can say
// anything, so that what it says is held against what we asked for.
func read(r io.Reader) (Developed, error) {
	b := bufio.NewReaderSize(r, maxLine)
	line, err := b.ReadSlice('\n')
	if err != nil {
		return Developed{}, fmt.Errorf("no answer: %w", err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return Developed{}, fmt.Errorf("no answer: %w", err)
	}
	if e, ok := refusal(a.Refused); ok {
		return Developed{}, e.Because(errors.New(a.Fault))
	}
	if a.Refused != "" || a.Fault != "" {
		return Developed{}, fmt.Errorf("the worker failed: %s%s", a.Refused, a.Fault)
	}
	if err := a.check(); err != nil {
		return Developed{}, err
	}
	for i := range a.Files {
		f := &a.Files[i]
		f.Data = make([]byte, f.Size)
		if _, err := io.ReadFull(b, f.Data); err != nil {
			return Developed{}, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return a.Developed, nil
}

func (a *answer) check() error {
	if len(a.Files) == 0 || len(a.Files) > maxFiles || len(a.ThumbHash) > 64 {
		return fmt.Errorf("an answer of %d files", len(a.Files))
	}
	if _, err := hex.DecodeString(a.Likeness); err != nil || len(a.Likeness) != 16 {
		return fmt.Errorf("an answer with likeness %.20q", a.Likeness)
	}
	for _, f := range a.Files {
		known := slices.ContainsFunc(sizes, func(s size) bool { return s.name == f.Name && f.Width <= s.width })
		if !known || f.Type != "image/jpeg" && f.Type != "image/webp" ||
			f.Width < 1 || f.Height < 1 || f.Height > media.MaxSide || f.Size < 1 || f.Size > maxFile {
			return fmt.Errorf("an answer with a file of %d bytes, %d by %d, of type %.20q", f.Size, f.Width, f.Height, f.Type)
		}
	}
	return nil
}
