// Package arch holds the arrows between packages (HOUSE-1) and the habits that no linter
// knows. house.go is the law, each line with its reason; check.go applies it; the tests
// apply it to this tree. Test files may import anything: a test of the engine needs a store.
package arch
