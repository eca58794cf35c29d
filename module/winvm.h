/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rooms of the module share: the process object and the doors.
 *
 *   main      load and unload
 *   dev       /dev/winvm, the ioctl table, who may call what
 *   parallel  calls side by side, and calls that are alone
 *   handle    descriptors for other address spaces
 *   process   the object that stands for an address space, dead with it
 *   roster    which of these there are, for those who ask
 *   events    what is told of them to those who listen
 *   netlink   the questions and answers: a generic netlink family
 *   netlink_system   those about the machine
 *   memory_notice   its memory low, plenty, or neither
 *   layout    which addresses it may use
 *   allocate, free, protect, query, lock, watch, copy, exception   the calls
 *   allocation  the whole of one, and the name of its file
 *   vad_tell  the tree of VADs, for who wants to see it
 *   placeholder   what allocate and free do to placeholders
 *   arena     the VMAs that all memory lives in
 *   backing   the file behind it
 *   window    the sorted list of address ranges the arena holds
 *   mend      what others unmapped or mapped over
 *   hole      free address ranges of an mm, where an arena can grow
 *   remote    mapping into an address space that is not the caller's
 *   fault     what a page fault may see
 *   touch     pages that are written for the first time
 *   folio     2 MB of them at once
 *   guard     the first access to a guard page
 *   thread    where the threads have their stacks
 *   stack     stacks that grow
 *   reset     contents that may be thrown away when memory is short
 *   walk      what the page tables say
 *   translate   what they say on each level, for who wants to see it
 *   working_set   its limits, and taking pages out of it
 *   pages     which pages are in it
 *   changes   which have come into it
 *   offer     contents that may be thrown away, and that nobody has access to
 *   prefetch  memory that is wanted soon
 *   revoke    taking access away, contents out, pages locked
 *   entries   page table entries, changed where they are
 *   tables    page tables given back
 *   section   memory that views show
 *   directory   their names
 *   reserve   what of it is committed, where that is piece by piece
 *   based     the address it has in every process
 *   view      views of it: mapped over the arena
 *   datafile  sections of users' files, and their views
 *   flush     what was written through a view to its file
 *   image     what sections of PE files show
 *   image_view   where views of them go, and what their pages are
 *   cow       pages of views that are copied on write
 *   shrink    copies out of the page tables, when memory is short
 *   inherit   views of a parent, in a child of fork
 *   foreign   what Linux itself mapped, in NT's words
 *   commit    what is charged, and the limits
 *   counters  what a process holds, and how often it faulted
 *   allowance what a process may commit beside others in its memory cgroups
 *   limit     limits that are set, and what is told of those that are near or hit
 *   netlink_admin   who sets them
 *   job       limits of several processes together
 *   member    which these are
 *   promise   what Linux is told of it
 *   trace     tracepoints
 *   debugfs   tables for root
 *   pure/     logic without a kernel
 *   compat/   differences between kernels
 *
 * Locks, outermost first:
 *
 *   exec_update_lock  of a thread group that joins a job, for reading.
 *   process->call     rw_semaphore. A call is alone if it holds this and
 *                     process->look for writing; a call that concerns one VAD
 *                     holds this for reading, and others run beside it
 *                     (parallel.c). Always killable. Inside a child's: that of
 *                     whom it was forked from, for reading.
 *   process->look     rw_semaphore. Queries hold it for reading, and call not
 *                     at all: so they wait for calls that are alone, and not for
 *                     those that wait to be. Always killable.
 *   a VAD is held     by one call beside others, or by one query; the wait for
 *                     it is killable. Nobody holds two.
 *   winvm_shrinking   rw_semaphore, for reading while the shrinker looks at a
 *                     view, anywhere: it only tries this lock and mmap_lock, and
 *                     takes none of ours inside. For writing to wait for its
 *                     end, with no memory asked for.
 *   mm->mmap_lock     inside vm_mmap() and while VMAs are looked at.
 *   process->tree     mutex. For a few steps in the tree of VADs; nothing is
 *                     allocated and nobody waited for inside.
 *   process->batch    rw_semaphore. Faults that map several pages hold it for
 *                     reading from their last look at the states on; they never
 *                     wait for it. Whoever takes access away waits for them: after
 *                     the states are changed, before page tables are looked at.
 *   folio lock        taken by faults (under mmap_lock or a VMA lock, never
 *                     under process->call of the same thread), by revoke, reset
 *                     and prefetch, and by copies to code. A section's page
 *                     before the arena's (cow.c).
 *   winvm_allowed_lock  a mutex, while it is seen what a process may commit
 *                     beside others; none of ours is taken inside.
 *   winvm_promise.lock  a mutex, while what Linux is told of our commit changes;
 *                     none of ours is taken inside.
 *   states.lock       leaf spinlock of pure/pstate.c.
 *   winvm_based_lock  a mutex, held for a search in a tree.
 *   exceptions.xa_lock, owners.xa_lock, users_lock, changes->lock, names_lock   leaf
 *                     spinlocks.
 *   winvm_job.sweeping  a mutex, while all of a job are killed; none of ours is taken
 *                     inside but the next.
 *   winvm_members_lock  leaf spinlock, bottom halves off; inside mmap_lock when a
 *                     process is entered, and inside winvm_allowed_lock.
 *   winvm_notices.lock   a spinlock, while a look at the memory is queued: no lock of
 *                     ours inside. Taken when Linux goes for memory, too.
 *   the roster's xa_lock, winvm_events.lock   leaf spinlocks, bottom halves off;
 *                     inside mmap_lock when a process is entered. Neither is held
 *                     while a message is written.
 *   images_lock       mutex of the list of images: no other lock of ours is
 *                     taken inside it, and no file is read.
 *
 * Why calls may run side by side: what they have together is the tree, which
 * process->tree guards, charges, which are atomic, and the page states, whose
 * edits do not overlap, for each lies in the VAD that its call holds. A VAD
 * holds off whoever wants to see or change it until its call is over, a new
 * one included, and one that goes leaves the tree last: so nobody sees a part
 * of a call. Revoking needs no more than before: states first, then the page's
 * lock. VADs neither move nor become others but in calls that are alone, nor
 * do windows, views and locked pages change.
 *
 * The counts of call and look are cache lines that calls beside each other
 * share, as they share those of tree and commit. A count for each processor
 * would spare two of them, but whoever wants to be alone would then wait for a
 * grace period of RCU, and none of its locks can be waited for killably.
 *
 * A fault takes folio lock and states.lock, never process->call, look or tree,
 * and holds no VAD: it looks states up by RCU. No memory of user space is
 * touched while any of these is held: a page of user space may take for ever to
 * come (FUSE, userfaultfd).
 *
 *   field of winvm_process      read under             written under
 *   vads                        tree, or alone         tree, or alone
 *   of a VAD: committed, TOUCHED   held, or alone      held, or alone
 *   of a VAD: held              tree, or its holder    tree; set free by its holder
 *   views                       call or look           alone
 *   shared_views                nothing (READ_ONCE)    alone
 *   bounds                      nothing (READ_ONCE)    alone, while no VAD is there
 *   states                      nothing (RCU inside)   alone, or in an edit in a
 *                                                      held VAD; one page by
 *                                                      cmpxchg: faults
 *   state_nodes                 nothing (READ_ONCE)    states.lock
 *   let_go                      nothing                atomically
 *   arena.windows, .floor, .lost   call or look         alone
 *   arena.huge                  hooks                  alone, before it is mapped
 *   arena.file                  call or look; hooks: vm_file;   alone
 *                               copies: READ_ONCE
 *   arena.mapper                nothing (own task?)    alone
 *   arena.apart                 by who maps            alone
 *   arena.hull_*, .torn         nothing (READ_ONCE)    alone; torn: bit ops
 *   virtual                     nothing (READ_ONCE)    tree, or alone
 *   commit, books               nothing                atomically
 *   allowance                   nothing (READ_ONCE)    winvm_allowed_lock; smaller: cmpxchg
 *   limit                       nothing (READ_ONCE)    winvm_allowed_lock
 *   refusals                    nothing                atomically
 *   news                        its own lock           its own lock
 *   job                         call                   alone, or when nobody is left who
 *                                                      holds a lock
 *   job_link                    winvm_members_lock     winvm_members_lock
 *   locked_pages                call                   alone
 *   exceptions, notes           xa_lock                xa_lock
 *   owners, owner_count, owner_many   own entry: nothing (RCU)   xa_lock
 *   of an entry: all fields     own thread             own thread
 *   locked                      call                   alone; which page
 *                                                      an entry has: xa_lock
 *   ws.limits                   call; faults: data_race   alone
 *   ws.hand                     alone                  alone
 *   ws.attended, ws.known       nothing (READ_ONCE)    alone
 *   ws.since                    nothing                atomically
 *   ws.changes                  nothing (acquire)      alone, once; its own lock inside
 *   ws.peak                     nothing (READ_ONCE)    nothing: cmpxchg
 *   ws.brought                  nothing                atomically
 *   farewell                    calls, faults: nothing;   mmap_lock for writing; when the mm
 *                               mmap_lock for writing  dies or the object goes: nobody is left
 *   mm                          nothing                never
 *
 *   field of winvm_view         read under             written under
 *   live                        nothing (READ_ONCE)    alone
 *   protect, flags              nothing                before it is live
 *   prepaid, copies, charged    call or look           alone
 *   known                       nothing (READ_ONCE)    once, by cmpxchg: faults
 *   the others                  nothing                before it is mapped
 *
 *   field of winvm_name         read under             written under
 *   node, handles               names_lock             names_lock
 *   the others                  nothing                before it is in the directory
 *   field of winvm_copies       read under             written under
 *   hand                        nothing (READ_ONCE)    nothing (WRITE_ONCE): a hint
 *   lru                         of its list            of its list
 *   view                        nothing                before it is known
 *   field of winvm_section      read under             written under
 *   place                       winvm_based_lock       winvm_based_lock
 *   map, committed              nothing                atomically: bits are set, and stay
 *   shape.bytes, of a file      nothing (READ_ONCE)    winvm_files_lock
 *   the others                  nothing                before it has a descriptor
 *
 * When the mm dies nobody is left who holds a lock or a VAD (whoever acts on an
 * mm holds mm_users), so winvm_process_release() takes none.
 */
#ifndef WINVM_H
#define WINVM_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/ratelimit_types.h>
#include <linux/rwsem.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

#include "../uapi/linux/winvm.h"
#include "compat/compat.h"
#include "pure/charge.h"
#include "pure/check.h"
#include "pure/commit_map.h"
#include "pure/layout.h"
#include "pure/name.h"
#include "pure/nt.h"
#include "pure/pe.h"
#include "pure/placeholder.h"
#include "pure/protect.h"
#include "pure/pstate.h"
#include "pure/section.h"
#include "pure/stack.h"
#include "pure/vad.h"
#include "pure/working_set.h"

/**
 * struct winvm_window - a range of addresses that the arena's VMAs cover
 * @lowest_vpn: first page
 * @highest_vpn: last page, inclusive
 */
struct winvm_window {
	u64 lowest_vpn;
	u64 highest_vpn;
};

/**
 * struct winvm_windows - sorted, disjoint, never adjacent
 * @at: array of @count windows
 * @count: windows in use
 * @room: windows @at has room for
 */
struct winvm_windows {
	struct winvm_window *at;
	unsigned int count;
	unsigned int room;
};

/**
 * struct winvm_arena - where a process's memory is mapped
 * @file: shmem file behind all windows, its page offset derived from the
 *	address; NULL until the first reservation
 * @windows: what is mapped
 * @mapper: the task of ours whose vm_mmap() of @file is under way
 * @apart: what it maps is not to be merged with what is beside it
 * @zone_vpn: where a search from below begins (SPEC AS-5)
 * @floor_vpn: lowest page that a search from above was given so far
 * @hull_lowest, @hull_highest: pages that hold all windows, for the notifier
 * @huge: what makes folios of 2 MB when @file's mount says it; 0: nothing
 * @torn: bit 0: somebody else unmapped a piece
 * @lost: a window was given up once; a VAD may lie outside
 */
struct winvm_arena {
	struct file *file;
	struct winvm_windows windows;
	struct task_struct *mapper;
	bool apart;
	u64 zone_vpn;
	u64 floor_vpn;
	u64 hull_lowest;
	u64 hull_highest;
	unsigned long torn;
	unsigned char huge;
	bool lost;
};

/**
 * enum winvm_touch - what a touch of a guard page is
 * @WINVM_TOUCH_NONE: not known yet
 * @WINVM_TOUCH_ORDINARY: a guard page exception (SPEC GP-1)
 * @WINVM_TOUCH_AGAIN: of the thread's own stack; it has grown when the
 *	instruction runs again (SPEC ST-3)
 * @WINVM_TOUCH_PASS: the same in a system call: the access goes on at once
 * @WINVM_TOUCH_OVERFLOW: a stack overflow (SPEC ST-10)
 * @WINVM_TOUCH_NO_MEMORY: the kernel has no memory to find out
 */
enum winvm_touch {
	WINVM_TOUCH_NONE,
	WINVM_TOUCH_ORDINARY,
	WINVM_TOUCH_AGAIN,
	WINVM_TOUCH_PASS,
	WINVM_TOUCH_OVERFLOW,
	WINVM_TOUCH_NO_MEMORY,
};

/**
 * struct winvm_stack_words - where the words of struct winvm_stack lie
 * @base, @limit, @deallocation: addresses of 64-bit words
 * @guarantee: address of a 32-bit word
 */
struct winvm_stack_words {
	u64 base;
	u64 limit;
	u64 deallocation;
	u64 guarantee;
};

struct winvm_stack_growth;

/**
 * struct winvm_stack_owner - a thread that has told where its stack is
 * @rcu: lookups by a thread with the same number may be under way
 * @began: when the thread began, for numbers come again
 * @at: where its words lie
 * @stack: the words as seen last
 * @growth: queued, to be done before the thread returns to user mode
 * @vpn: the page that @verdict is about
 * @verdict: for the fault on @vpn that comes next
 */
struct winvm_stack_owner {
	struct rcu_head rcu;
	u64 began;
	struct winvm_stack_words at;
	struct winvm_stack stack;
	struct winvm_stack_growth *growth;
	u64 vpn;
	enum winvm_touch verdict;
};

struct winvm_changes;
struct winvm_event;
struct winvm_job;

/**
 * struct winvm_ws - the working set (see working_set.c)
 * @limits: what was asked for
 * @attended: faults have something to do for it
 * @known: pages of the arena that were present when they were counted
 * @since: faults since then
 * @hand: page where taking pages out goes on
 * @changes: records of faults, when they are watched
 * @peak: the most pages that were told (SPEC CC-9)
 * @brought: pages that came with another one's fault (SPEC CC-11)
 */
struct winvm_ws {
	struct winvm_ws_limits limits;
	bool attended;
	u64 known;
	atomic64_t since;
	u64 hand;
	struct winvm_changes *changes;
	u64 peak;
	atomic64_t brought;
};

/**
 * struct winvm_allowance - how much a process may commit without being weighed
 * @link: in the list of all that have committed anything
 * @pages: including what it has
 * @ahead: how much more that may be than what it has, after something was given back
 * @near: a limit is near, and that was told
 */
struct winvm_allowance {
	struct list_head link;
	u64 pages;
	u64 ahead;
	bool near;
};

/**
 * struct winvm_process - one address space
 * @notifier: counts the references (descriptors and arena.file), pins the mm's
 *	structure, tells of the mm's end and of foreign unmaps
 * @call: which calls run side by side, see above
 * @look: keeps calls that are alone from queries
 * @tree: guards @vads between calls that are not alone
 * @waiting: for VADs that others hold
 * @let_go: how often one was let go that somebody waited for
 * @batch: faults that map several pages, see above
 * @vads: allocations
 * @views: how many of @vads are views
 * @shared_views: how many of these a child of fork has, too
 * @bounds: of its layout
 * @states: page states
 * @arena: where they are mapped
 * @virtual: bytes reserved (SPEC CC-12)
 * @commit: pages committed (SPEC CC-2, CC-8)
 * @allowance: how many may be without a look at others
 * @limit: how many may be in all; U64_MAX: no limit
 * @refusals: commits that were refused
 * @news: how often is told that a limit is near or was hit
 * @job: that it is in, a reference; NULL: none
 * @job_link: in the job's list
 * @books: bytes of kernel memory for VADs and page states
 * @state_nodes: nodes of @states that are in @books
 * @locked_pages: pages that VirtualLock holds (SPEC VL-10)
 * @exceptions: guard pages that threads ran into, by thread id
 * @notes: how many there are
 * @owners: threads that have told where their stack is, by thread id
 * @owner_count: how many there are
 * @owner_many: so many that the dead among them are looked for
 * @locked: pages that VirtualLock holds, by page number
 * @ws: the working set
 * @user: whom @books is charged to
 * @farewell: what will be told at its end; NULL when it is not on the roster
 */
struct winvm_process {
	struct mmu_notifier notifier;
	struct rw_semaphore call;
	struct rw_semaphore look;
	struct mutex tree;		/* of @vads */
	wait_queue_head_t waiting;
	atomic_t let_go;
	struct rw_semaphore batch;
	struct winvm_vad_tree vads;
	u64 views;
	u64 shared_views;
	const struct winvm_bounds *bounds;
	struct winvm_pstates states;
	struct winvm_arena arena;
	struct winvm_charge virtual;
	struct winvm_charge commit;
	struct winvm_allowance allowance;
	u64 limit;
	atomic64_t refusals;
	struct ratelimit_state news;
	struct winvm_job *job;
	struct list_head job_link;
	struct winvm_charge books;
	u64 state_nodes;
	u64 locked_pages;
	struct xarray exceptions;
	unsigned int notes;
	struct xarray owners;
	unsigned int owner_count;
	unsigned int owner_many;
	struct xarray locked;
	struct winvm_ws ws;
	struct winvm_user *user;
	struct winvm_event *farewell;
};

/**
 * struct winvm_file_part - what Linux has mapped of a file, at the beginning of a span
 * @pages: of the span that this is about: those of the mapping, and what is
 *	free below it
 * @file: a reference; NULL if no file is mapped there
 * @offset: in the file, in bytes
 * @bytes: length
 */
struct winvm_file_part {
	u64 pages;
	struct file *file;
	loff_t offset;
	loff_t bytes;
};

static inline struct mm_struct *winvm_mm(const struct winvm_process *process)
{
	return process->notifier.mm;
}

/* Flags of struct winvm_vad that the calls keep, beside pure/vad.h's. */
#define WINVM_VAD_TOUCHED	BIT(7)	/* was committed once: the file may hold pages */
#define WINVM_VAD_MARKED	BIT(6)	/* was reset or offered once: states may say so */

/**
 * struct winvm_handle - what an open descriptor stands for
 * @process: the address space it serves
 * @access: WINVM_PROCESS_* rights
 * @self: serves its opener's own address space only (/dev/winvm itself)
 */
struct winvm_handle {
	struct winvm_process *process;
	u32 access;
	bool self;
};

struct winvm_name;
struct winvm_user;

/**
 * struct winvm_descriptor - one that a call makes for its caller
 * @number: taken, and nothing behind it yet
 * @file: NULL if the call makes none
 */
struct winvm_descriptor {
	int number;
	struct file *file;
};

/**
 * struct winvm_patch - what is to be mapped, and where
 * @file: the arena's, or a view's
 * @pgoff: its page at @start
 * @start: first address
 * @bytes: length
 * @prot: PROT_*
 * @fixed: MAP_FIXED_NOREPLACE, or MAP_FIXED over what is known to be ours
 */
struct winvm_patch {
	struct file *file;
	pgoff_t pgoff;
	unsigned long start;
	unsigned long bytes;
	unsigned long prot;
	unsigned long fixed;
};

/* process.c */
struct winvm_process *winvm_process_get(struct mm_struct *mm);
void winvm_process_put(struct winvm_process *process);
struct winvm_vad *winvm_vad_new(struct winvm_process *process);
u32 winvm_vad_refusal(const struct winvm_vad *vad);
void winvm_vad_delete(struct winvm_process *process, struct winvm_vad *vad);
int winvm_process_init(void);
void winvm_process_exit(void);

/* roster.c */
int winvm_roster_join(struct winvm_process *process);
void winvm_roster_leave(struct winvm_process *process);

/* debugfs.c */
void winvm_debugfs_load(void);
void winvm_debugfs_unload(void);

/* trace.c */
u32 winvm_trace_pid(const struct winvm_process *process);

/* netlink.c */
int winvm_netlink_load(void);
void winvm_netlink_unload(void);

/* dev.c */
extern const struct file_operations winvm_device_fops;
long winvm_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int winvm_device_release(struct inode *inode, struct file *file);

/* handle.c */
int winvm_open_process(struct winvm_open_process *request);
bool winvm_open_process_supported(void);
void winvm_handle_learn(struct vfsmount *proc);

/* parallel.c */
#define WINVM_ALONE	(~0U)	/* no NTSTATUS: the call must be alone, and has changed nothing */

int winvm_alone(struct winvm_process *process);
void winvm_alone_end(struct winvm_process *process);
int winvm_vad_hold(struct winvm_process *process, struct winvm_vad *vad);
void winvm_vad_let_go(struct winvm_process *process, struct winvm_vad *vad);
u32 winvm_vad_exec(struct winvm_process *process, const struct winvm_vad *vad,
		   struct winvm_span span, bool exec);
int winvm_allocate_parallel(struct winvm_process *process, void *request);
int winvm_free_parallel(struct winvm_process *process, void *request);
int winvm_protect_parallel(struct winvm_process *process, void *request);

/*
 * The calls. These are alone; each returns an NTSTATUS, and fills the request's
 * outputs on success.
 */
u32 winvm_allocate(struct winvm_process *process, void *request);
u32 winvm_free(struct winvm_process *process, void *request);
u32 winvm_protect(struct winvm_process *process, void *request);
u32 winvm_lock(struct winvm_process *process, void *request);
u32 winvm_unlock(struct winvm_process *process, void *request);
u32 winvm_choose_layout(struct winvm_process *process, void *request);
u32 winvm_working_set(struct winvm_process *process, void *request);
u32 winvm_offer(struct winvm_process *process, void *request);
u32 winvm_reclaim(struct winvm_process *process, void *request);
u32 winvm_discard(struct winvm_process *process, void *request);
u32 winvm_map_view(struct winvm_process *process, void *request);
u32 winvm_unmap_view(struct winvm_process *process, void *request);
u32 winvm_inherit(struct winvm_process *process, void *request);

/* These lock for themselves. They return 0 or a negative errno, and set request->status. */
int winvm_query(struct winvm_process *process, void *request);
int winvm_query_allocation(struct winvm_process *process, void *request);
int winvm_query_name(struct winvm_process *process, void *request);
int winvm_vads(struct winvm_process *process, void *request);
int winvm_translate(struct winvm_process *process, void *request);
int winvm_query_pages(struct winvm_process *process, void *request);
int winvm_query_working_set(struct winvm_process *process, void *request);
int winvm_watch_working_set(struct winvm_process *process, void *request);
int winvm_exception(struct winvm_process *process, void *request);
int winvm_thread(struct winvm_process *process, void *request);
int winvm_copy(struct winvm_process *process, void *request);
int winvm_counters(struct winvm_process *process, void *request);
int winvm_query_memory(struct winvm_process *process, void *request);
int winvm_query_system(struct winvm_process *process, void *request);
int winvm_get_write_watch(struct winvm_process *process, void *request);
int winvm_reset_write_watch(struct winvm_process *process, void *request);
int winvm_prefetch(struct winvm_process *process, void *request);
int winvm_query_section(struct winvm_process *process, void *request);
int winvm_extend_section(struct winvm_process *process, void *request);
int winvm_flush_view(struct winvm_process *process, void *request);
int winvm_query_file(struct winvm_process *process, void *request);
int winvm_assign_job(struct winvm_process *process, void *request);
int winvm_in_job(struct winvm_process *process, void *request);
int winvm_set_job(struct winvm_process *process, void *request);
int winvm_query_job(struct winvm_process *process, void *request);
int winvm_job_processes(struct winvm_process *process, void *request);
int winvm_terminate_job(struct winvm_process *process, void *request);
int winvm_job_message(struct winvm_process *process, void *request);

/* And these make a descriptor, in case of success. */
int winvm_create_section(struct winvm_process *process, void *request,
			 struct winvm_descriptor *descriptor);
int winvm_open_section(struct winvm_process *process, void *request,
		       struct winvm_descriptor *descriptor);
int winvm_create_job(struct winvm_process *process, void *request,
		     struct winvm_descriptor *descriptor);
int winvm_open_notice(struct winvm_process *process, void *request,
		      struct winvm_descriptor *descriptor);

/* memory_notice.c */
void winvm_memory_prod(void);
void winvm_memory_load(void);
void winvm_memory_unload(void);

/* allocate.c */
bool winvm_node_valid(u32 node);
u32 winvm_allocate_plan(struct winvm_process *process, const struct winvm_allocate *request,
			struct winvm_alloc_plan *plan);
u32 winvm_commit_of(struct winvm_process *process, struct winvm_vad *vad,
		    const struct winvm_alloc_plan *plan);
struct winvm_vad *winvm_vad_holding(struct winvm_process *process, struct winvm_span span);
void winvm_vad_describe(struct winvm_vad *vad, const struct winvm_alloc_plan *plan,
			struct winvm_span span);
u32 winvm_commit_span(struct winvm_process *process, struct winvm_vad *vad,
		      struct winvm_span span, u32 protect);
u32 winvm_reserve_span(struct winvm_process *process, const struct winvm_alloc_plan *plan,
		       struct winvm_span *span);

/* protect.c */
u32 winvm_protect_of(struct winvm_process *process, struct winvm_vad *vad, struct winvm_span span,
		     struct winvm_protect *request);
u32 winvm_protect_span(struct winvm_process *process, struct winvm_vad *vad,
		       struct winvm_span span, winvm_pstate_t state);

/* free.c */
u32 winvm_free_target(struct winvm_process *process, const struct winvm_free_plan *plan,
		      struct winvm_vad **target, struct winvm_span *span);
void winvm_free_answer(struct winvm_free *request, const struct winvm_free_plan *plan,
		       struct winvm_span span);
u32 winvm_decommit_span(struct winvm_process *process, struct winvm_vad *vad,
			struct winvm_span span, winvm_pstate_t stays);

/* placeholder.c: all alone */
u32 winvm_placeholder_find(struct winvm_process *process, struct winvm_span span,
			   struct winvm_vad **placeholder);
u32 winvm_placeholder_replace(struct winvm_process *process, const struct winvm_alloc_plan *plan);
u32 winvm_placeholder_preserve(struct winvm_process *process, struct winvm_vad *vad,
			       struct winvm_span span);
u32 winvm_placeholder_coalesce(struct winvm_process *process, struct winvm_span span);

/* query.c */
int winvm_query_lock(struct winvm_process *process);
void winvm_query_unlock(struct winvm_process *process);
int winvm_look_hold(struct winvm_process *process, u64 vpn, struct winvm_vad **vad, u64 *next_vpn);

/* guard.c */
void winvm_guard_tell(struct winvm_process *process, unsigned long address, bool overflow);
vm_fault_t winvm_guard_fault(struct winvm_process *process, struct vm_fault *vmf,
			     winvm_pstate_t state);

/* thread.c */
struct winvm_stack_owner *winvm_stack_owner(struct winvm_process *process);
bool winvm_owner_peek(struct winvm_stack_owner *owner);
bool winvm_owner_look(struct winvm_stack_owner *owner);
void winvm_owners_forget(struct winvm_process *process);

/* stack.c */
enum winvm_touch winvm_stack_touch(struct winvm_process *process, struct vm_fault *vmf);

/* exception.c */
void winvm_exception_note(struct winvm_process *process, unsigned long address, bool overflow);
void winvm_exception_forget(struct winvm_process *process);

/* arena.c: all under process->call */
int winvm_arena_verify(struct winvm_process *process);
u32 winvm_arena_cover(struct winvm_process *process, struct winvm_span span);
bool winvm_arena_covers(const struct winvm_process *process, struct winvm_span span);
u32 winvm_arena_place(struct winvm_process *process, const struct winvm_alloc_plan *plan,
		      u64 *vpn);
bool winvm_arena_room(struct winvm_process *process, const struct winvm_alloc_plan *plan, u64 *vpn);
bool winvm_arena_exec_differs(struct winvm_process *process, struct winvm_span span, bool exec);
u32 winvm_arena_exec(struct winvm_process *process, struct winvm_span span, bool exec);
int winvm_arena_map(struct winvm_process *process, struct winvm_window window, bool exec,
		    unsigned long fixed);
void winvm_arena_hull(struct winvm_arena *arena);
void winvm_arena_init(struct winvm_arena *arena, const struct winvm_bounds *bounds);
void winvm_arena_zone(struct winvm_arena *arena, const struct winvm_bounds *bounds);
void winvm_arena_unmapped(struct winvm_process *process, unsigned long start, unsigned long end);
bool winvm_arena_owns(const struct winvm_process *process, const struct vm_area_struct *vma);

/* The page offset in the arena's file, off by one from the address (see arena.c). */
static inline pgoff_t winvm_arena_pgoff(u64 vpn)
{
	return vpn + 1;
}

static inline u64 winvm_arena_vpn(pgoff_t index)
{
	return index - 1;
}

/* backing.c */
u32 winvm_backing_create(struct winvm_process *process);
struct file *winvm_backing_file(const char *name, loff_t bytes);
struct file *winvm_backing_counted(const char *name, loff_t bytes);
void winvm_backing_end(struct inode *inode);
struct file *winvm_backing_another(struct file *file, const struct file_operations *ops);
void winvm_backing_ops(struct file_operations *ops);
bool winvm_backing_maps(struct winvm_process *process, const struct vm_area_struct *vma);
unsigned long winvm_backing_flags(const struct winvm_process *process,
				  const struct vm_area_struct *vma);
int winvm_backing_mmap(struct winvm_process *process, struct file *file,
		       struct vm_area_struct *vma, unsigned long flags);
int winvm_backing_load(void);
void winvm_backing_unload(void);

/* window.c */
int winvm_windows_reserve(struct winvm_windows *windows);
void winvm_windows_add(struct winvm_windows *windows, struct winvm_window window);
int winvm_windows_cut(struct winvm_windows *windows, struct winvm_window window);
bool winvm_windows_cover(const struct winvm_windows *windows, struct winvm_span span);
bool winvm_windows_missing(const struct winvm_windows *windows, struct winvm_span span,
			   struct winvm_window *missing);
u64 winvm_windows_gap(const struct winvm_windows *windows, const struct winvm_vad_tree *vads,
		      const struct winvm_gap *want, bool top_down);

/* mend.c: alone */
int winvm_mend(struct winvm_process *process);

/* hole.c */
int winvm_hole_around(struct mm_struct *mm, struct winvm_window need, struct winvm_window *hole);
int winvm_hole_find(struct mm_struct *mm, const struct winvm_gap *want, bool top_down,
		    struct winvm_window *hole);

/* remote.c */
struct task_struct *winvm_mm_owner(struct mm_struct *mm);
int winvm_map(struct winvm_process *process, const struct winvm_patch *patch);
int winvm_remote_init(void);
void winvm_remote_exit(void);

/* fault.c */
int winvm_mark_written(struct winvm_process *process, u64 vpn, winvm_pstate_t state,
		       struct folio *folio);
extern const struct vm_operations_struct winvm_fault_data_ops;
struct winvm_process *winvm_fault_owner(const struct file *file);
enum winvm_access winvm_fault_access(const struct vm_fault *vmf);
const struct vm_operations_struct *winvm_fault_ops(const struct vm_operations_struct *core);

/* touch.c: in a page fault; and after a change of states */
#define WINVM_TOUCH_MOST	64U	/* pages in a batch */

bool winvm_touch_present(struct address_space *mapping, pgoff_t index);
bool winvm_touch(struct winvm_process *process, struct vm_fault *vmf);
void winvm_touch_wait(struct winvm_process *process);

/* folio.c */
void winvm_folio_mount(struct winvm_arena *arena, const struct vfsmount *mount);
bool winvm_folio_next(const struct winvm_process *process, struct address_space *mapping,
		      pgoff_t index);
bool winvm_folio_wanted(struct winvm_process *process, const struct vm_fault *vmf);
struct folio *winvm_folio_begin(struct winvm_process *process, struct address_space *mapping,
				pgoff_t index);
bool winvm_folio_stays(struct winvm_process *process, struct folio *folio);
void winvm_folio_drop(struct address_space *mapping, struct page *page);
unsigned int winvm_folio_left(const struct vm_fault *vmf);

/* reset.c */
void winvm_reset_span(struct winvm_process *process, struct winvm_span span);
bool winvm_reset_undo(struct winvm_process *process, struct winvm_span span,
		      winvm_pstate_t offered);
winvm_pstate_t winvm_reset_written(winvm_pstate_t state, u64 vpn, struct folio *folio);

/* revoke.c */
void winvm_revoke_for(struct winvm_process *process, struct winvm_span span,
		      winvm_pstate_t state);
void winvm_revoke_write(struct winvm_process *process, struct winvm_span span);
int winvm_revoke_armed(struct winvm_process *process, struct winvm_span span);
void winvm_revoke_access(struct winvm_process *process, struct winvm_span span);
void winvm_revoke_presence(struct winvm_process *process, struct winvm_span span);
void winvm_revoke_here(const struct winvm_view *view, struct winvm_span span);
void winvm_revoke_view(const struct winvm_view *view, struct winvm_span span);
void winvm_revoke_contents(struct winvm_process *process, struct winvm_span span);

/* entries.c: a VAD held, or alone */
void winvm_entries_grant(struct winvm_process *process, const struct winvm_vad *vad,
			 struct winvm_span span);
void winvm_entries_age(struct winvm_process *process, struct winvm_span span);

/**
 * struct winvm_entries_found - what entries of page tables say
 * @pages: entries of pages that are present
 * @odd: one was not as expected
 * @locked: a page was locked
 * @pinned: a page was pinned
 */
struct winvm_entries_found {
	u64 pages;
	bool odd;
	bool locked;
	bool pinned;
};

bool winvm_entries_clean(struct winvm_process *process, struct winvm_span span, bool armed,
			 struct winvm_entries_found *found);

/* tables.c: alone */
bool winvm_tables_many(struct winvm_span span);
void winvm_tables_return(struct winvm_process *process, struct winvm_span span);

/* watch.c */
void winvm_watch_latch(struct winvm_process *process, struct winvm_span span);

/* lock.c */
u64 winvm_unpin_locked(struct winvm_process *process, struct winvm_span span);
void winvm_unlock_span(struct winvm_process *process, struct winvm_span span);
void winvm_lock_map(struct winvm_process *process, struct winvm_span span);
void winvm_lock_copied(struct winvm_process *process, u64 vpn, struct page *from, struct page *to);

/* walk.c: under mmap_lock */
enum winvm_entry_kind {
	WINVM_ENTRY_NONE,
	WINVM_ENTRY_PRESENT,
	WINVM_ENTRY_SWAPPED,
	WINVM_ENTRY_BAD,	/* the memory is broken */
};

#define WINVM_NO_PFN	(~0UL)

/**
 * struct winvm_entry - what the page tables say of a page
 * @address: of the page
 * @pfn: where it is, if present; WINVM_NO_PFN while it moves
 * @shift: of the entry: PAGE_SHIFT, or more for a huge page, or where there is
 *	no table further down
 * @kind: what the entry is
 * @node: NUMA node
 * @mapcount: how often it is mapped; 0 if @anon
 * @writable: without a fault
 * @anon: of no file
 * @special: Linux keeps no account of it: the zero page, a device's memory
 */
struct winvm_entry {
	unsigned long address;
	unsigned long pfn;
	unsigned int shift;
	enum winvm_entry_kind kind;
	unsigned int node;
	unsigned int mapcount;
	bool writable;
	bool anon;
	bool special;
};

void winvm_walk_at(struct vm_area_struct *vma, unsigned long address, struct winvm_entry *entry);
bool winvm_walk_next(struct vm_area_struct *vma, unsigned long *address, unsigned long end,
		     unsigned int *steps, struct winvm_entry *entry);

/**
 * struct winvm_ws_scan - a walk through the working set
 * @address: where it goes on
 * @end: where it ends
 * @steps: entries of page tables that may be looked at
 * @ours: the arena only
 */
struct winvm_ws_scan {
	unsigned long address;
	unsigned long end;
	unsigned int steps;
	bool ours;
};

/* working_set.c */
void winvm_ws_init(struct winvm_ws *ws);
bool winvm_ws_counts(const struct vm_area_struct *vma);
struct vm_area_struct *winvm_ws_next(struct winvm_process *process, struct winvm_ws_scan *scan,
				     struct winvm_entry *entry);
void winvm_ws_faulted(struct winvm_process *process, const struct vm_fault *vmf);
void winvm_ws_attend(struct winvm_process *process);

/* pages.c */
int winvm_pages_lock(struct winvm_process *process);
void winvm_pages_unlock(struct winvm_process *process);
int winvm_ws_private(struct winvm_process *process, u64 *pages);

/* changes.c */
void winvm_changes_note(struct winvm_process *process, const struct vm_fault *vmf);
void winvm_changes_forget(struct winvm_process *process);

/* foreign.c: under process->call */
u32 winvm_foreign_protect(const struct vm_area_struct *vma);
void winvm_foreign_describe(struct mm_struct *mm, struct vm_area_struct *vma,
			    struct winvm_region *region);
int winvm_foreign_region(struct winvm_process *process, unsigned long address,
			 unsigned long end, struct winvm_region *region);
int winvm_foreign_allocation(struct winvm_process *process, unsigned long address,
			     struct winvm_query_allocation *answer);
int winvm_foreign_file(struct winvm_process *process, unsigned long address, struct file **file);
int winvm_foreign_part(struct winvm_process *process, struct winvm_span span,
		       struct winvm_file_part *part);

/**
 * struct winvm_allowances - those of all
 * @pages: what processes may commit without being weighed, with what they have
 * @processes: how many have committed anything
 */
struct winvm_allowances {
	u64 pages;
	unsigned int processes;
};

/* allowance.c */
void winvm_allowance_totals(struct winvm_allowances *totals);
void winvm_allowance_init(struct winvm_allowance *allowance);
void winvm_allowance_end(struct winvm_allowance *allowance);
bool winvm_allowance_try(struct winvm_process *process, u64 pages);
void winvm_allowance_trim(struct winvm_process *process);
void winvm_allowance_limit(struct winvm_process *process, u64 pages);
void winvm_allowance_limit_job(struct winvm_job *job, u64 pages);
void winvm_allowance_forget(struct winvm_process *process);
u64 winvm_commit_ceiling(struct winvm_process *process);
u64 winvm_commit_left(struct winvm_process *process);
bool winvm_groups_have(struct winvm_process *process, u64 pages);

/* promise.c */
u64 winvm_promise_pages(void);
bool winvm_promise_cover(const u64 *committed, u64 taken);
void winvm_promise_trim(const u64 *committed);
int winvm_promise_load(void);
void winvm_promise_unload(void);

/**
 * struct winvm_faults - page faults of a process
 * @soft: those that needed nothing from a disk
 * @hard: those that did
 */
struct winvm_faults {
	u64 soft;
	u64 hard;
};

/* counters.c */
void winvm_faults_of(struct task_struct *task, struct winvm_faults *faults);
u64 winvm_resident_of(struct mm_struct *mm, struct task_struct *owner);

/**
 * struct winvm_commit_totals - commit of the system, in pages
 * @pages: of all processes and sections
 * @peak: the most that was
 * @limit: RAM plus swap
 */
struct winvm_commit_totals {
	u64 pages;
	u64 peak;
	u64 limit;
};

/* commit.c */
void winvm_commit_totals(struct winvm_commit_totals *totals);
struct winvm_user *winvm_user_get(kuid_t uid);
void winvm_user_put(struct winvm_user *user);
u32 winvm_commit_take(struct winvm_process *process, u64 pages);
void winvm_commit_return(struct winvm_process *process, u64 pages);
u32 winvm_commit_take_shared(u64 pages);
void winvm_commit_return_shared(u64 pages);
bool winvm_user_books_take(struct winvm_user *user, u64 bytes);
void winvm_user_books_return(struct winvm_user *user, u64 bytes);
bool winvm_user_based_take(struct winvm_user *user, u64 pages, u64 limit);
void winvm_user_based_return(struct winvm_user *user, u64 pages);
bool winvm_books_take(struct winvm_process *process, u64 bytes);
void winvm_books_return(struct winvm_process *process, u64 bytes);
u32 winvm_states_prepare(struct winvm_process *process, struct winvm_span span);
u32 winvm_states_prepare_free(struct winvm_process *process, struct winvm_span span);
void winvm_states_abandon(struct winvm_process *process, struct winvm_span span);
void winvm_states_settle(struct winvm_process *process);
void winvm_states_trim(struct winvm_process *process);
u64 winvm_swap_pages(bool now);
void winvm_commit_learn(struct vfsmount *proc);
void winvm_commit_forget(void);

#endif
