package client

import (
	"context"
	"net/http"
	"time"
)

// User is a person who works in the account.
type User struct {
	ID        ID     `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Role      string `json:"role" enum:"owner,admin,agent"`
	Phone     string `json:"phone,omitempty"`
	Zone      string `json:"zone,omitempty" doc:"time zone; absent = the account's"`
	Signature string `json:"signature,omitempty"`
	Active    bool   `json:"active"`
}

// NewUser is a person to add.
type NewUser struct {
	Email     string `json:"email" maxLength:"320"`
	FirstName string `json:"first_name,omitempty" maxLength:"200"`
	LastName  string `json:"last_name,omitempty" maxLength:"200"`
	Role      string `json:"role,omitempty" enum:"owner,admin,agent" doc:"agent when absent"`
	Phone     string `json:"phone,omitempty" maxLength:"40"`
	Zone      string `json:"zone,omitempty"`
	Signature string `json:"signature,omitempty" maxLength:"20000"`
}

// UserPatch changes a user; what is absent stays. The email address stays.
type UserPatch struct {
	FirstName *string `json:"first_name,omitempty" maxLength:"200"`
	LastName  *string `json:"last_name,omitempty" maxLength:"200"`
	Role      *string `json:"role,omitempty" enum:"owner,admin,agent"`
	Phone     *string `json:"phone,omitempty" maxLength:"40"`
	Zone      *string `json:"zone,omitempty"`
	Signature *string `json:"signature,omitempty" maxLength:"20000"`
	Active    *bool   `json:"active,omitempty"`
}

// Partner gets tasks and does not sign in.
type Partner struct {
	ID        ID        `json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Phone     string    `json:"phone,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// NewPartner is a partner to add, or what one is to be.
type NewPartner struct {
	Name  string `json:"name" maxLength:"200"`
	Email string `json:"email" maxLength:"320"`
	Phone string `json:"phone,omitempty" maxLength:"40"`
}

// Users returns the people of the account by name, inactive ones too.
func (c *Client) Users(ctx context.Context) (Page[User], error) {
	return get[Page[User]](ctx, c, "/users", nil)
}

// User returns one.
func (c *Client) User(ctx context.Context, id ID) (User, error) {
	return get[User](ctx, c, path("users", string(id)), nil)
}

// CreateUser adds a person.
func (c *Client) CreateUser(ctx context.Context, u NewUser) (User, error) {
	return send[User](ctx, c, http.MethodPost, "/users", u)
}

// UpdateUser changes a person.
func (c *Client) UpdateUser(ctx context.Context, id ID, p UserPatch) (User, error) {
	return send[User](ctx, c, http.MethodPatch, path("users", string(id)), p)
}

// DeleteUser takes a person out of the account.
func (c *Client) DeleteUser(ctx context.Context, id ID) error {
	return c.drop(ctx, path("users", string(id)))
}

// Partners returns the partners by name.
func (c *Client) Partners(ctx context.Context) (Page[Partner], error) {
	return get[Page[Partner]](ctx, c, "/partners", nil)
}

// Partner returns one.
func (c *Client) Partner(ctx context.Context, id ID) (Partner, error) {
	return get[Partner](ctx, c, path("partners", string(id)), nil)
}

// CreatePartner adds a partner.
func (c *Client) CreatePartner(ctx context.Context, p NewPartner) (Partner, error) {
	return send[Partner](ctx, c, http.MethodPost, "/partners", p)
}

// UpdatePartner replaces what is known of a partner.
func (c *Client) UpdatePartner(ctx context.Context, id ID, p NewPartner) (Partner, error) {
	return send[Partner](ctx, c, http.MethodPut, path("partners", string(id)), p)
}

// DeletePartner deletes a partner whom no plan names.
func (c *Client) DeletePartner(ctx context.Context, id ID) error {
	return c.drop(ctx, path("partners", string(id)))
}
