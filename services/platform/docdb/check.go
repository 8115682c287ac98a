package docdb

import (
	"errors"
	"fmt"
	"strings"
)

// CheckSchema reports a schema that a driver cannot keep.
func CheckSchema(s Schema) error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, ix := range s.Indexes {
		if err := CheckName(ix.Name); err != nil {
			return err
		}
		if seen[ix.Name] {
			return fmt.Errorf("docdb: index %s is declared twice", ix.Name)
		}
		seen[ix.Name] = true
		if len(ix.Keys) == 0 {
			return fmt.Errorf("docdb: index %s has no keys", ix.Name)
		}
		for _, k := range ix.Keys {
			if err := checkField(k); err != nil {
				return err
			}
		}
	}
	if s.Expiry != "" {
		return checkField(s.Expiry)
	}
	return nil
}

// CheckName reports a name that no collection or index can have.
func CheckName(name string) error {
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "\x00$ \"/\\") || strings.HasPrefix(name, "system.") {
		return fmt.Errorf("docdb: bad name %q", name)
	}
	return nil
}

// CheckUpdate reports conditions and changes that no driver can apply: bad
// paths, values that do not fit, and changes that overlap.
func CheckUpdate(conds []Cond, changes []Change) error {
	for _, c := range conds {
		if err := checkField(c.Field); err != nil {
			return err
		}
		switch c.Op {
		case Eq, Ne, Gte, Lte:
			if _, err := Scalar(c.Value); err != nil {
				return err
			}
		case Present, Absent:
		default:
			return fmt.Errorf("docdb: unknown condition %q", c.Op)
		}
	}
	if len(changes) == 0 {
		return errors.New("docdb: an update changes something")
	}
	for i, c := range changes {
		if err := checkChange(c); err != nil {
			return err
		}
		for _, other := range changes[:i] {
			if Overlap(c.Field, other.Field) {
				return fmt.Errorf("docdb: changes of %s and %s overlap", other.Field, c.Field)
			}
		}
	}
	return nil
}

func checkChange(c Change) error {
	if err := checkField(c.Field); err != nil {
		return err
	}
	if Overlap(c.Field, IDField) || Overlap(c.Field, RevField) {
		return fmt.Errorf("docdb: %s is not for callers to change", c.Field)
	}
	switch c.Verb {
	case Add:
		v, err := Scalar(c.Value)
		if err != nil {
			return err
		}
		if _, ok := v.(int64); !ok {
			return fmt.Errorf("docdb: cannot add a %T to %s", c.Value, c.Field)
		}
	case Set:
		if c.Value == nil {
			return fmt.Errorf("docdb: nothing to set %s to; remove it instead", c.Field)
		}
	case Remove:
	default:
		return fmt.Errorf("docdb: unknown change %q", c.Verb)
	}
	return nil
}

// Overlap reports whether two paths are the same or one leads through the other.
func Overlap(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (len(a) == len(b) || b[len(a)] == '.')
}

func checkField(path string) error {
	for {
		part, rest, more := strings.Cut(path, ".")
		if part == "" || part[0] == '$' || strings.IndexByte(part, 0) >= 0 {
			return fmt.Errorf("docdb: bad field path %q", path)
		}
		if !more {
			return nil
		}
		path = rest
	}
}
