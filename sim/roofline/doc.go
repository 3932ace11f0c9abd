// Package roofline prices the steps of an inference engine from the datasheet of
// its accelerator, the shape of its model and about twenty named constants. It is
// pure arithmetic; every number comes from the caller, who reads it from a profile.
//
// # The model
//
// A model is a list of attention layers and a list of feed-forward layers (dense or
// a mixture of experts). With BW the memory bandwidth, F the dense peak of the
// layer's number format and eta the fraction of the datasheet peak that is reached,
// a layer takes, for T tokens of B sequences of context c on a rank,
//
//	t = floor + max( weights/(eta_weights*BW), 2*parameters*T/(eta_compute*F) )     projections, dense
//	  + B * entries(c) * bytes an entry / (eta_kv*BW)                               reading the KV cache
//	  + T * 4*heads*head size*entries(c) / (eta_attention*BF16)                     scores and values
//	  + T * 2*index heads*index size*indexed(c) / (eta_index*FP8)                   sparse attention's indexer
//	  + T * element-wise bytes / (eta_weights*BW)                                   not sharded by tensor parallelism
//
// and a layer of experts
//
//	touched = E/ep * (1 - (1 - k/E)^T_global)
//	t = floor + max( touched*bytes/(eta_experts*BW), 2*parameters an expert*k*T_global/(ep*eta_moe*F) * imbalance )
//
// # A step
//
// A step that decodes takes phi_decode times the layers at T = B*(1+draft), plus
// the head. Every prompt token in it adds phi_prefill times its marginal,
// compute-bound cost: weights are read once for both. A step without decoding starts
// from the step of a single token. Tensor parallelism adds an all-reduce after attention
// and one after each feed-forward part, a shared expert being a part of its own (engines
// sum it with the experts; with one less, published step times are met worse); expert
// parallelism an all-to-all, with a floor of its own where it is not fused with the experts, whose bandwidth is that of the link domain as far
// as it reaches and of the network card beyond. Speculation adds the draft passes.
//
// phi is the software factor of the runtime on that hardware and for that model: a
// named, dated number, not hidden in the etas.
//
// # Ranks
//
// A layout has DP attention ranks of TP accelerators each, times PP stages; experts
// are split over EP accelerators, or like a dense layer over TP where EP is 1.
// A step is priced from the work of each attention rank. They meet in every layer of experts,
// so the one whose own part takes longest sets the pace: attention, element-wise work,
// dense layers and its share of an experts' layer that tensor parallelism splits. Experts
// that are spread over the ranks compute the tokens of all of them, and their exchange takes as long as
// that of the rank with most tokens. An idle rank runs an empty sequence along. What is busy, for
// the power, is the mean over the ranks. Pipeline stages work on different
// batches at once but a token passes them all: the layers of one step are priced as
// if on one stage.
package roofline
