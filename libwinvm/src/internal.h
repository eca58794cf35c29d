/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the library know of each other.
 *
 * A call is one ioctl, without locks and without memory of its own: Win32
 * forms fill a structure of <linux/winvm.h> on the stack, Nt forms read and
 * write the caller's variables through user.S.
 */
#ifndef WINVM_INTERNAL_H
#define WINVM_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <linux/winvm.h>

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <winvm-seh.h>

static inline uint64_t winvm_address(const volatile void *pointer)
{
	return (uint64_t)pointer;
}

static inline void *winvm_pointer(uint64_t address)
{
	return (void *)address;
}

/* Every structure of the ABI that has a status begins like this. */
struct winvm_request {
	__u32 size;
	__u32 status;
};

/* ioctl(2), without errno: Win32 calls leave it alone. Gives the result, or -errno. */
static inline int winvm_ioctl(int fd, unsigned long code, void *request)
{
	long result = SYS_ioctl;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"((long)fd), "S"(code), "d"(request)
			 : "rcx", "r11", "memory");
	return (int)result;
}

/* device.c: the calling process's own memory */
NTSTATUS winvm_device_call(unsigned long code, void *request);
NTSTATUS winvm_device_hello(struct winvm_hello *hello);
NTSTATUS winvm_device_open_process(struct winvm_open_process *request, int *fd);
NTSTATUS winvm_device_exception(struct winvm_exception *request);

/* call.c: any process's memory */
NTSTATUS winvm_call(HANDLE process, unsigned long code, void *request);

/* status.c */
DWORD winvm_status_error(NTSTATUS status);
NTSTATUS winvm_status_of_errno(int err);
bool winvm_status_is_argument(NTSTATUS status);
bool winvm_status_is_handle(NTSTATUS status);

/* error.c */
BOOL winvm_error_set(NTSTATUS status);
void winvm_error_note_status(NTSTATUS status);

/* handle.c */
enum winvm_handle_kind {
	WINVM_HANDLE_FREE,
	WINVM_HANDLE_CLAIMED,
	WINVM_HANDLE_PROCESS,
	WINVM_HANDLE_THREAD,
	WINVM_HANDLE_FILE,
	WINVM_HANDLE_SECTION,
	WINVM_HANDLE_JOB,
	WINVM_HANDLE_PORT,
	WINVM_HANDLE_NOTICE,
	WINVM_HANDLE_KINDS,
};

/**
 * struct winvm_process - a process, or its first thread
 * @memory: descriptor that takes the calls of <linux/winvm.h>, or -1 if the
 *	handle has no right to the memory
 * @pidfd: the process itself, or -1
 * @pid: its id
 * @access: PROCESS_* rights
 */
struct winvm_process {
	int memory;
	int pidfd;
	DWORD pid;
	DWORD access;
};

/**
 * struct winvm_file - an open file
 * @fd: its descriptor, the handle's own
 * @access: FILE_* rights, the generic ones written out (SPEC SE-8)
 * @type: FILE_TYPE_*
 * @doomed_by: the process that deletes the file when it closes the handle
 *	(FILE_FLAG_DELETE_ON_CLOSE), or 0; a child of fork does not
 */
struct winvm_file {
	int fd;
	ACCESS_MASK access;
	DWORD type;
	pid_t doomed_by;
};

/**
 * struct winvm_section - a section
 * @fd: its descriptor, the handle's own; the module keeps its rights
 */
struct winvm_section {
	int fd;
};

/**
 * struct winvm_job - a job
 * @fd: its descriptor, the handle's own; the module keeps its rights
 */
struct winvm_job {
	int fd;
};

struct winvm_port;

/**
 * struct winvm_notice - a notification about memory
 * @fd: its descriptor, the handle's own
 */
struct winvm_notice {
	int fd;
};

/* What a handle stands for: which member, its kind tells. */
union winvm_object {
	struct winvm_process process;
	struct winvm_file file;
	struct winvm_section section;
	struct winvm_job job;
	struct winvm_port *port;
	struct winvm_notice notice;
};

HANDLE winvm_handle_create(enum winvm_handle_kind kind, const union winvm_object *object);
NTSTATUS winvm_handle_get(HANDLE handle, enum winvm_handle_kind kind, union winvm_object *object);
void winvm_handle_each(enum winvm_handle_kind kind,
		       void (*visit)(const union winvm_object *object));

/* rights.c */
NTSTATUS winvm_rights_read(DWORD *access);
DWORD winvm_rights_imply(DWORD access);

/* process.c */
NTSTATUS winvm_process_open(DWORD access, DWORD pid, struct winvm_process *process);
NTSTATUS winvm_process_get(HANDLE handle, struct winvm_process *process);
HANDLE winvm_process_handle(enum winvm_handle_kind kind, const struct winvm_process *process);
void winvm_process_close(const struct winvm_process *process);
void winvm_process_release(const struct winvm_process *process);

/* counters.c */
NTSTATUS winvm_memory_ask(HANDLE process, __u32 flags, struct winvm_query_memory *request);

/* file.c: @access: the rights that a call needs, any of them; 0 for none */
NTSTATUS winvm_file_get(HANDLE handle, ACCESS_MASK access, struct winvm_file *file);
void winvm_file_close(const struct winvm_file *file);

/* Room for a name in UTF-8 and what is in front of it, and for its zero. */
#define WINVM_NAME_ROOM 1100

/**
 * struct winvm_name - the name of an object, as the module has it
 * @text: the name
 * @bytes: its length, without the zero at its end; 0: there is none
 * @room: for @text, if it is not the caller's
 */
struct winvm_name {
	const char *text;
	uint32_t bytes;
	char room[WINVM_NAME_ROOM];
};

/* name.c */
NTSTATUS winvm_name_win32(const char *text, struct winvm_name *name);
NTSTATUS winvm_name_wide(const WCHAR *text, struct winvm_name *name);
NTSTATUS winvm_name_object(const OBJECT_ATTRIBUTES *at, struct winvm_name *name, ULONG *flags);

/* section.c */
NTSTATUS winvm_section_get(HANDLE handle, struct winvm_section *section);
NTSTATUS winvm_section_wrap(int fd, HANDLE *handle);
NTSTATUS winvm_section_again(int fd, ACCESS_MASK access, HANDLE *handle);
void winvm_section_close(const struct winvm_section *section);
struct winvm_create_section winvm_mapping_request(DWORD protect, uint64_t bytes, DWORD node);
HANDLE winvm_mapping_create(struct winvm_create_section *request, HANDLE file,
			    const struct winvm_name *name, NTSTATUS bad);

/* job.c */
NTSTATUS winvm_job_get(HANDLE handle, struct winvm_job *job);
void winvm_job_close(const struct winvm_job *job);

/* port.c */
NTSTATUS winvm_port_add(HANDLE handle, const struct winvm_job *job, uint64_t key);
void winvm_port_close(struct winvm_port *port);

/* notification.c */
void winvm_notice_close(const struct winvm_notice *notice);

/* view.c: on a filled-in request */
NTSTATUS winvm_view_read(PVOID *base, PSIZE_T bytes, PLARGE_INTEGER offset,
			 struct winvm_map_view *request);
NTSTATUS winvm_view_map(HANDLE handle, HANDLE process, struct winvm_map_view *request);
void *winvm_view_win32(HANDLE section, HANDLE process, struct winvm_map_view *request);
struct winvm_map_view winvm_view_request(DWORD access, uint64_t offset, SIZE_T bytes,
					 const void *base);

/* position.c */
NTSTATUS winvm_position_end(const struct winvm_file *file, LONGLONG *size);

/* cmdline.c */
char **winvm_cmdline_split(const char *line);

/**
 * struct winvm_inquiry - the arguments of NtQueryVirtualMemory that all classes share
 * @process: whose memory
 * @address: where
 * @buffer: the caller's, not looked at yet
 * @length: its size in bytes
 * @returned: where the caller wants to know the bytes written, or NULL
 */
struct winvm_inquiry {
	HANDLE process;
	const void *address;
	void *buffer;
	SIZE_T length;
	PSIZE_T returned;
};

/* query.c, region.c, filename.c, workingset.c: what the classes answer */
NTSTATUS winvm_inquiry_answer(const struct winvm_inquiry *inquiry, const void *answer,
			      SIZE_T bytes);
NTSTATUS winvm_inquire_region(const struct winvm_inquiry *inquiry, bool flags);
NTSTATUS winvm_inquire_shared_commit(const struct winvm_inquiry *inquiry);
NTSTATUS winvm_inquire_image(const struct winvm_inquiry *inquiry);
NTSTATUS winvm_inquire_filename(const struct winvm_inquiry *inquiry);
NTSTATUS winvm_inquire_working_set(const struct winvm_inquiry *inquiry);
NTSTATUS winvm_inquire_pages(const struct winvm_inquiry *inquiry);

/* utf16.c */
unsigned int winvm_utf16_next(const char **text, WCHAR units[2]);
NTSTATUS winvm_utf16_to_utf8(const WCHAR *text, char *to, size_t room);

/* alloc.c, query.c, protect.c: the calls on values */
NTSTATUS winvm_allocate_range(HANDLE process, struct winvm_allocate *request);
NTSTATUS winvm_allocate_refuse(const struct winvm_allocate *wanted, NTSTATUS status);
NTSTATUS winvm_query_region(HANDLE process, const void *address, MEMORY_BASIC_INFORMATION *region);
NTSTATUS winvm_protect_range(HANDLE process, struct winvm_protect *request);

/*
 * user.S: access to the caller's variables. They give 0, or the status of the
 * exception that the access raised. winvm_user_get64() also makes sure that
 * the variable can be written, as does winvm_user_probe32(). The probes of a
 * range, which has at least a byte, touch each of its pages; what is probed for
 * writing is written, but does not change, whatever other threads do.
 */
NTSTATUS winvm_user_get64(void *from, uint64_t *value);
NTSTATUS winvm_user_peek64(const void *from, uint64_t *value);
NTSTATUS winvm_user_probe32(void *at);
NTSTATUS winvm_user_put64(void *to, uint64_t value);
NTSTATUS winvm_user_put32(void *to, uint32_t value);
NTSTATUS winvm_user_copy(void *to, const void *from, size_t bytes);
NTSTATUS winvm_user_probe_read(const void *from, size_t bytes);
NTSTATUS winvm_user_probe_write(void *to, size_t bytes);
extern const char winvm_user_begin[], winvm_user_end[], winvm_user_fault[];

/* range.c: the in-out pair of the Nt calls */
NTSTATUS winvm_range_get(PVOID *base, PSIZE_T size, uint64_t *address, uint64_t *bytes);
void winvm_range_put(PVOID *base, PSIZE_T size, uint64_t address, uint64_t bytes);

/* alloc2.c: may a call for apps have this protection? Sets the last error if not */
bool winvm_from_app_refuses(ULONG protection);

/**
 * struct winvm_extended - what extended parameters say, as the module counts
 * @lowest_address, @highest_address, @alignment_bytes: of a choice, 0 for none
 * @node: NUMA node plus one, 0 for none
 */
struct winvm_extended {
	uint64_t lowest_address;
	uint64_t highest_address;
	uint64_t alignment_bytes;
	__u32 node;
};

/* extended.c: of VirtualAlloc2 and MapViewOfFile3, and of CreateFileMapping2 */
NTSTATUS winvm_extended_read(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
			     struct winvm_extended *extended);
NTSTATUS winvm_extended_read_section(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
				     struct winvm_extended *extended);

/* layout.c */
void winvm_layout_from_environment(int device, bool aloud);

/* numa.c */
__u32 winvm_numa_field(DWORD node);
/* teb.c */
NTSTATUS winvm_teb_enter(const INITIAL_TEB *stack);
void winvm_teb_guarded(uint64_t base, uint64_t bytes);

/* signal.c */
void winvm_signal_take(void);

/* vectored.c */
enum winvm_vectored_kind {
	WINVM_VECTORED_EXCEPTION,
	WINVM_VECTORED_CONTINUE,
	WINVM_VECTORED_LISTS,
};

bool winvm_vectored_call(enum winvm_vectored_kind kind, EXCEPTION_POINTERS *pointers);
unsigned int winvm_vectored_depth(void);
void winvm_vectored_leave(unsigned int depth);
void winvm_vectored_take_signals(void);

/* frame.c: the try blocks that the thread is in */
struct winvm_try *winvm_frame_note(const ucontext_t *machine);
void winvm_frame_forget(struct winvm_try *noted);
struct winvm_try *winvm_frame_search(EXCEPTION_POINTERS *pointers, LONG *answer);
void winvm_frame_leave(struct winvm_try *target, DWORD code, CONTEXT *context, ucontext_t *machine);

/* unhandled.c */
void winvm_unhandled_end(const EXCEPTION_RECORD *record) __attribute__((noreturn));

/* exception.c */
bool winvm_exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context, ucontext_t *machine);

/* context.c */
void winvm_context_save(const ucontext_t *machine, CONTEXT *context);
void winvm_context_restore(const CONTEXT *context, ucontext_t *machine);
void winvm_context_blank(CONTEXT *context);
void winvm_context_merge(const CONTEXT *changes, CONTEXT *context);

/* registers.S: all registers at once, with CONTEXT's offsets */
void winvm_registers_load(CONTEXT *context) __attribute__((noreturn));
LONG winvm_registers_ask(PWINVM_FILTER filter, EXCEPTION_POINTERS *pointers, PVOID argument);
extern const char winvm_registers_settle[];

#endif /* WINVM_INTERNAL_H */
