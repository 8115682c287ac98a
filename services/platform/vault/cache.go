package vault

import (
	"container/list"
	"sync"
	"time"

	"meadow/services/kernel/clock"
)

// cacheSize is how many data keys are kept unwrapped. cacheTTL is how long,
// and so how long another process may still open a subject after Forget.
const (
	cacheSize = 4096
	cacheTTL  = 30 * time.Second
)

// cache keeps the data keys that were used last.
type cache struct {
	now clock.Now

	mu    sync.Mutex // guards what follows
	slots map[slot]*list.Element
	order *list.List // of *cached, the latest used first
}

// slot names a key; the newest of its class is also kept under generation 0.
type slot struct {
	subject string
	class   class
	gen     int
}

type cached struct {
	slot
	key   dataKey
	until time.Time
}

func newCache(now clock.Now) *cache {
	return &cache{now: now, slots: map[slot]*list.Element{}, order: list.New()}
}

func (c *cache) newest(subject string, cl class) (dataKey, bool) {
	return c.get(slot{subject, cl, 0})
}

func (c *cache) generation(subject string, cl class, gen int) (dataKey, bool) {
	return c.get(slot{subject, cl, gen})
}

func (c *cache) get(s slot) (dataKey, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.slots[s]
	if !ok {
		return dataKey{}, false
	}
	item, _ := e.Value.(*cached)
	if !c.now().Before(item.until) {
		c.drop(e)
		return dataKey{}, false
	}
	c.order.MoveToFront(e)
	return item.key, true
}

func (c *cache) put(subject string, cl class, k dataKey, newest bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(slot{subject, cl, k.gen}, k)
	if newest {
		c.set(slot{subject, cl, 0}, k)
	}
}

func (c *cache) set(s slot, k dataKey) {
	if e, ok := c.slots[s]; ok {
		c.drop(e)
	}
	c.slots[s] = c.order.PushFront(&cached{slot: s, key: k, until: c.now().Add(cacheTTL)})
	for c.order.Len() > cacheSize {
		c.drop(c.order.Back())
	}
}

// forget drops all keys of a subject.
func (c *cache) forget(subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s, e := range c.slots {
		if s.subject == subject {
			c.drop(e)
		}
	}
}

func (c *cache) drop(e *list.Element) {
	if item, ok := c.order.Remove(e).(*cached); ok {
		delete(c.slots, item.slot)
	}
}
