// Package roofline prices the steps of an inference engine from the datasheet of
// its accelerator, the shape of its model and about twenty named constants. It is
// pure arithmetic; every number comes from the caller, who reads it from a profile.
//
// # The model
//
// A step that decodes B sequences takes
//
//	phi_decode * [ linear(B) + attention(B, contexts) + floors ]
//
// and every prompt token in it adds its compute-bound marginal cost tau, times
// phi_prefill: the weights are read once for both. A step without decoding starts
// from the floor of a step with one token. With BW the memory bandwidth, F the
// arithmetic peak and eta the fraction of the datasheet peak that is reached:
//
//	linear      = max( bytes of weights / (eta_weights*BW), 2*parameters*B / (eta_compute*F) )
//	attention   = KV bytes of all contexts / (eta_kv*BW)
//	tau(c)      = 2*parameters / (eta_compute*F) + 4*heads*head size*c*layers / (eta_attention*F16)
//
// phi is the software factor of the runtime on that hardware: a named, dated
// number, not hidden in the etas.
package roofline
