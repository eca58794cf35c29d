// SPDX-License-Identifier: MIT
/* Extended parameters: the caller's array becomes a structure of the library's (SPEC 4.1). */

#include "internal.h"

#define WINVM_ATTRIBUTES_NONPAGED                                                  \
	(MEM_EXTENDED_PARAMETER_NONPAGED | MEM_EXTENDED_PARAMETER_NONPAGED_LARGE | \
	 MEM_EXTENDED_PARAMETER_NONPAGED_HUGE)

/* Hints that need nothing done. */
#define WINVM_ATTRIBUTES_HINTS                                                          \
	(MEM_EXTENDED_PARAMETER_GRAPHICS | MEM_EXTENDED_PARAMETER_ZERO_PAGES_OPTIONAL | \
	 MEM_EXTENDED_PARAMETER_SOFT_FAULT_PAGES)

static NTSTATUS winvm_extended_address(const MEM_ADDRESS_REQUIREMENTS *wanted,
				       struct winvm_extended *extended)
{
	uint64_t lowest, highest, alignment;
	NTSTATUS status = winvm_user_peek64(&wanted->LowestStartingAddress, &lowest);

	if (!status)
		status = winvm_user_peek64(&wanted->HighestEndingAddress, &highest);
	if (!status)
		status = winvm_user_peek64(&wanted->Alignment, &alignment);
	if (status)
		return status;
	extended->lowest_address = lowest;
	extended->highest_address = highest;
	extended->alignment_bytes = alignment;
	return STATUS_SUCCESS;
}

/* SPEC VX-10. What is never paged out needs a privilege that nobody holds. */
static NTSTATUS winvm_extended_attributes(uint64_t flags)
{
	if (flags & ~(uint64_t)(WINVM_ATTRIBUTES_NONPAGED | WINVM_ATTRIBUTES_HINTS))
		return STATUS_INVALID_PARAMETER;
	return flags & WINVM_ATTRIBUTES_NONPAGED ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS;
}

static NTSTATUS winvm_extended_one(unsigned int type, uint64_t value,
				   struct winvm_extended *extended)
{
	switch (type) {
	case MemExtendedParameterAddressRequirements:
		return winvm_extended_address(winvm_pointer(value), extended);
	case MemExtendedParameterNumaNode:
		extended->node = winvm_numa_field((DWORD)value);
		return STATUS_SUCCESS;
	case MemExtendedParameterPartitionHandle:
	case MemExtendedParameterUserPhysicalHandle:
		return STATUS_NOT_SUPPORTED;
	case MemExtendedParameterAttributeFlags:
		return winvm_extended_attributes(value);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* Sections have types of their own. */
static NTSTATUS winvm_extended_section_one(unsigned int type, uint64_t value,
					   struct winvm_extended *extended)
{
	switch (type) {
	case MemSectionExtendedParameterNumaNode:
		extended->node = winvm_numa_field((DWORD)value);
		return STATUS_SUCCESS;
	case MemSectionExtendedParameterUserPhysicalFlags:
	case MemSectionExtendedParameterSigningLevel:
		return STATUS_NOT_SUPPORTED;
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/*
 * SPEC VX-2, VX-3. As no type may come twice, no array that is right is longer
 * than there are types. Of several refusals that of a bad argument wins.
 */
static NTSTATUS winvm_extended_each(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
				    NTSTATUS (*one)(unsigned int type, uint64_t value,
						    struct winvm_extended *extended),
				    struct winvm_extended *extended)
{
	NTSTATUS verdict = STATUS_SUCCESS;
	unsigned int seen = 0;

	*extended = (struct winvm_extended){ 0 };
	if (count && !parameters)
		return STATUS_INVALID_PARAMETER;
	for (ULONG i = 0; i < count; i++) {
		const uint64_t *words = (const uint64_t *)&parameters[i];
		uint64_t kind, value;
		NTSTATUS status = winvm_user_peek64(&words[0], &kind);
		unsigned int type;

		if (!status)
			status = winvm_user_peek64(&words[1], &value);
		if (status)
			return status;
		type = kind & ((1u << MEM_EXTENDED_PARAMETER_TYPE_BITS) - 1);
		if (type >= MemExtendedParameterMax || seen & 1u << type)
			return STATUS_INVALID_PARAMETER;
		seen |= 1u << type;
		status = one(type, value, extended);
		if (winvm_status_is_argument(status) || status == STATUS_ACCESS_VIOLATION)
			return status;
		if (status)
			verdict = status;
	}
	return verdict;
}

NTSTATUS winvm_extended_read(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
			     struct winvm_extended *extended)
{
	return winvm_extended_each(parameters, count, winvm_extended_one, extended);
}

NTSTATUS winvm_extended_read_section(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
				     struct winvm_extended *extended)
{
	return winvm_extended_each(parameters, count, winvm_extended_section_one, extended);
}
