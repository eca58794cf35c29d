/* SPDX-License-Identifier: MIT */
/* What the library has beyond Win32. */
#ifndef WINVM_H
#define WINVM_H

#include <pthread.h>

#include <windef.h>

/* The version of this header. The Makefile reads it from here. */
#define WINVM_VERSION "1.0.0"

WINVM_BEGIN_DECLS

/* The version of the library the program runs with, in the same form. */
WINBASEAPI const char *winvm_version(void);

/* Layouts of the address space: which addresses an allocation can have (SPEC AS-1). */
#define WINVM_LAYOUT_64BIT 0 /* 0x10000 to 0x7ffffffeffff, what a process begins with */
#define WINVM_LAYOUT_2GB   1 /* 0x10000 to 0x7ffeffff, as of 32-bit Windows */

/*
 * Chooses the layout of this process, which must have no allocations yet. All
 * calls keep to it from then on. A program that is executed and a child made
 * by fork begin anew; the environment variable WINVM_LAYOUT (64bit, 2gb) is
 * obeyed when a process first uses the library. Errors: 87 no such layout,
 * 487 there are allocations, 50 the module is too old.
 */
WINBASEAPI BOOL WINAPI winvm_choose_layout(DWORD layout);

/*
 * VirtualQueryEx() for a walk: what is at address, and in the regions that
 * follow, up to count of them (at least 1), by one call of the system. Each
 * was so at some moment of the call; as with VirtualQueryEx(), what others do
 * meanwhile may show in one and not in the next. Gives how many were written,
 * fewer than count only at the end of the address space; 0 with an error as of
 * VirtualQueryEx(): 87 address is above the user range, or count is 0.
 */
struct _MEMORY_BASIC_INFORMATION; /* of windows.h */
WINBASEAPI DWORD WINAPI winvm_query_regions(HANDLE process, LPCVOID address,
					    struct _MEMORY_BASIC_INFORMATION *regions, DWORD count);

/*
 * How many page faults a process has had: those that needed nothing from a disk,
 * and those that did. GetProcessMemoryInfo() has their sum, of 32 bits. soft and
 * hard may be NULL. Rights and errors as of GetProcessMemoryInfo().
 */
WINBASEAPI BOOL WINAPI winvm_get_page_faults(HANDLE process, ULONG64 *soft, ULONG64 *hard);

/*
 * The VADs of a process with their places in the tree, in the order of addresses, from the
 * first on that does not end below address; struct winvm_vad_record is of linux/winvm.h. *count:
 * room for so many, at least 1; then how many were written, fewer if there are no more. Each was
 * so at some moment of the call; the tree may turn between two, unless the process is stopped.
 * Errors: 6 no process, 5 without the right to query it, 50 the module is too old, 87 no room.
 */
struct winvm_vad_record;
WINBASEAPI BOOL WINAPI winvm_query_vads(HANDLE process, LPCVOID address,
					struct winvm_vad_record *records, DWORD *count);

/*
 * The addresses of an array of struct winvm_translation of <linux/winvm.h>, each
 * through the page tables of the process: the entry on every level, where the
 * contents of its page are, and what VirtualQueryEx tells of it. levels becomes
 * how many levels the tables have, frames whether the caller is told where in
 * memory and in page files things are, which takes CAP_SYS_ADMIN.
 * Errors: 6 no process, 5 without the right to query it, 50 the module is too old.
 */
struct winvm_translation;
WINBASEAPI BOOL WINAPI winvm_translate_pages(HANDLE process, struct winvm_translation *pages,
					     SIZE_T count, DWORD *levels, BOOL *frames);

/*
 * A handle on the file that a Linux descriptor has open, for ReadFile and for
 * mapping, or INVALID_HANDLE_VALUE. It has a descriptor of its own: fd remains
 * the caller's, and both have one position. access: GENERIC_* and FILE_*
 * rights, or MAXIMUM_ALLOWED for all that fd has.
 * Errors: 6 no descriptor, 5 it was not opened for that, or is a directory,
 * 1450 no descriptors or handles.
 */
WINBASEAPI HANDLE WINAPI winvm_open_fd(int fd, DWORD access);

/*
 * The descriptor beneath a file handle. It remains the handle's and is closed
 * with it. -1 with error 6 if the handle is no file's.
 */
WINBASEAPI int WINAPI winvm_get_fd(HANDLE handle);

/*
 * The descriptor that poll(2) finds readable while the object is signalled: a
 * process has ended, memory is as a notification says. It remains the handle's
 * and is closed with it. -1 with error 6 if there is none for the handle, 5 if that
 * has no SYNCHRONIZE.
 */
WINBASEAPI int WINAPI winvm_get_wait_fd(HANDLE handle);

/*
 * A handle on the section that a Linux descriptor stands for, one that was
 * inherited, or passed through a socket; NULL if it stands for none. The handle
 * has a descriptor of its own with the same rights: fd remains the caller's.
 * Errors: 6 no section, 1450 no descriptors or handles.
 */
WINBASEAPI HANDLE WINAPI winvm_open_section(int fd);

/*
 * The descriptor beneath a section handle, to be passed on: whoever has it has
 * the handle's rights. It remains the handle's and is closed with it. -1 with
 * error 6 if the handle is no section's.
 */
WINBASEAPI int WINAPI winvm_get_section_fd(HANDLE handle);

/*
 * Relocates the image whose view begins at base: what the image was made for
 * another address for is put right, by copy on write, and ImageBase in its
 * headers with it; done once, it does nothing more (SPEC SE-32). Nobody else may
 * use the image meanwhile. TRUE, also if there is nothing to do.
 * Errors: 487 no image begins there; or it can be nowhere else: its relocations
 * were stripped, or it is a 32-bit one above 4 GB; 193 its headers or its
 * table of relocations make no sense, and nothing was changed; 1455 there is no
 * commit for the copies; 8, 1450 memory is short.
 */
WINBASEAPI BOOL WINAPI winvm_relocate_image(PVOID base);

/*
 * After a stack overflow: makes the lowest committed pages of the calling
 * thread's stack the guard run again, so that the next overflow is an
 * exception too (SPEC ST-10). Not 0 if there is a guard run now; 0 if the
 * thread still uses these pages, runs on a stack of Linux' own, or memory is
 * short. Microsoft's C runtime has it in <malloc.h>.
 */
WINBASEAPI int _resetstkoflw(void);

/* As pthread_create() has it. */
typedef void *winvm_pthread_routine(void *argument);

/*
 * A pthread on a stack of RtlCreateUserStack, which grows by itself (SPEC ST-3).
 * commit and reserve are in bytes and mean what they mean there; glibc keeps
 * its part of the thread at the top of the stack, so some 20 KB and the
 * program's thread-local variables are committed at least. The thread must be
 * joined with winvm_pthread_join(), which frees the stack; it must not be
 * detached. pthread_exit() and cancellation are fine. It must not fork(): the
 * child would have no stack; posix_spawn() is fine.
 * 0 or an errno: EINVAL a size cannot be, EAGAIN memory or threads are short,
 * ENOSYS no module.
 */
WINBASEAPI int winvm_pthread_create(pthread_t *thread, SIZE_T commit, SIZE_T reserve,
				    winvm_pthread_routine *start, void *argument);

/*
 * pthread_join(), and the thread's stack is freed. *value must not point into
 * it. Other threads are joined, and that is all.
 */
WINBASEAPI int winvm_pthread_join(pthread_t thread, void **value);

WINVM_END_DECLS

#endif /* WINVM_H */
