/* SPDX-License-Identifier: MIT */
/*
 * The demo: Randy Kath's walk through virtual memory, step by step.
 *
 *	demo.c		the steps in order, and the list of what has changed since
 *	demo-reserve.c	reserve, commit, touch, protect
 *	demo-buffer.c	the buffer that grows in the exception handler
 *	demo-list.c	the linked list (list.h)
 *	demo-release.c	lock, decommit, release
 *	demo-ring.c	placeholders, and the ring buffer (ring.h)
 *	demo-walk.c	the second process that walks the first (walk.c)
 *	demo-map.c	what its memory is, by kind (kinds.h)
 *	demo-fault.c	the vectored handler they share
 *	demo-memory.c	what the demo has allocated: table, picture, checks
 *	demo-screen.c	headings, paragraphs, colours
 */
#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#define PAGE ((SIZE_T)4096)
#define MB   ((SIZE_T)1048576)

/* demo-screen.c */
enum colour { PLAIN, FAINT, BOLD, RED, GREEN, YELLOW, BLUE, CYAN };

void screen_open(void);
const char *screen_colour(enum colour colour); /* "" without colours */
void screen_heading(const char *title);
__attribute__((format(printf, 1, 2))) void screen_say(const char *format, ...);
__attribute__((format(printf, 1, 2))) void screen_answer(const char *format, ...);
void screen_failed(const char *answer); /* and the last error */
void screen_call(const char *call);

/* What the article says, and what Windows does now, by its number in SPEC section 16. */
void screen_then(const char *text);
void screen_now(unsigned int difference, const char *text);

/* The call that is shown is the call that is made. */
#define CALL(call) (screen_call(#call), (call))

/* demo-memory.c: every answer is checked; a wrong one ends the demo with status 1. */
__attribute__((format(printf, 2, 3))) void check(bool right, const char *format, ...);
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);
unsigned int checks_made(void);

void memory_add(const char *name, const void *base, SIZE_T bytes);
void memory_forget(const void *base);
void memory_show(void);

/* Check what VirtualQuery tells of @address. */
void expect_reserved(const void *address, SIZE_T bytes);
void expect_committed(const void *address, SIZE_T bytes, DWORD protect);
void expect_free(const void *address);
/* A call that answers TRUE, and one that fails with this last error. */
void expect_true(BOOL answer);
void expect_false(BOOL answer, DWORD error);

/* demo-fault.c */
/**
 * struct fault - the last exception
 * @code: STATUS_ACCESS_VIOLATION or STATUS_GUARD_PAGE_VIOLATION
 * @kind: EXCEPTION_READ_FAULT, EXCEPTION_WRITE_FAULT, EXCEPTION_EXECUTE_FAULT
 * @address: what was touched
 * @instruction: by whom
 */
struct fault {
	DWORD code;
	ULONG_PTR kind;
	ULONG_PTR address;
	PVOID instruction;
};

/* Makes the access possible, or answers false. Runs in the exception handler. */
typedef bool fault_repair(const struct fault *fault);

void fault_catch(fault_repair *repair);
unsigned int fault_release(struct fault *last); /* how many there were */
void fault_show(const struct fault *fault);

/* The steps. */
void step_address_space(void);
void step_reserve(void);
void step_commit(void);
void step_touch(void);
void step_protect(void);
void step_buffer(void);
void step_list(void);
void step_lock(void);
void step_decommit(void);
void step_release(void);
void step_ring(void);
void step_walk(void);
void step_map(void);

/* The ten megabytes that most steps work on. */
extern char *ten_megabytes;

#endif /* DEMO_H */
