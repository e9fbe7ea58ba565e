// Package bulk does with thousands of contacts or enrollments what a person asked for once: it walks them in ascending order
// in chunks, each one transaction of an operation (ENG-11), through the same services that serve one contact, so that every rule holds. The
// operation counts what became of each (PLAN-5, PLAN-15).
package bulk
