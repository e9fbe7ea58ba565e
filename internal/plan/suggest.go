package plan

import (
	"fmt"
	"strings"
)

// didYouMean is the words ` (did you mean "x"?)` for the known word nearest to w, or "" when none is near.
func didYouMean(w string, known []string) string {
	if s := nearest(w, known); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}

// nearest is the first known word with the fewest typing errors from w: at most one in three letters; "" when none is so near.
func nearest(w string, known []string) string {
	if len(w) > 64 {
		return ""
	}
	best, least := "", 1+max(1, len([]rune(w))/3)
	for _, k := range known {
		if d := typos(fold(w), fold(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

func fold(s string) []rune {
	return []rune(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)))
}

// typos counts letters missing, too many, wrong, or swapped with their neighbour.
func typos(a, b []rune) int {
	if abs := len(a) - len(b); abs > 3 || abs < -3 {
		return max(len(a), len(b))
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differ := 1
			if a[i-1] == b[j-1] {
				differ = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
