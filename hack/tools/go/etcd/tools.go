//go:build tools

// Package tools pins what go.mod builds.
package tools

import _ "go.etcd.io/etcd/server/v3/etcdmain"
