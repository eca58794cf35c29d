// SPDX-License-Identifier: MIT
/* Sections: memory that views show (SPEC 11). */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <winvm.h>

#include "internal.h"

#define WINVM_SECTION_RIGHTS                                                          \
	(SECTION_QUERY | SECTION_MAP_WRITE | SECTION_MAP_READ | SECTION_MAP_EXECUTE | \
	 SECTION_EXTEND_SIZE)

/* The bits of CreateFileMapping's flProtect that are no PAGE_*. */
#define WINVM_SECTION_ATTRIBUTES 0xffe00000u

/* Written out, and without what is not about sections. */
static ACCESS_MASK winvm_section_access(ACCESS_MASK asked)
{
	ACCESS_MASK access = asked & WINVM_SECTION_RIGHTS;

	if (asked & (GENERIC_ALL | MAXIMUM_ALLOWED))
		access |= WINVM_SECTION_RIGHTS;
	if (asked & GENERIC_READ)
		access |= SECTION_QUERY | SECTION_MAP_READ;
	if (asked & GENERIC_WRITE)
		access |= SECTION_MAP_WRITE;
	if (asked & (GENERIC_EXECUTE | SECTION_MAP_EXECUTE_EXPLICIT))
		access |= SECTION_MAP_EXECUTE;
	return access;
}

/* The handle takes the descriptor over. */
static NTSTATUS winvm_section_handle(int fd, HANDLE *handle)
{
	const union winvm_object object = { .section = { .fd = fd } };

	*handle = winvm_handle_create(WINVM_HANDLE_SECTION, &object);
	if (*handle)
		return STATUS_SUCCESS;
	close(fd);
	return STATUS_INSUFFICIENT_RESOURCES;
}

void winvm_section_close(const struct winvm_section *section)
{
	close(section->fd);
}

NTSTATUS winvm_section_get(HANDLE handle, struct winvm_section *section)
{
	union winvm_object object;
	NTSTATUS status = winvm_handle_get(handle, WINVM_HANDLE_SECTION, &object);

	if (!status)
		*section = object.section;
	return status;
}

/* Another handle on what a descriptor stands for, with its rights. */
NTSTATUS winvm_section_wrap(int fd, HANDLE *handle)
{
	int saved = errno, own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	NTSTATUS status = own < 0 ? winvm_status_of_errno(errno) : STATUS_SUCCESS;

	if (!status)
		status = winvm_section_handle(own, handle);
	errno = saved;
	return status;
}

/* SPEC SE-8: rights of a file's handle that a section with this protection needs. */
static ACCESS_MASK winvm_section_needs(DWORD protect)
{
	ACCESS_MASK needs = FILE_READ_DATA;

	if (protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
		needs |= FILE_WRITE_DATA;
	if (protect & (PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY))
		needs |= FILE_EXECUTE;
	return needs;
}

/*
 * Of a handle that lacks a right the module sees no descriptor, and tells what
 * else is wrong; what is left is the right.
 */
static NTSTATUS winvm_section_call(struct winvm_create_section *request, ACCESS_MASK has)
{
	bool denied = winvm_section_needs(request->protect) & ~has;
	NTSTATUS status;

	if (denied)
		request->file_fd = INT_MAX;
	status = winvm_device_call(WINVM_IOC_CREATE_SECTION, request);
	return denied && status == STATUS_INVALID_HANDLE ? STATUS_ACCESS_DENIED : status;
}

static NTSTATUS winvm_section_open(struct winvm_open_section *request, HANDLE *handle)
{
	int saved = errno;
	NTSTATUS status;

	request->size = sizeof(*request);
	request->access = winvm_section_access(request->access);
	status = winvm_device_call(WINVM_IOC_OPEN_SECTION, request);
	if (!status)
		status = winvm_section_handle(request->section_fd, handle);
	errno = saved;
	return status;
}

/* The same with other rights, which the descriptor must have. */
NTSTATUS winvm_section_again(int fd, ACCESS_MASK access, HANDLE *handle)
{
	struct winvm_open_section request = { .from_fd = fd, .access = access };

	return winvm_section_open(&request, handle);
}

static NTSTATUS winvm_section_find(const struct winvm_name *name, ACCESS_MASK access,
				   HANDLE *handle)
{
	struct winvm_open_section request = {
		.name = winvm_address(name->text),
		.name_bytes = name->bytes,
		.access = access,
		.from_fd = WINVM_NO_FILE,
	};

	return name->bytes ? winvm_section_open(&request, handle) : STATUS_OBJECT_PATH_SYNTAX_BAD;
}

/* Gives STATUS_SUCCESS or STATUS_OBJECT_NAME_EXISTS, or why there is no handle. */
static NTSTATUS winvm_section_create(struct winvm_create_section *request, HANDLE file,
				     const struct winvm_name *name, HANDLE *handle)
{
	struct winvm_file behind = { .access = FILE_ALL_ACCESS };
	int saved = errno;
	NTSTATUS status, bad;

	request->size = sizeof(*request);
	request->access = winvm_section_access(request->access);
	request->file_fd = WINVM_NO_FILE;
	request->name = name->bytes ? winvm_address(name->text) : 0;
	request->name_bytes = name->bytes;
	if (file) {
		status = winvm_file_get(file, 0, &behind);
		if (status)
			return status;
		request->file_fd = behind.fd;
	}
	status = winvm_section_call(request, behind.access);
	if (NT_SUCCESS(status)) {
		bad = winvm_section_handle(request->section_fd, handle);
		status = bad ? bad : status;
	}
	errno = saved;
	return status;
}

NTSTATUS NTAPI NtCreateSectionEx(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
				 POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
				 ULONG SectionPageProtection, ULONG AllocationAttributes,
				 HANDLE FileHandle, MEM_EXTENDED_PARAMETER *ExtendedParameters,
				 ULONG ExtendedParameterCount)
{
	struct winvm_extended extended;
	struct winvm_create_section request = {
		.protect = SectionPageProtection,
		.attributes = AllocationAttributes,
		.access = DesiredAccess,
	};
	uint64_t bytes = 0, ignored;
	struct winvm_name name;
	ULONG flags;
	HANDLE handle;
	NTSTATUS status = winvm_extended_read_section(ExtendedParameters, ExtendedParameterCount,
						      &extended);

	if (!status)
		status = winvm_user_get64(SectionHandle, &ignored);
	if (!status && MaximumSize)
		status = winvm_user_peek64(MaximumSize, &bytes);
	if (!status)
		status = winvm_name_object(ObjectAttributes, &name, &flags);
	if (status)
		return status;
	request.bytes = bytes;
	request.node = extended.node;
	if (name.bytes && flags & OBJ_OPENIF)
		request.flags = WINVM_SECTION_EXISTING;
	status = winvm_section_create(&request, FileHandle, &name, &handle);
	if (NT_SUCCESS(status))
		winvm_user_put64(SectionHandle, winvm_address(handle));
	return status;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
			       POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
			       ULONG SectionPageProtection, ULONG AllocationAttributes,
			       HANDLE FileHandle)
{
	return NtCreateSectionEx(SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize,
				 SectionPageProtection, AllocationAttributes, FileHandle, NULL, 0);
}

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
			     POBJECT_ATTRIBUTES ObjectAttributes)
{
	struct winvm_name name;
	uint64_t ignored;
	ULONG flags;
	HANDLE handle;
	NTSTATUS status = winvm_user_get64(SectionHandle, &ignored);

	if (!status)
		status = winvm_name_object(ObjectAttributes, &name, &flags);
	if (!status)
		status = winvm_section_find(&name, DesiredAccess, &handle);
	if (!status)
		winvm_user_put64(SectionHandle, winvm_address(handle));
	return status;
}

/* What the protection lets a view be (SPEC SE-14). */
static ACCESS_MASK winvm_mapping_access(DWORD protect)
{
	ACCESS_MASK access = SECTION_QUERY | SECTION_MAP_READ;

	if (protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
		access |= SECTION_MAP_WRITE;
	if (protect & (PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY))
		access |= SECTION_MAP_EXECUTE;
	return access;
}

/* What flProtect, with its SEC_* bits, asks for. */
struct winvm_create_section winvm_mapping_request(DWORD protect, uint64_t bytes, DWORD node)
{
	return (struct winvm_create_section){
		.bytes = bytes,
		.protect = protect & ~WINVM_SECTION_ATTRIBUTES,
		.attributes = protect & WINVM_SECTION_ATTRIBUTES,
		.access = winvm_mapping_access(protect),
		.node = winvm_numa_field(node),
	};
}

/*
 * winvm_mapping_create() - SPEC SE-1, SE-11, G-2: it sets the last error also when it succeeds
 * @bad: what is wrong with the name
 */
HANDLE winvm_mapping_create(struct winvm_create_section *request, HANDLE file,
			    const struct winvm_name *name, NTSTATUS bad)
{
	NTSTATUS status = bad;
	HANDLE handle;

	if (!request->attributes)
		request->attributes = SEC_COMMIT;
	request->flags = name->bytes ? WINVM_SECTION_EXISTING : 0;
	if (!status)
		status = winvm_section_create(request, file == INVALID_HANDLE_VALUE ? NULL : file,
					      name, &handle);
	winvm_error_set(status);
	if (status == STATUS_OBJECT_NAME_EXISTS)
		SetLastError(ERROR_ALREADY_EXISTS);
	return NT_SUCCESS(status) ? handle : NULL;
}

HANDLE WINAPI CreateFileMappingNumaA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes,
				     DWORD flProtect, DWORD dwMaximumSizeHigh,
				     DWORD dwMaximumSizeLow, LPCSTR lpName, DWORD nndPreferred)
{
	struct winvm_create_section request = winvm_mapping_request(
		flProtect, (uint64_t)dwMaximumSizeHigh << 32 | dwMaximumSizeLow, nndPreferred);
	struct winvm_name name;
	NTSTATUS bad = winvm_name_win32(lpName, &name);

	(void)lpAttributes;
	return winvm_mapping_create(&request, hFile, &name, bad);
}

HANDLE WINAPI CreateFileMappingNumaW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes,
				     DWORD flProtect, DWORD dwMaximumSizeHigh,
				     DWORD dwMaximumSizeLow, LPCWSTR lpName, DWORD nndPreferred)
{
	struct winvm_create_section request = winvm_mapping_request(
		flProtect, (uint64_t)dwMaximumSizeHigh << 32 | dwMaximumSizeLow, nndPreferred);
	struct winvm_name name;
	NTSTATUS bad = winvm_name_wide(lpName, &name);

	(void)lpAttributes;
	return winvm_mapping_create(&request, hFile, &name, bad);
}

HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes, DWORD flProtect,
				 DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName)
{
	return CreateFileMappingNumaA(hFile, lpAttributes, flProtect, dwMaximumSizeHigh,
				      dwMaximumSizeLow, lpName, NUMA_NO_PREFERRED_NODE);
}

HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes, DWORD flProtect,
				 DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName)
{
	return CreateFileMappingNumaW(hFile, lpAttributes, flProtect, dwMaximumSizeHigh,
				      dwMaximumSizeLow, lpName, NUMA_NO_PREFERRED_NODE);
}

/* To copy on write a view is read (SPEC SE-14); 1 alone is SECTION_QUERY, too. */
static HANDLE winvm_mapping_open(DWORD access, const struct winvm_name *name, NTSTATUS bad)
{
	NTSTATUS status = bad;
	HANDLE handle;

	if (access & FILE_MAP_COPY)
		access |= SECTION_MAP_READ;
	if (!status)
		status = winvm_section_find(name, access, &handle);
	if (!status)
		return handle;
	winvm_error_set(status);
	return NULL;
}

HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
	struct winvm_name name;
	NTSTATUS bad = lpName ? winvm_name_win32(lpName, &name) : STATUS_INVALID_PARAMETER;

	(void)bInheritHandle;
	return winvm_mapping_open(dwDesiredAccess, &name, bad);
}

HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
	struct winvm_name name;
	NTSTATUS bad = lpName ? winvm_name_wide(lpName, &name) : STATUS_INVALID_PARAMETER;

	(void)bInheritHandle;
	return winvm_mapping_open(dwDesiredAccess, &name, bad);
}

/* What a class answers, in bytes; 0 if there is none such. */
static SIZE_T winvm_section_class_bytes(SECTION_INFORMATION_CLASS class)
{
	switch (class) {
	case SectionBasicInformation:
		return sizeof(SECTION_BASIC_INFORMATION);
	case SectionImageInformation:
		return sizeof(SECTION_IMAGE_INFORMATION);
	default:
		return 0;
	}
}

/* SPEC SE-39 */
NTSTATUS NTAPI NtExtendSection(HANDLE SectionHandle, PLARGE_INTEGER NewSectionSize)
{
	struct winvm_extend_section request = { .size = sizeof(request) };
	struct winvm_section section;
	uint64_t bytes;
	NTSTATUS status = winvm_user_get64(NewSectionSize, &bytes);

	if (!status)
		status = winvm_section_get(SectionHandle, &section);
	if (status)
		return status;
	request.section_fd = section.fd;
	request.bytes = bytes;
	status = winvm_device_call(WINVM_IOC_EXTEND_SECTION, &request);
	if (!status)
		winvm_user_put64(NewSectionSize, request.bytes);
	return status;
}

static NTSTATUS winvm_section_query(HANDLE handle, struct winvm_query_section *request)
{
	struct winvm_section section;
	NTSTATUS status = winvm_section_get(handle, &section);

	if (status)
		return status;
	request->size = sizeof(*request);
	request->section_fd = section.fd;
	return winvm_device_call(WINVM_IOC_QUERY_SECTION, request);
}

static SECTION_BASIC_INFORMATION winvm_section_basic(const struct winvm_query_section *request)
{
	return (SECTION_BASIC_INFORMATION){
		.BaseAddress = winvm_pointer(request->base),
		.AllocationAttributes = request->attributes,
		.MaximumSize.QuadPart = (LONGLONG)request->bytes,
	};
}

static SECTION_IMAGE_INFORMATION winvm_section_image(const struct winvm_query_section *request)
{
	return (SECTION_IMAGE_INFORMATION){
		.TransferAddress = winvm_pointer(request->image_base + request->entry),
		.MaximumStackSize = request->stack_reserve,
		.CommittedStackSize = request->stack_commit,
		.SubSystemType = request->subsystem,
		.SubSystemVersion = (ULONG)request->subsystem_major << 16 |
				    request->subsystem_minor,
		.ImageCharacteristics = request->characteristics,
		.DllCharacteristics = request->dll_characteristics,
		.Machine = request->machine,
		.ImageContainsCode = request->image_flags & WINVM_IMAGE_CODE,
		.LoaderFlags = request->loader_flags,
		.ImageFileSize = request->file_bytes,
		.CheckSum = request->checksum,
	};
}

/* SPEC SE-38 */
NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle,
			      SECTION_INFORMATION_CLASS SectionInformationClass,
			      PVOID SectionInformation, SIZE_T SectionInformationLength,
			      PSIZE_T ReturnLength)
{
	SIZE_T bytes = winvm_section_class_bytes(SectionInformationClass);
	struct winvm_query_section request = { 0 };
	SECTION_BASIC_INFORMATION basic;
	SECTION_IMAGE_INFORMATION image;
	NTSTATUS status;

	if (!bytes)
		return STATUS_INVALID_INFO_CLASS;
	if (SectionInformationLength < bytes)
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_section_query(SectionHandle, &request);
	if (status)
		return status;
	if (SectionInformationClass == SectionImageInformation && !(request.attributes & SEC_IMAGE))
		return STATUS_SECTION_NOT_IMAGE;
	basic = winvm_section_basic(&request);
	image = winvm_section_image(&request);
	status = winvm_user_copy(SectionInformation,
				 SectionInformationClass == SectionImageInformation ?
					 (const void *)&image :
					 (const void *)&basic,
				 bytes);
	if (!status && ReturnLength)
		status = winvm_user_put64(ReturnLength, bytes);
	return status;
}

HANDLE WINAPI winvm_open_section(int fd)
{
	struct winvm_query_section request = { .size = sizeof(request), .section_fd = fd };
	NTSTATUS status = winvm_device_call(WINVM_IOC_QUERY_SECTION, &request);
	HANDLE handle = NULL;

	/* It need not be allowed to ask, but has to be a section's. */
	if (!status || status == STATUS_ACCESS_DENIED)
		status = winvm_section_wrap(fd, &handle);
	if (status)
		winvm_error_set(status);
	return handle;
}

int WINAPI winvm_get_section_fd(HANDLE handle)
{
	struct winvm_section section;
	NTSTATUS status = winvm_section_get(handle, &section);

	if (!status)
		return section.fd;
	winvm_error_set(status);
	return -1;
}
