//go:build tools

// Package tools pins what go.mod builds.
package tools

import _ "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter"
