package app

// GiveNameBy is GiveName on a file system with links as link makes them.
func GiveNameBy(link func(made, path string) error, made, path string) error {
	return giveName(link, made, path)
}
