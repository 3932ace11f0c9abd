package trajectory

import _ "embed" // the schema

//go:embed schema/trajectory-1.json
var schema string

// Schema returns the public JSON Schema of the native format.
func Schema() string { return schema }
