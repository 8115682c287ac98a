package recommend

import "testing"

func TestALearnedTouchChangesTheNextAnswer(t *testing.T) {
	t.Parallel()
	m := New(10)
	m.Learn(nil, Touch{Item: 5, Weight: 1})
	m.Learn([]Touch{{Item: 5, Weight: 1}}, Touch{Item: 7, Weight: 1})
	m.Learn(nil, Touch{Item: 2, Weight: 1})
	m.Learn(nil, Touch{Item: 2, Weight: 1})
	if got := m.Recommend([]Touch{{Item: 5, Weight: 1}}, 1, nil); len(got) != 1 || got[0].Item != 7 {
		t.Errorf("after 5 came 7, but got %v", got)
	}
	if got := m.Recommend(nil, 1, nil); len(got) != 1 || got[0].Item != 2 {
		t.Errorf("2 is the most popular, but got %v", got)
	}
}
