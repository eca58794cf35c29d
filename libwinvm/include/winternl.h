/* SPDX-License-Identifier: MIT */
/*
 * The calls beneath Win32. They answer an NTSTATUS and leave the last error
 * alone. In-out parameters keep their value on failure (SPEC G-5) and get the
 * rounded range on success. A pointer that cannot be read or written gives
 * STATUS_ACCESS_VIOLATION, or STATUS_GUARD_PAGE_VIOLATION if it points into a
 * guard page, which is consumed (SPEC G-8, GP-5).
 *
 * Such a pointer costs a SIGSEGV that the library handles itself. If the
 * program has taken that signal from the library, the call faults as any C
 * function would; so does a thread that has blocked it.
 */
#ifndef WINVM_WINTERNL_H
#define WINVM_WINTERNL_H

#include <windef.h>
#include <winnt.h>

WINVM_BEGIN_DECLS

typedef LONG NTSTATUS, *PNTSTATUS;

#define NT_SUCCESS(status)     ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) ((ULONG)(status) >> 30 == 1)
#define NT_WARNING(status)     ((ULONG)(status) >> 30 == 2)
#define NT_ERROR(status)       ((ULONG)(status) >> 30 == 3)

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define ZwCurrentProcess() NtCurrentProcess()

#define MAP_PROCESS 1
#define MAP_SYSTEM  2

/* What NtQueryVirtualMemory can be asked; those it serves say with what structure. */
typedef enum _MEMORY_INFORMATION_CLASS {
	MemoryBasicInformation = 0, /* MEMORY_BASIC_INFORMATION */
	MemoryWorkingSetInformation = 1, /* MEMORY_WORKING_SET_INFORMATION */
	MemoryMappedFilenameInformation = 2, /* UNICODE_STRING */
	MemoryRegionInformation = 3, /* MEMORY_REGION_INFORMATION */
	MemoryWorkingSetExInformation = 4, /* MEMORY_WORKING_SET_EX_INFORMATION */
	MemorySharedCommitInformation = 5, /* MEMORY_SHARED_COMMIT_INFORMATION */
	MemoryImageInformation = 6, /* MEMORY_IMAGE_INFORMATION */
	MemoryRegionInformationEx = 7, /* MEMORY_REGION_INFORMATION */
	MemoryPrivilegedBasicInformation = 8,
	MemoryEnclaveImageInformation = 9,
	MemoryBasicInformationCapped = 10, /* MEMORY_BASIC_INFORMATION */
	MemoryPhysicalContiguityInformation = 11,
} MEMORY_INFORMATION_CLASS;

/**
 * UNICODE_STRING - counted UTF-16
 * @Length: bytes of the text, without the zero at its end
 * @MaximumLength: bytes that @Buffer has room for
 * @Buffer: the text
 */
typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

WINVM_STATIC_ASSERT(sizeof(UNICODE_STRING) == 16, "Windows x64 layout");

/**
 * MEMORY_REGION_INFORMATION - a whole allocation, in whatever states its pages are (SPEC NQ-4)
 * @AllocationBase: where it begins
 * @AllocationProtect: PAGE_* given when it was reserved
 * @RegionType: the bits below; MemoryRegionInformation has only the last (SPEC NQ-6, PH-2)
 * @Private: MEM_PRIVATE
 * @MappedDataFile: MEM_MAPPED, and a file is behind it
 * @MappedImage: MEM_IMAGE
 * @MappedPageFile: MEM_MAPPED without a file
 * @PlaceholderReservation: a placeholder that nothing has replaced
 * @RegionSize: length of the allocation in bytes
 * @CommitSize: its commit charge in bytes
 * @PartitionId: 0
 * @NodePreference: NUMA node, 0xffffffff if none is preferred
 */
typedef struct _MEMORY_REGION_INFORMATION {
	PVOID AllocationBase;
	ULONG AllocationProtect;
	__extension__ union {
		ULONG RegionType;
		__extension__ struct {
			ULONG Private : 1;
			ULONG MappedDataFile : 1;
			ULONG MappedImage : 1;
			ULONG MappedPageFile : 1;
			ULONG MappedPhysical : 1;
			ULONG DirectMapped : 1;
			ULONG SoftwareEnclave : 1;
			ULONG PageSize64K : 1;
			ULONG PlaceholderReservation : 1;
			ULONG Reserved : 23;
		};
	};
	SIZE_T RegionSize;
	SIZE_T CommitSize;
	ULONG_PTR PartitionId;
	ULONG_PTR NodePreference;
} MEMORY_REGION_INFORMATION, *PMEMORY_REGION_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(MEMORY_REGION_INFORMATION) == 48, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(MEMORY_REGION_INFORMATION, RegionSize) == 16, "Windows x64 layout");

/**
 * MEMORY_SHARED_COMMIT_INFORMATION - SPEC NQ-8
 * @CommitSize: commit charge in bytes of the whole process for sections that
 *	it shares with others; 0, as yet
 */
typedef struct _MEMORY_SHARED_COMMIT_INFORMATION {
	SIZE_T CommitSize;
} MEMORY_SHARED_COMMIT_INFORMATION, *PMEMORY_SHARED_COMMIT_INFORMATION;

/**
 * MEMORY_IMAGE_INFORMATION - the program or library at an address (SPEC NQ-9)
 * @ImageBase: where it begins; all fields are 0 where no image is
 * @SizeOfImage: its length in bytes
 * @ImageFlags: 0
 */
typedef struct _MEMORY_IMAGE_INFORMATION {
	PVOID ImageBase;
	SIZE_T SizeOfImage;
	__extension__ union {
		ULONG ImageFlags;
		__extension__ struct {
			ULONG ImagePartialMap : 1;
			ULONG ImageNotExecutable : 1;
			ULONG ImageSigningLevel : 4;
			ULONG Reserved : 26;
		};
	};
} MEMORY_IMAGE_INFORMATION, *PMEMORY_IMAGE_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(MEMORY_IMAGE_INFORMATION) == 24, "Windows x64 layout");

/**
 * MEMORY_WORKING_SET_BLOCK - a page of the working set (SPEC NQ-2)
 * @Protection: 1 READONLY, 2 EXECUTE, 3 EXECUTE_READ, 4 READWRITE, 5 WRITECOPY,
 *	6 EXECUTE_READWRITE, 7 EXECUTE_WRITECOPY; and 8 NOCACHE, 16 GUARD, 24 WRITECOMBINE
 * @ShareCount: processes that have it mapped, 7 at most; 0 if not @Shared
 * @Shared: with whoever maps the same file
 * @Node: the low bits of its NUMA node
 * @VirtualPage: its address by 4096
 */
typedef struct _MEMORY_WORKING_SET_BLOCK {
	ULONG_PTR Protection : 5;
	ULONG_PTR ShareCount : 3;
	ULONG_PTR Shared : 1;
	ULONG_PTR Node : 3;
	ULONG_PTR VirtualPage : 52;
} MEMORY_WORKING_SET_BLOCK, *PMEMORY_WORKING_SET_BLOCK;

/**
 * MEMORY_WORKING_SET_INFORMATION - all pages of the working set
 * @NumberOfEntries: how many there are; more than there is room for when the
 *	call fails with STATUS_INFO_LENGTH_MISMATCH
 * @WorkingSetInfo: one each, by address
 */
typedef struct _MEMORY_WORKING_SET_INFORMATION {
	ULONG_PTR NumberOfEntries;
	MEMORY_WORKING_SET_BLOCK WorkingSetInfo[1];
} MEMORY_WORKING_SET_INFORMATION, *PMEMORY_WORKING_SET_INFORMATION;

/* Where a page is that is not in the working set; 3 has no meaning yet. */
typedef enum _MEMORY_WORKING_SET_EX_LOCATION {
	MemoryLocationInvalid,
	MemoryLocationResident, /* in memory: a soft fault away */
	MemoryLocationPagefile,
	MemoryLocationReserved,
} MEMORY_WORKING_SET_EX_LOCATION;

/**
 * MEMORY_WORKING_SET_EX_BLOCK - what is told of a page (SPEC 8.3)
 * @Valid: it is in the working set; else @Invalid holds
 * @ShareCount: processes that have it mapped, 7 at most; 0 if not @Shared
 * @Win32Protection: PAGE_*
 * @Shared: with whoever maps the same file
 * @Node: NUMA node
 * @Locked: by VirtualLock
 * @LargePage, @Priority: 0
 * @SharedOriginal: of a file, also where it is the process's own copy
 * @Bad: its memory is broken
 * @Location: of the invalid form, MEMORY_WORKING_SET_EX_LOCATION; of a file's
 *	page MemoryLocationInvalid, unless it is a copy in swap
 */
typedef struct _MEMORY_WORKING_SET_EX_BLOCK {
	__extension__ union {
		__extension__ struct {
			ULONG_PTR Valid : 1;
			ULONG_PTR ShareCount : 3;
			ULONG_PTR Win32Protection : 11;
			ULONG_PTR Shared : 1;
			ULONG_PTR Node : 6;
			ULONG_PTR Locked : 1;
			ULONG_PTR LargePage : 1;
			ULONG_PTR Priority : 3;
			ULONG_PTR Reserved : 3;
			ULONG_PTR SharedOriginal : 1;
			ULONG_PTR Bad : 1;
			ULONG_PTR Win32GraphicsProtection : 4;
			ULONG_PTR ReservedUlong : 28;
		};
		struct {
			ULONG_PTR Valid : 1;
			ULONG_PTR Reserved0 : 14;
			ULONG_PTR Shared : 1;
			ULONG_PTR Reserved1 : 5;
			ULONG_PTR PageTable : 1;
			ULONG_PTR Location : 2;
			ULONG_PTR Priority : 3;
			ULONG_PTR ModifiedList : 1;
			ULONG_PTR Reserved2 : 2;
			ULONG_PTR SharedOriginal : 1;
			ULONG_PTR Bad : 1;
			ULONG_PTR ReservedUlong : 32;
		} Invalid;
	};
} MEMORY_WORKING_SET_EX_BLOCK, *PMEMORY_WORKING_SET_EX_BLOCK;

/**
 * MEMORY_WORKING_SET_EX_INFORMATION - a question about a page, and the answer
 * @VirtualAddress: any address in it
 */
typedef struct _MEMORY_WORKING_SET_EX_INFORMATION {
	PVOID VirtualAddress;
	__extension__ union {
		MEMORY_WORKING_SET_EX_BLOCK VirtualAttributes;
		ULONG_PTR Long;
	} u1;
} MEMORY_WORKING_SET_EX_INFORMATION, *PMEMORY_WORKING_SET_EX_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(MEMORY_WORKING_SET_BLOCK) == 8, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(MEMORY_WORKING_SET_EX_BLOCK) == 8, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(MEMORY_WORKING_SET_EX_INFORMATION) == 16, "Windows x64 layout");

/*
 * Reserves, commits or resets (SPEC 3). ZeroBits: number of high zero bits,
 * or a mask (SPEC VA-28). *RegionSize is in bytes. The low 6 bits of
 * AllocationType are a NUMA node plus one, 0 for none (SPEC NU-1).
 */
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
						ULONG_PTR ZeroBits, PSIZE_T RegionSize,
						ULONG AllocationType, ULONG Protect);

/*
 * The same with extended parameters, and placeholders (SPEC 4): see
 * VirtualAlloc2. ProcessHandle may not be NULL (SPEC VX-1).
 */
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE ProcessHandle, PVOID *BaseAddress,
						  PSIZE_T RegionSize, ULONG AllocationType,
						  ULONG PageProtection,
						  MEM_EXTENDED_PARAMETER *ExtendedParameters,
						  ULONG ExtendedParameterCount);

/*
 * Decommits or releases; MEM_RELEASE may free a part (SPEC VF-25), and goes
 * with MEM_PRESERVE_PLACEHOLDER or MEM_COALESCE_PLACEHOLDERS (SPEC PH-7 to PH-13).
 */
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					    PSIZE_T RegionSize, ULONG FreeType);

/* *OldProtect is what the first page had (SPEC VP-8). */
NTSYSAPI NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					       PSIZE_T RegionSize, ULONG NewProtect,
					       PULONG OldProtect);

/*
 * Right: PROCESS_QUERY_INFORMATION. ReturnLength may be NULL; on success it
 * gets the bytes written. Less room than the structure has gives
 * STATUS_INFO_LENGTH_MISMATCH (24), an address above the user range
 * STATUS_INVALID_PARAMETER (87). By class:
 *
 *   MemoryBasicInformation: as VirtualQuery (SPEC NQ-1).
 *   MemoryBasicInformationCapped: the same, but a run is told for 2 MB at
 *	most (SPEC NQ-11).
 *   MemoryMappedFilenameInformation: a UNICODE_STRING and behind it the path
 *	of the mapped file, as Linux has it; bytes of it that are no UTF-8
 *	become U+FFFD (SPEC NQ-3). STATUS_INVALID_ADDRESS (59): no file is
 *	mapped there. STATUS_FILE_INVALID (1006): the file has no path: shared
 *	memory, deleted, or outside the caller's root. STATUS_NAME_TOO_LONG
 *	(206): the path has 4096 bytes or more. STATUS_INFO_LENGTH_MISMATCH,
 *	STATUS_BUFFER_OVERFLOW (234): no room for the structure, or for the
 *	path; ReturnLength gets the bytes needed, and nothing else is written.
 *   MemoryRegionInformation, MemoryRegionInformationEx: the whole allocation;
 *	room through RegionSize suffices, and the fields that fit are
 *	written (SPEC NQ-4, NQ-5). RegionType is 0 in the former (SPEC NQ-6,
 *	DG-19). STATUS_INVALID_ADDRESS: nothing is there.
 *   MemorySharedCommitInformation: of the process, whatever is at the address.
 *   MemoryImageInformation: zeros where no image is; STATUS_INVALID_ADDRESS
 *	where nothing is (SPEC NQ-9).
 *   MemoryWorkingSetInformation: all pages of the process's working set,
 *	whatever the address. STATUS_INFO_LENGTH_MISMATCH (24): there are more
 *	than there is room for; NumberOfEntries tells how many, unless there is
 *	no room even for that (SPEC NQ-2).
 *   MemoryWorkingSetExInformation: fills an array of questions in, whatever
 *	the address. STATUS_INFO_LENGTH_MISMATCH (24): no room for one; what
 *	is left over behind the last is ignored (SPEC WS-16).
 *   any other: STATUS_INVALID_INFO_CLASS (87, SPEC NQ-12).
 */
NTSYSAPI NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
					     MEMORY_INFORMATION_CLASS MemoryInformationClass,
					     PVOID MemoryInformation,
					     SIZE_T MemoryInformationLength, PSIZE_T ReturnLength);

/* MapType: MAP_PROCESS; MAP_SYSTEM needs a privilege nobody has (SPEC VL-3). */
NTSYSAPI NTSTATUS NTAPI NtLockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					    PSIZE_T RegionSize, ULONG MapType);
NTSYSAPI NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					      PSIZE_T RegionSize, ULONG MapType);

/*
 * Copy between this process and another, or itself; sizes in bytes. The count,
 * which may be NULL, tells the bytes copied also when the call fails (SPEC RW-1
 * to RW-5). Rights: PROCESS_VM_READ; PROCESS_VM_WRITE. Protections hold:
 * STATUS_PARTIAL_COPY where one does not let the call go on, and where the
 * buffer ends; STATUS_ACCESS_VIOLATION when the range leaves the user addresses
 * or the count cannot be written.
 */
NTSYSAPI NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer,
					    SIZE_T BufferSize, PSIZE_T NumberOfBytesRead);
NTSYSAPI NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer,
					     SIZE_T BufferSize, PSIZE_T NumberOfBytesWritten);

/* What NtSetInformationVirtualMemory can be told; it serves the first. */
typedef enum _VIRTUAL_MEMORY_INFORMATION_CLASS {
	VmPrefetchInformation = 0, /* ULONG, 0 */
	VmPagePriorityInformation = 1,
	VmCfgCallTargetInformation = 2,
	VmPageDirtyStateInformation = 3,
	VmImageHotPatchInformation = 4,
	VmPhysicalContiguityInformation = 5,
	VmVirtualMachinePrepopulateInformation = 6,
	VmRemoveFromWorkingSetInformation = 7,
} VIRTUAL_MEMORY_INFORMATION_CLASS;

/* A range of addresses, as WIN32_MEMORY_RANGE_ENTRY. */
typedef struct _MEMORY_RANGE_ENTRY {
	PVOID VirtualAddress;
	SIZE_T NumberOfBytes;
} MEMORY_RANGE_ENTRY, *PMEMORY_RANGE_ENTRY;

WINVM_STATIC_ASSERT(sizeof(MEMORY_RANGE_ENTRY) == 16, "Windows x64 layout");

/*
 * Brings memory in that is wanted soon: see PrefetchVirtualMemory. Checked in
 * this order (SPEC PF-5): STATUS_INVALID_PARAMETER_2 another class, _5 no
 * VmInformation, _6 VmInformationLength not 4, _3 NumberOfEntries 0; then
 * STATUS_ACCESS_VIOLATION VirtualAddresses cannot be read, the handle, _5
 * *VmInformation not 0, _4 an entry of 0 bytes or past the user range. Sizes
 * are in bytes and rounded out to pages. Right: PROCESS_VM_OPERATION.
 */
NTSYSAPI NTSTATUS NTAPI NtSetInformationVirtualMemory(
	HANDLE ProcessHandle, VIRTUAL_MEMORY_INFORMATION_CLASS VmInformationClass,
	ULONG_PTR NumberOfEntries, PMEMORY_RANGE_ENTRY VirtualAddresses, PVOID VmInformation,
	ULONG VmInformationLength);

/*
 * The pages of a MEM_WRITE_WATCH allocation that were written, by whomever, as
 * GetWriteWatch tells them (SPEC 10); RegionSize is in bytes, and every page
 * with a byte of the range counts. *EntriesInUserAddressArray is the room in
 * UserAddressArray, then the number of addresses written to it; *Granularity
 * becomes 4096. Flags: 0, or WRITE_WATCH_FLAG_RESET, which takes away the marks
 * that are told (SPEC WW-6, WW-7). Right: PROCESS_VM_OPERATION. Errors, the
 * first that fits (SPEC WW-20; all but the last are 87 to Win32):
 *   STATUS_INVALID_PARAMETER: other flags.
 *   STATUS_INVALID_PARAMETER_2, _3: the range is none of user space, or empty.
 *   STATUS_INVALID_PARAMETER_5: no room, or more than there can be.
 *   STATUS_INVALID_PARAMETER_1: the range does not lie in one allocation whose
 *	writes are watched (SPEC WW-2).
 *   STATUS_ACCESS_VIOLATION: a pointer cannot be written to (SPEC WW-4).
 */
NTSYSAPI NTSTATUS NTAPI NtGetWriteWatch(HANDLE ProcessHandle, ULONG Flags, PVOID BaseAddress,
					SIZE_T RegionSize, PVOID *UserAddressArray,
					PULONG_PTR EntriesInUserAddressArray, PULONG Granularity);
NTSYSAPI NTSTATUS NTAPI NtResetWriteWatch(HANDLE ProcessHandle, PVOID BaseAddress,
					  SIZE_T RegionSize);

/* CloseHandle(), with a status: STATUS_INVALID_HANDLE. */
NTSYSAPI NTSTATUS NTAPI NtClose(HANDLE Handle);

/**
 * TEB - what a thread knows of its stack (SPEC ST-1)
 * @Tib: as on Windows
 * @DeallocationStack: the lowest byte of the stack
 * @GuaranteedStackBytes: what an overflow leaves to its handler (SPEC ST-11)
 *
 * Behind @Tib the layout is not that of Windows.
 */
typedef struct _TEB {
	NT_TIB Tib;
	PVOID DeallocationStack;
	ULONG GuaranteedStackBytes;
} TEB, *PTEB;

/*
 * The calling thread's. The module reads it when the thread touches a guard
 * page: between DeallocationStack and StackBase that makes the stack grow
 * (SPEC ST-3), also where the program has changed these (SPEC ST-8, ST-9). A
 * thread that runs on a stack of Linux' own is told that. Not for signal
 * handlers, unless the thread has called it before.
 */
NTSYSAPI TEB *NTAPI NtCurrentTeb(VOID);

/**
 * INITIAL_TEB - a stack that RtlCreateUserStack made
 * @OldStackBase, @OldStackLimit: NULL
 * @StackBase, @StackLimit, @DeallocationStack: for the TEB of its thread
 */
typedef struct _INITIAL_TEB {
	PVOID OldStackBase;
	PVOID OldStackLimit;
	PVOID StackBase;
	PVOID StackLimit;
	PVOID DeallocationStack;
} INITIAL_TEB, *PINITIAL_TEB;

/*
 * Reserves a stack and commits its top, with a guard run of 3 pages below. The
 * lowest page stays reserved. Sizes in bytes; 0: 4 KB committed, 1 MB reserved,
 * as Microsoft's linker has it. Both are rounded up to their alignment, a
 * power of two, and to pages; where not less is committed than reserved, the
 * reservation becomes whole megabytes first (SPEC ST-13). ZeroBits as in
 * NtAllocateVirtualMemory. STATUS_INVALID_PARAMETER: an alignment is 0 or no
 * power of two, or a size is too large to round; and what
 * NtAllocateVirtualMemory gives.
 */
NTSYSAPI NTSTATUS NTAPI RtlCreateUserStack(SIZE_T CommittedStackSize, SIZE_T MaximumStackSize,
					   ULONG_PTR ZeroBits, SIZE_T CommitAlignment,
					   SIZE_T ReserveAlignment, INITIAL_TEB *InitialTeb);

/* Releases it, by its DeallocationStack. No thread may run on it. */
NTSYSAPI VOID NTAPI RtlFreeUserStack(PVOID AllocationBase);

/*
 * The Win32 error of a status (SPEC 0.1), ERROR_MR_MID_NOT_FOUND if it has
 * none. The status becomes the thread's last status.
 */
NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status);

/*
 * The status behind the last failure of a Win32 call of this thread, or the
 * last one RtlNtStatusToDosError got. Checks that Win32 makes without NT,
 * such as VirtualFree's of dwSize (SPEC VF-1), leave it alone.
 */
NTSYSAPI NTSTATUS NTAPI RtlGetLastNtStatus(VOID);

/**
 * OBJECT_ATTRIBUTES - how an object is named
 * @Length: sizeof(OBJECT_ATTRIBUTES)
 * @RootDirectory: NULL; there are no handles on directories
 * @ObjectName: its name, or NULL. \BaseNamedObjects\NAME and
 *	\Sessions\N\BaseNamedObjects\NAME are what is NAME to Win32
 * @Attributes: OBJ_*; OBJ_OPENIF: an object that has the name already will do
 *	(STATUS_OBJECT_NAME_EXISTS), else STATUS_OBJECT_NAME_COLLISION;
 *	OBJ_CASE_INSENSITIVE changes nothing: case counts (SPEC SE-11); nor does
 *	OBJ_INHERIT; OBJ_PERMANENT needs a privilege that nobody has
 * @SecurityDescriptor, @SecurityQualityOfService: not looked at
 */
typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

WINVM_STATIC_ASSERT(sizeof(OBJECT_ATTRIBUTES) == 48, "Windows x64 layout");

#define OBJ_INHERIT	       0x00000002
#define OBJ_PERMANENT	       0x00000010
#define OBJ_EXCLUSIVE	       0x00000020
#define OBJ_CASE_INSENSITIVE   0x00000040
#define OBJ_OPENIF	       0x00000080
#define OBJ_OPENLINK	       0x00000100
#define OBJ_KERNEL_HANDLE      0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400

#define InitializeObjectAttributes(p, n, a, r, s)          \
	do {                                               \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES);   \
		(p)->RootDirectory = (r);                  \
		(p)->ObjectName = (n);                     \
		(p)->Attributes = (a);                     \
		(p)->SecurityDescriptor = (s);             \
		(p)->SecurityQualityOfService = (void *)0; \
	} while (0)

/* ViewShare: a child of fork(2) has the view, too; ViewUnmap: it has not (SPEC SE-36). */
typedef enum _SECTION_INHERIT {
	ViewShare = 1,
	ViewUnmap = 2,
} SECTION_INHERIT;

typedef enum _SECTION_INFORMATION_CLASS {
	SectionBasicInformation = 0, /* SECTION_BASIC_INFORMATION */
	SectionImageInformation = 1, /* SECTION_IMAGE_INFORMATION */
} SECTION_INFORMATION_CLASS;

/**
 * SECTION_BASIC_INFORMATION - SPEC SE-4
 * @BaseAddress: of a SEC_BASED section, its address in every process (SPEC SE-37); else NULL
 * @AllocationAttributes: SEC_*
 * @MaximumSize: size in bytes
 */
typedef struct _SECTION_BASIC_INFORMATION {
	PVOID BaseAddress;
	ULONG AllocationAttributes;
	LARGE_INTEGER MaximumSize;
} SECTION_BASIC_INFORMATION, *PSECTION_BASIC_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(SECTION_BASIC_INFORMATION) == 24, "Windows x64 layout");

/**
 * SECTION_IMAGE_INFORMATION - what the headers of an image's file say (SPEC SE-38)
 * @TransferAddress: where it begins to run, if it is where it was made for
 * @ZeroBits: 0
 * @MaximumStackSize: bytes that its first thread's stack reserves
 * @CommittedStackSize: bytes of it that are committed
 * @SubSystemType: IMAGE_SUBSYSTEM_*
 * @SubSystemVersion: major << 16 | minor
 * @OperatingSystemVersion: 0
 * @ImageCharacteristics: IMAGE_FILE_*
 * @DllCharacteristics: IMAGE_DLLCHARACTERISTICS_*
 * @Machine: IMAGE_FILE_MACHINE_*
 * @ImageContainsCode: one of its sections is executable
 * @ImageFlags: 0
 * @LoaderFlags: as the file has it
 * @ImageFileSize: bytes of the file
 * @CheckSum: as the file has it
 */
typedef struct _SECTION_IMAGE_INFORMATION {
	PVOID TransferAddress;
	ULONG ZeroBits;
	SIZE_T MaximumStackSize;
	SIZE_T CommittedStackSize;
	ULONG SubSystemType;
	ULONG SubSystemVersion;
	ULONG OperatingSystemVersion;
	USHORT ImageCharacteristics;
	USHORT DllCharacteristics;
	USHORT Machine;
	BOOLEAN ImageContainsCode;
	UCHAR ImageFlags;
	ULONG LoaderFlags;
	ULONG ImageFileSize;
	ULONG CheckSum;
} SECTION_IMAGE_INFORMATION, *PSECTION_IMAGE_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(SECTION_IMAGE_INFORMATION) == 64, "Windows x64 layout");

/*
 * CreateFileMapping with the rights that the handle is to have, and a size that
 * may be NULL for 0 (SPEC SE-2 to SE-11). FileHandle: NULL for the page file.
 * ObjectAttributes may be NULL.
 */
NTSYSAPI NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
					POBJECT_ATTRIBUTES ObjectAttributes,
					PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection,
					ULONG AllocationAttributes, HANDLE FileHandle);

/* The same with extended parameters, as CreateFileMapping2 takes them. */
NTSYSAPI NTSTATUS NTAPI NtCreateSectionEx(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
					  POBJECT_ATTRIBUTES ObjectAttributes,
					  PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection,
					  ULONG AllocationAttributes, HANDLE FileHandle,
					  MEM_EXTENDED_PARAMETER *ExtendedParameters,
					  ULONG ExtendedParameterCount);

/*
 * OpenFileMapping. STATUS_OBJECT_NAME_NOT_FOUND: no section has the name (SPEC
 * SE-12); STATUS_OBJECT_PATH_SYNTAX_BAD: there is none, or it does not begin with
 * a backslash; STATUS_OBJECT_PATH_NOT_FOUND: another directory.
 */
NTSYSAPI NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
				      POBJECT_ATTRIBUTES ObjectAttributes);

/* DuplicateHandle, with HandleAttributes, which are not looked at. */
NTSYSAPI NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
					  HANDLE TargetProcessHandle, PHANDLE TargetHandle,
					  ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
					  ULONG Options);

/*
 * Maps a view (SPEC SE-14 to SE-20, SE-36). *ViewSize is in bytes, 0 to the
 * end; the whole pages are written back. SectionOffset may be NULL for 0.
 */
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle,
					   PVOID *BaseAddress, ULONG_PTR ZeroBits,
					   SIZE_T CommitSize, PLARGE_INTEGER SectionOffset,
					   PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition,
					   ULONG AllocationType, ULONG Win32Protect);

/*
 * Makes a section of a file larger, in bytes, and the file with it, if it is
 * smaller (SPEC SE-39); views keep their size. *NewSectionSize gets the size that
 * the section has then: no less than before. Right: SECTION_EXTEND_SIZE.
 * STATUS_SECTION_NOT_EXTENDED: of no file, or not for writing; STATUS_DISK_FULL.
 */
NTSYSAPI NTSTATUS NTAPI NtExtendSection(HANDLE SectionHandle, PLARGE_INTEGER NewSectionSize);

/* How an operation on a file ended: only Information is filled, with a count of bytes. */
typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

/*
 * FlushViewOfFile in any process (SPEC SE-33). *RegionSize is in bytes, 0 to the
 * end of the view; the whole pages are written back. Right: PROCESS_VM_OPERATION.
 * STATUS_NOT_MAPPED_DATA: not in one view.
 */
NTSYSAPI NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					     PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatus);

/* MapViewOfFile3 with in-out parameters (SPEC PH-17, PH-22, SE-24). */
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE SectionHandle, HANDLE ProcessHandle,
					     PVOID *BaseAddress, PLARGE_INTEGER SectionOffset,
					     PSIZE_T ViewSize, ULONG AllocationType,
					     ULONG PageProtection,
					     MEM_EXTENDED_PARAMETER *ExtendedParameters,
					     ULONG ExtendedParameterCount);

/* Unmap the view that holds an address (SPEC PH-18, SE-28, SE-40). */
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress);
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress,
					       ULONG Flags);

/*
 * Size and attributes of a section (SPEC SE-38); *ReturnLength, which may be
 * NULL, gets the bytes written. Right: SECTION_QUERY. STATUS_SECTION_NOT_IMAGE:
 * the class is for images.
 */
NTSYSAPI NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle,
				       SECTION_INFORMATION_CLASS SectionInformationClass,
				       PVOID SectionInformation, SIZE_T SectionInformationLength,
				       PSIZE_T ReturnLength);

/* Classes of NtQueryInformationProcess. */
typedef enum _PROCESSINFOCLASS {
	ProcessVmCounters = 3, /* VM_COUNTERS, VM_COUNTERS_EX, or VM_COUNTERS_EX2 */
} PROCESSINFOCLASS;

/**
 * VM_COUNTERS - memory of a process, in bytes; see PROCESS_MEMORY_COUNTERS of psapi.h
 * @PeakVirtualSize: the most of @VirtualSize
 * @VirtualSize: reserved, and views
 */
typedef struct _VM_COUNTERS {
	SIZE_T PeakVirtualSize;
	SIZE_T VirtualSize;
	ULONG PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
} VM_COUNTERS, *PVM_COUNTERS;

typedef struct _VM_COUNTERS_EX {
	SIZE_T PeakVirtualSize;
	SIZE_T VirtualSize;
	ULONG PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
	SIZE_T PrivateUsage;
} VM_COUNTERS_EX, *PVM_COUNTERS_EX;

typedef struct _VM_COUNTERS_EX2 {
	VM_COUNTERS_EX CountersEx;
	SIZE_T PrivateWorkingSetSize;
	SIZE_T SharedCommitUsage;
} VM_COUNTERS_EX2, *PVM_COUNTERS_EX2;

WINVM_STATIC_ASSERT(sizeof(VM_COUNTERS) == 88, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(VM_COUNTERS_EX) == 96, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(VM_COUNTERS_EX2) == 112, "Windows x64 layout");

/*
 * What is known of a process: its memory, in one of three structures; which, the
 * length tells (SPEC CC-9). *ReturnLength, which may be NULL, gets the bytes
 * written. Right: PROCESS_QUERY_INFORMATION. STATUS_INVALID_INFO_CLASS: another
 * class; STATUS_INFO_LENGTH_MISMATCH: another length.
 */
NTSYSAPI NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle,
						  PROCESSINFOCLASS ProcessInformationClass,
						  PVOID ProcessInformation,
						  ULONG ProcessInformationLength,
						  PULONG ReturnLength);

WINVM_END_DECLS

#endif /* WINVM_WINTERNL_H */
