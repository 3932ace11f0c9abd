package power

// The reason codes. Those that make a figure invalid come first; the advisory
// ones stand beside a valid figure.
const (
	ReasonWindowInvalid    = "window_invalid"          // the window is empty or reversed
	ReasonWindowTooShort   = "window_too_short"        // under 60 s, or too short for the counter's steps
	ReasonNotBracketed     = "window_not_bracketed"    // no reading before its start or after its end
	ReasonSamplesMissing   = "samples_missing"         // a device has fewer than two readings
	ReasonGap              = "sample_gap_exceeded"     // no fresh reading for longer than the limit
	ReasonTimestamp        = "timestamp_invalid"       // readings without a time, or with an impossible one
	ReasonClockOffset      = "clock_offset_exceeded"   // the source's clock is off by more than the bound
	ReasonDeviceCount      = "device_count_mismatch"   // more or fewer devices than serve
	ReasonDeviceIdentity   = "device_identity_missing" // several series that nothing tells apart
	ReasonDeviceChanged    = "device_changed"          // one device went and another came
	ReasonCounterReset     = "counter_reset"           // an energy counter went down
	ReasonValueFrozen      = "value_frozen"            // the same value for the whole window
	ReasonUnitUnknown      = "unit_unknown"            // unit not known, or the mean is absurd against the limit
	ReasonUnreachable      = "source_unreachable"      // the source never answered
	ReasonBoundary         = "boundary_incomplete"     // the claimed boundary holds more than the meter sees
	ReasonCounterDisagrees = "counter_disagrees"       // advisory: counter and trapezoid differ by over 5 %
	ReasonNegativeOrNaN    = "negative_or_nan"         // advisory: readings were dropped
	ReasonLimitChanged     = "limit_changed"           // advisory: the enforced power limit moved
	ReasonReadingsFailed   = "readings_failed"         // advisory: some readings failed, none long enough for a gap
	ReasonAccuracyDeclared = "accuracy_declared"       // advisory: grade and uncertainty rest on the user's accuracy=
	ReasonConverted        = "converted"               // advisory: estimated from a figure at another boundary
)
