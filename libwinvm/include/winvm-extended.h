/* SPDX-License-Identifier: MIT */
/* Extended parameters of VirtualAlloc2, MapViewOfFile3 and others (SPEC 0.2, 4.1, SE-24). */
#ifndef WINVM_EXTENDED_H
#define WINVM_EXTENDED_H

#include <windef.h>

/**
 * MEM_ADDRESS_REQUIREMENTS - which addresses the system may choose
 * @LowestStartingAddress: a multiple of 64 KB, NULL for none (SPEC VX-7)
 * @HighestEndingAddress: last byte, that of a page; NULL for none (SPEC VX-8)
 * @Alignment: in bytes, a power of two of at least 64 KB; 0 for none (SPEC VX-6)
 */
typedef struct _MEM_ADDRESS_REQUIREMENTS {
	PVOID LowestStartingAddress;
	PVOID HighestEndingAddress;
	SIZE_T Alignment;
} MEM_ADDRESS_REQUIREMENTS, *PMEM_ADDRESS_REQUIREMENTS;

typedef enum MEM_EXTENDED_PARAMETER_TYPE {
	MemExtendedParameterInvalidType = 0,
	MemExtendedParameterAddressRequirements,
	MemExtendedParameterNumaNode,
	MemExtendedParameterPartitionHandle,
	MemExtendedParameterUserPhysicalHandle,
	MemExtendedParameterAttributeFlags,
	MemExtendedParameterImageMachine,
	MemExtendedParameterMax,
} MEM_EXTENDED_PARAMETER_TYPE,
	*PMEM_EXTENDED_PARAMETER_TYPE;

/* The types that sections know. */
typedef enum MEM_SECTION_EXTENDED_PARAMETER_TYPE {
	MemSectionExtendedParameterInvalidType = 0,
	MemSectionExtendedParameterUserPhysicalFlags,
	MemSectionExtendedParameterNumaNode,
	MemSectionExtendedParameterSigningLevel,
	MemSectionExtendedParameterMax,
} MEM_SECTION_EXTENDED_PARAMETER_TYPE,
	*PMEM_SECTION_EXTENDED_PARAMETER_TYPE;

#define MEM_EXTENDED_PARAMETER_TYPE_BITS 8

/* AttributeFlags */
#define MEM_EXTENDED_PARAMETER_GRAPHICS		   0x01
#define MEM_EXTENDED_PARAMETER_NONPAGED		   0x02
#define MEM_EXTENDED_PARAMETER_ZERO_PAGES_OPTIONAL 0x04
#define MEM_EXTENDED_PARAMETER_NONPAGED_LARGE	   0x08
#define MEM_EXTENDED_PARAMETER_NONPAGED_HUGE	   0x10
#define MEM_EXTENDED_PARAMETER_SOFT_FAULT_PAGES	   0x20
#define MEM_EXTENDED_PARAMETER_EC_CODE		   0x40

/**
 * MEM_EXTENDED_PARAMETER - one parameter; none may come twice (SPEC VX-3)
 * @Type: MEM_EXTENDED_PARAMETER_TYPE
 * @Reserved: not looked at
 * @ULong64: attribute flags (SPEC VX-10)
 * @Pointer: to MEM_ADDRESS_REQUIREMENTS
 * @Size: not used
 * @Handle: partition, user physical pages: not provided (error 50)
 * @ULong: NUMA node, NUMA_NO_PREFERRED_NODE for none (SPEC VX-11)
 */
typedef struct MEM_EXTENDED_PARAMETER {
	__extension__ struct {
		DWORD64 Type : MEM_EXTENDED_PARAMETER_TYPE_BITS;
		DWORD64 Reserved : 64 - MEM_EXTENDED_PARAMETER_TYPE_BITS;
	};
	__extension__ union {
		DWORD64 ULong64;
		PVOID Pointer;
		SIZE_T Size;
		HANDLE Handle;
		DWORD ULong;
	};
} MEM_EXTENDED_PARAMETER, *PMEM_EXTENDED_PARAMETER;

WINVM_STATIC_ASSERT(sizeof(MEM_ADDRESS_REQUIREMENTS) == 24, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(MEM_EXTENDED_PARAMETER) == 16, "Windows x64 layout");

#endif /* WINVM_EXTENDED_H */
