module imimport/dobyte

go 1.26.0

require (
	github.com/dobyte/tencent-im v0.1.1
	github.com/stretchr/testify v1.12.1
	imimport v0.0.0
)

require (
	github.com/dobyte/http v0.0.2 // indirect
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

replace imimport => ../..
