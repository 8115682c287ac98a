package docdbtest

func laws(Open) []promise { return nil }
