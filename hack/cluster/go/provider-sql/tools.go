//go:build tools

// Package tools pins what go.mod builds.
package tools

import (
	_ "github.com/crossplane-contrib/provider-sql/cmd/provider"
)
