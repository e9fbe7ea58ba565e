// Package gate decides whether a message, or an action with hours of its own, may leave now: pure decisions with
// reason codes, for Advance, the sender and the simulator alike (DEC-3, PLAN-25). Nothing here reads a clock or a database; the
// tables (zones, legal hours, phone prefixes) are part of the program.
package gate
