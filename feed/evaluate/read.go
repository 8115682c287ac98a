package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"meadow/feed/recommend"
)

// names gives dense numbers to the ids of a file, in the order they come.
type names struct {
	number map[int64]uint32
	name   []int64
}

func newNames() *names { return &names{number: map[int64]uint32{}} }

func (n *names) of(id int64) uint32 {
	at, ok := n.number[id]
	if !ok {
		at = uint32(len(n.name))
		n.number[id] = at
		n.name = append(n.name, id)
	}
	return at
}

// lines calls f with the numbers of every line of the files that has any.
func lines(files string, least int, f func(numbers []int64) error) error {
	for name := range strings.SplitSeq(files, ",") {
		if err := linesOf(name, least, f); err != nil {
			return err
		}
	}
	return nil
}

func linesOf(name string, least int, f func(numbers []int64) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<16)
	var numbers []int64
	for at := 1; ; at++ {
		line, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s: %w", name, err)
		}
		numbers = numbers[:0]
		for word := range strings.FieldsSeq(line) {
			v, bad := strconv.ParseInt(word, 10, 64)
			if bad != nil {
				return fmt.Errorf("%s: line %d: %q is not a whole number", name, at, word)
			}
			numbers = append(numbers, v)
		}
		if n := len(numbers); n > 0 {
			if n < least {
				return fmt.Errorf("%s: line %d: %d numbers, but at least %d are needed", name, at, n, least)
			}
			if bad := f(numbers); bad != nil {
				return fmt.Errorf("%s: line %d: %w", name, at, bad)
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// had is who had what, users in the order of their first line.
type had struct {
	users *names
	of    [][]recommend.Touch
}

func readHad(files string, items *names) (*had, error) {
	h := &had{users: newNames()}
	err := lines(files, 1, func(numbers []int64) error {
		u := h.users.of(numbers[0])
		if int(u) == len(h.of) {
			h.of = append(h.of, nil)
		}
		for _, id := range numbers[1:] {
			h.of[u] = append(h.of[u], recommend.Touch{Item: items.of(id), Weight: 1})
		}
		return nil
	})
	return h, err
}

// readAttributes reads {"item": [attribute, …], …}; items are given numbers in
// the order of their ids, so that the answer is the same each time.
func readAttributes(name string, items *names) ([][]uint32, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var read map[int64][]int64
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", name, withLine(raw, err))
	}
	ids := make([]int64, 0, len(read))
	for id := range read {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	attrs := newNames()
	var out [][]uint32
	for _, id := range ids {
		i := items.of(id)
		for int(i) >= len(out) {
			out = append(out, nil)
		}
		for _, a := range read[id] {
			out[i] = append(out[i], attrs.of(a))
		}
	}
	return out, nil
}

// withLine adds to an error of JSON the line it is in.
func withLine(raw []byte, err error) error {
	at := int64(0)
	switch e := err.(type) {
	case *json.SyntaxError:
		at = e.Offset
	case *json.UnmarshalTypeError:
		at = e.Offset
	}
	line := 1 + strings.Count(string(raw[:min(at, int64(len(raw)))]), "\n")
	return fmt.Errorf("line %d: %w", line, err)
}
