// Package plan sizes a datacenter: from a power budget and measured results to
// units, agents, racks, energy and cost; and back, from agents or users to power.
//
// # What is counted
//
// A System is bought in scale units (a node of 8, a rack of 72) that are never
// split. A measured deployment fits a whole number of times into a unit, or spans a
// whole number of units; its capacity is never scaled to another size. Units are
// packed by provisioned power, energy is counted by mean power, and every step from
// one power boundary to another is listed with its factor.
//
// Everything is rounded against the buyer: units and agents down, racks, slots and
// spares up. Redundancy is taken after rounding to units.
//
// # What is refused
//
// Agents/MW of accelerator power times megawatts of anything else without a stated
// factor; systems of different presets, methods or tiers in one plan; simulated
// systems beside others, unless that is asked for, and then marked.
//
// The package is pure: it reads no file and no clock.
package plan
