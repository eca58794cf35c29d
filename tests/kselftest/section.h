/* SPDX-License-Identifier: GPL-2.0 */
/* Sections of the page file, and views of them. */
#ifndef KSELFTEST_SECTION_H
#define KSELFTEST_SECTION_H

#include "vm.h"

#define ST_NOT_MAPPED_VIEW	    STATUS(0xc0000019)
#define ST_UNABLE_TO_DELETE_SECTION STATUS(0xc000001b)
#define ST_INVALID_VIEW_SIZE	    STATUS(0xc000001f)
#define ST_OBJECT_TYPE_MISMATCH	    STATUS(0xc0000024)
#define ST_SECTION_TOO_BIG	    STATUS(0xc0000040)
#define ST_SECTION_NOT_IMAGE	    STATUS(0xc0000049)
#define ST_SECTION_PROTECTION	    STATUS(0xc000004e)
#define ST_INSUFFICIENT_RESOURCES   STATUS(0xc000009a)
#define ST_INVALID_IMAGE_NOT_MZ	    STATUS(0xc000012f)
#define ST_MAPPED_ALIGNMENT	    STATUS(0xc0000220)

static inline HANDLE mapping(DWORD protection, SIZE_T bytes)
{
	return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protection, (DWORD)(bytes >> 32),
				  (DWORD)bytes, NULL);
}

/* NULL if there is none. */
static inline HANDLE nt_section(ACCESS_MASK access, ULONG protection, ULONG attributes,
				SIZE_T bytes)
{
	LARGE_INTEGER size = { .QuadPart = (LONGLONG)bytes };
	HANDLE handle = NULL;

	NtCreateSection(&handle, access, NULL, &size, protection, attributes, NULL);
	return handle;
}

static inline NTSTATUS nt_section_status(ACCESS_MASK access, ULONG protection, ULONG attributes,
					 SIZE_T bytes)
{
	LARGE_INTEGER size = { .QuadPart = (LONGLONG)bytes };
	HANDLE handle = NULL;
	NTSTATUS status =
		NtCreateSection(&handle, access, NULL, &size, protection, attributes, NULL);

	if (handle)
		NtClose(handle);
	return status;
}

/* All but the interesting arguments of NtMapViewOfSection right. */
struct nt_view {
	HANDLE section;
	HANDLE process;
	void *base;
	ULONG_PTR zero_bits;
	SIZE_T commit;
	LONGLONG offset;
	SIZE_T bytes;
	SECTION_INHERIT inherit;
	ULONG type;
	ULONG protection;
};

static inline struct nt_answer nt_map(struct nt_view view)
{
	struct nt_answer answer = { .base = view.base, .bytes = view.bytes };
	LARGE_INTEGER offset = { .QuadPart = view.offset };

	answer.status =
		NtMapViewOfSection(view.section, view.process ? view.process : NtCurrentProcess(),
				   &answer.base, view.zero_bits, view.commit, &offset,
				   &answer.bytes, view.inherit ? view.inherit : ViewShare,
				   view.type, view.protection ? view.protection : PAGE_READWRITE);
	return answer;
}

#define NT_MAP(...) nt_map((struct nt_view){ __VA_ARGS__ })

static inline char *view_of(HANDLE section, DWORD access)
{
	return MapViewOfFile(section, access, 0, 0, 0);
}

#endif
