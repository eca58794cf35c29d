/* SPDX-License-Identifier: MIT */
/* Memory constants and structures (SPEC 0.2, 7), rights, exceptions. */
#ifndef WINVM_WINNT_H
#define WINVM_WINNT_H

#include <string.h>

#include <windef.h>
#include <winvm-exception.h>
#include <winvm-context.h>
#include <winvm-extended.h>

typedef union _LARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* AllocationType and FreeType */
#define MEM_COMMIT		    0x00001000
#define MEM_RESERVE		    0x00002000
#define MEM_REPLACE_PLACEHOLDER	    0x00004000
#define MEM_RESERVE_PLACEHOLDER	    0x00040000
#define MEM_RESET		    0x00080000
#define MEM_TOP_DOWN		    0x00100000
#define MEM_WRITE_WATCH		    0x00200000
#define MEM_PHYSICAL		    0x00400000
#define MEM_ROTATE		    0x00800000
#define MEM_DIFFERENT_IMAGE_BASE_OK 0x00800000
#define MEM_RESET_UNDO		    0x01000000
#define MEM_LARGE_PAGES		    0x20000000
#define MEM_4MB_PAGES		    0x80000000
#define MEM_64K_PAGES		    (MEM_LARGE_PAGES | MEM_PHYSICAL)

#define MEM_COALESCE_PLACEHOLDERS 0x00000001
#define MEM_PRESERVE_PLACEHOLDER  0x00000002
#define MEM_DECOMMIT		  0x00004000
#define MEM_RELEASE		  0x00008000

/* UnmapFlags, beside MEM_PRESERVE_PLACEHOLDER */
#define MEM_UNMAP_WITH_TRANSIENT_BOOST 0x00000001

/* State and Type of a region */
#define MEM_FREE    0x00010000
#define MEM_PRIVATE 0x00020000
#define MEM_MAPPED  0x00040000
#define MEM_IMAGE   0x01000000

#define PAGE_NOACCESS		0x01
#define PAGE_READONLY		0x02
#define PAGE_READWRITE		0x04
#define PAGE_WRITECOPY		0x08
#define PAGE_EXECUTE		0x10
#define PAGE_EXECUTE_READ	0x20
#define PAGE_EXECUTE_READWRITE	0x40
#define PAGE_EXECUTE_WRITECOPY	0x80
#define PAGE_GUARD		0x100
#define PAGE_NOCACHE		0x200
#define PAGE_WRITECOMBINE	0x400
#define PAGE_TARGETS_INVALID	0x40000000
#define PAGE_TARGETS_NO_UPDATE	0x40000000
#define PAGE_REVERT_TO_FILE_MAP 0x80000000

#define WRITE_WATCH_FLAG_RESET 0x01

#define NUMA_NO_PREFERRED_NODE ((DWORD)-1)

#define SEC_BASED	     0x00200000
#define SEC_NO_CHANGE	     0x00400000
#define SEC_FILE	     0x00800000
#define SEC_IMAGE	     0x01000000
#define SEC_PROTECTED_IMAGE  0x02000000
#define SEC_RESERVE	     0x04000000
#define SEC_COMMIT	     0x08000000
#define SEC_NOCACHE	     0x10000000
#define SEC_IMAGE_NO_EXECUTE (SEC_IMAGE | SEC_NOCACHE)
#define SEC_GLOBAL	     0x20000000
#define SEC_WRITECOMBINE     0x40000000
#define SEC_LARGE_PAGES	     0x80000000

#define SECTION_QUERY		     0x0001
#define SECTION_MAP_WRITE	     0x0002
#define SECTION_MAP_READ	     0x0004
#define SECTION_MAP_EXECUTE	     0x0008
#define SECTION_EXTEND_SIZE	     0x0010
#define SECTION_MAP_EXECUTE_EXPLICIT 0x0020
#define SECTION_ALL_ACCESS                                                                 \
	(STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_WRITE | SECTION_MAP_READ | \
	 SECTION_MAP_EXECUTE | SECTION_EXTEND_SIZE)

/**
 * MEMORY_BASIC_INFORMATION - one run of equal pages (SPEC VQ-6)
 * @BaseAddress: the address asked for, rounded down to a page
 * @AllocationBase: start of the allocation, NULL if free
 * @AllocationProtect: protection given when it was reserved, 0 if free
 * @PartitionId: 0
 * @RegionSize: length of the run in bytes, whole pages
 * @State: MEM_COMMIT, MEM_RESERVE or MEM_FREE
 * @Protect: PAGE_*, 0 if reserved, PAGE_NOACCESS if free
 * @Type: MEM_PRIVATE, MEM_MAPPED or MEM_IMAGE, 0 if free
 */
typedef struct _MEMORY_BASIC_INFORMATION {
	PVOID BaseAddress;
	PVOID AllocationBase;
	DWORD AllocationProtect;
	WORD PartitionId;
	SIZE_T RegionSize;
	DWORD State;
	DWORD Protect;
	DWORD Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(MEMORY_BASIC_INFORMATION) == 48, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(MEMORY_BASIC_INFORMATION, AllocationProtect) == 16,
		    "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(MEMORY_BASIC_INFORMATION, PartitionId) == 20, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(MEMORY_BASIC_INFORMATION, RegionSize) == 24, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(MEMORY_BASIC_INFORMATION, Type) == 40, "Windows x64 layout");

struct _EXCEPTION_REGISTRATION_RECORD;

/**
 * NT_TIB - the beginning of a thread's TEB
 * @ExceptionList: NULL
 * @StackBase: the first byte behind the stack
 * @StackLimit: its lowest committed byte without guard (SPEC ST-1)
 * @SubSystemTib, @FiberData, @ArbitraryUserPointer: the program's
 * @Self: this structure
 */
typedef struct _NT_TIB {
	struct _EXCEPTION_REGISTRATION_RECORD *ExceptionList;
	PVOID StackBase;
	PVOID StackLimit;
	PVOID SubSystemTib;
	__extension__ union {
		PVOID FiberData;
		DWORD Version;
	};
	PVOID ArbitraryUserPointer;
	struct _NT_TIB *Self;
} NT_TIB, *PNT_TIB;

WINVM_STATIC_ASSERT(sizeof(NT_TIB) == 56, "Windows x64 layout");

typedef DWORD ACCESS_MASK, *PACCESS_MASK;

/* Rights of handles on anything */
#define DELETE			 0x00010000
#define READ_CONTROL		 0x00020000
#define WRITE_DAC		 0x00040000
#define WRITE_OWNER		 0x00080000
#define SYNCHRONIZE		 0x00100000
#define STANDARD_RIGHTS_REQUIRED 0x000f0000
#define STANDARD_RIGHTS_READ	 READ_CONTROL
#define STANDARD_RIGHTS_WRITE	 READ_CONTROL
#define STANDARD_RIGHTS_EXECUTE	 READ_CONTROL
#define STANDARD_RIGHTS_ALL	 0x001f0000
#define ACCESS_SYSTEM_SECURITY	 0x01000000
#define MAXIMUM_ALLOWED		 0x02000000
#define GENERIC_ALL		 0x10000000
#define GENERIC_EXECUTE		 0x20000000
#define GENERIC_WRITE		 0x40000000
#define GENERIC_READ		 0x80000000

/* Rights of a handle on a file (SPEC SE-8) */
#define FILE_READ_DATA	      0x0001
#define FILE_WRITE_DATA	      0x0002
#define FILE_APPEND_DATA      0x0004
#define FILE_READ_EA	      0x0008
#define FILE_WRITE_EA	      0x0010
#define FILE_EXECUTE	      0x0020
#define FILE_READ_ATTRIBUTES  0x0080
#define FILE_WRITE_ATTRIBUTES 0x0100
#define FILE_ALL_ACCESS	      (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x1ff)
#define FILE_GENERIC_READ \
	(STANDARD_RIGHTS_READ | FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_READ_EA | SYNCHRONIZE)
#define FILE_GENERIC_WRITE                                                                 \
	(STANDARD_RIGHTS_WRITE | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA | \
	 FILE_APPEND_DATA | SYNCHRONIZE)
#define FILE_GENERIC_EXECUTE \
	(STANDARD_RIGHTS_EXECUTE | FILE_READ_ATTRIBUTES | FILE_EXECUTE | SYNCHRONIZE)

#define FILE_SHARE_READ	  0x00000001
#define FILE_SHARE_WRITE  0x00000002
#define FILE_SHARE_DELETE 0x00000004

#define FILE_ATTRIBUTE_READONLY		   0x00000001
#define FILE_ATTRIBUTE_HIDDEN		   0x00000002
#define FILE_ATTRIBUTE_SYSTEM		   0x00000004
#define FILE_ATTRIBUTE_DIRECTORY	   0x00000010
#define FILE_ATTRIBUTE_ARCHIVE		   0x00000020
#define FILE_ATTRIBUTE_NORMAL		   0x00000080
#define FILE_ATTRIBUTE_TEMPORARY	   0x00000100
#define FILE_ATTRIBUTE_OFFLINE		   0x00001000
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED 0x00002000
#define FILE_ATTRIBUTE_ENCRYPTED	   0x00004000

/* Rights of a handle on a process (SPEC G-6) */
#define PROCESS_TERMINATE		  0x0001
#define PROCESS_CREATE_THREAD		  0x0002
#define PROCESS_SET_SESSIONID		  0x0004
#define PROCESS_VM_OPERATION		  0x0008
#define PROCESS_VM_READ			  0x0010
#define PROCESS_VM_WRITE		  0x0020
#define PROCESS_DUP_HANDLE		  0x0040
#define PROCESS_CREATE_PROCESS		  0x0080
#define PROCESS_SET_QUOTA		  0x0100
#define PROCESS_SET_INFORMATION		  0x0200
#define PROCESS_QUERY_INFORMATION	  0x0400
#define PROCESS_SUSPEND_RESUME		  0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define PROCESS_SET_LIMITED_INFORMATION	  0x2000
#define PROCESS_ALL_ACCESS		  (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0xffff)

/* Which limits of a working set are hard (SPEC WS-6) */
#define QUOTA_LIMITS_HARDWS_MIN_ENABLE	0x00000001
#define QUOTA_LIMITS_HARDWS_MIN_DISABLE 0x00000002
#define QUOTA_LIMITS_HARDWS_MAX_ENABLE	0x00000004
#define QUOTA_LIMITS_HARDWS_MAX_DISABLE 0x00000008

#define PROCESSOR_ARCHITECTURE_AMD64 9
#define PROCESSOR_AMD_X8664	     8664

#define RtlEqualMemory(a, b, bytes)	(!memcmp((a), (b), (bytes)))
#define RtlMoveMemory(to, from, bytes)	memmove((to), (from), (bytes))
#define RtlCopyMemory(to, from, bytes)	memcpy((to), (from), (bytes))
#define RtlFillMemory(to, bytes, value) memset((to), (value), (bytes))
#define RtlZeroMemory(to, bytes)	memset((to), 0, (bytes))

#include <winvm-job.h>

#endif /* WINVM_WINNT_H */
