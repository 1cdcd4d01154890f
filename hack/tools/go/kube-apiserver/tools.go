//go:build tools

// Package tools pins what go.mod builds.
package tools

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
