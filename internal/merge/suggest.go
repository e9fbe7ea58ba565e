package merge

import "strings"

// suggest finds the known path that is nearest to names, whose part at index at is unknown.
func (s Schema) suggest(names []string, at int, known []string) string {
	written := plainName(strings.Join(names, "."))
	end := plainName(names[len(names)-1])
	best, bestCost := "", 1<<30
	for _, path := range known {
		plain := plainName(path)
		cost := distance(written, plain) * 4
		if cost > 4*slack(written) {
			cost = 1 << 30
		}
		// Only the beginning is missing or wrong: first_name for contact.first_name.
		if dot := strings.LastIndexByte(plain, '.'); dot >= 0 {
			d := distance(end, plain[dot+1:])
			if c := d*4 + 1; d <= slack(end) && (at == 0 || d == 0) && c < cost {
				cost = c
			}
		}
		if cost < bestCost {
			best, bestCost = path, cost
		}
	}
	return best
}

// plainName drops what people vary in names: case, and underscores, dashes and spaces between words.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// slack is how many slips still make a misspelling of s.
func slack(s string) int { return max(1, min(runes(s)/3, 4)) }

// nearest finds the name that s most likely means, "" when none is near.
func nearest(s string, names []string) string {
	best, bestCost := "", slack(s)+1
	for _, name := range names {
		if d := distance(plainName(s), plainName(name)); d < bestCost {
			best, bestCost = name, d
		}
	}
	return best
}

// distance counts the slips (a character more, less, other, or two swapped) between a and b.
func distance(a, b string) int {
	const tooLong = 100
	s, t := []rune(a), []rune(b)
	if len(s) > tooLong || len(t) > tooLong {
		return tooLong
	}
	before, above, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if cost == 1 && i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(t)]
}
