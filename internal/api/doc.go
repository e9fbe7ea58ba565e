// Package api is the JSON API under /api/v1: it reads requests, asks the services, and writes what they answered in
// the vocabulary of package client. It decides nothing (HOUSE-1).
//
// A request passes: body limit, key (who), scope (may), rate limit, Idempotency-Key, then its operation. The description
// (OpenAPI 3.1) is made from the operations themselves.
package api
