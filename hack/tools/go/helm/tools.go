//go:build tools

// Package tools pins what go.mod builds.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
