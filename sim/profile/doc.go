// Package profile reads what a simulated engine is made of: accelerator, model,
// constants and runtime, as YAML. Profiles are embedded (List) or files of the
// user (Read).
//
// Every number stands with its unit, source, date, kind (measured, published,
// estimated) and the range low..high in which it may lie; a missing field, an
// unknown key, a wrong unit or a value outside its own range is refused with the
// field's name. A setting that is not modelled cannot be written down.
package profile
