/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rooms of sections and views share: section, directory, reserve,
 * based, view, datafile, flush, image, image_view, cow, shrink and inherit. The locking
 * of all of it stands in winvm.h.
 */
#ifndef WINVM_SECTION_H
#define WINVM_SECTION_H

#include "winvm.h"

/**
 * struct winvm_section - memory that views show (SPEC 11)
 * @refs: descriptors and views
 * @user: who created it, and pays for its bookkeeping
 * @file: shmem file of its contents, page offset: that in the section, plus one;
 *	or, with @origin, the file whose pages views show, page offset as it is;
 *	of an image that of its pages
 * @origin: the user's file, opened again; NULL for the page file
 * @here: among the sections of users' files
 * @shape: what it is
 * @map: which pages are committed, of a SEC_RESERVE section; without words: all
 * @committed: pages that are charged to the system (SPEC CC-3)
 * @name: its own, or NULL
 * @place: of a SEC_BASED section, where it is mapped; see based.c
 */
struct winvm_section {
	struct kref refs;
	struct winvm_user *user;
	struct file *file;
	struct file *origin;
	struct hlist_node here;
	struct winvm_section_shape shape;
	struct winvm_name *name;
	struct winvm_commit_map map;
	atomic64_t committed;
	struct winvm_vad place;
};

struct winvm_copies;

/**
 * struct winvm_view - what a VAD of kind WINVM_VAD_VIEW shows
 * @process: whose VAD; kept by @arena
 * @arena: its arena's file, a reference
 * @section: a reference
 * @file: the view's own on the section's inode; its release ends the view. The
 *	VAD has a reference, and so have VMAs
 * @span: where
 * @pgoff: page of @file at the start of @span
 * @protect: of the VAD
 * @flags: of the VAD
 * @shared: a child of fork has it, too (SPEC SE-36)
 * @data: of a view of a user's file: its file's operations
 * @core: of such a view that is mapped: the file system's hooks, else NULL
 * @live: the VAD is there, and shows it
 * @prepaid: all pages are charged, whatever protection they have
 * @copies: the arena may hold copies of its pages
 * @known: to the shrinker, NULL while nothing was copied
 * @charged: pages that are charged to the process (SPEC CC-4)
 */
struct winvm_view {
	struct winvm_process *process;
	struct file *arena;
	struct winvm_section *section;
	struct file *file;
	struct winvm_span span;
	pgoff_t pgoff;
	struct winvm_data *data;
	const struct vm_operations_struct *core;
	u16 protect;
	u16 flags;
	bool shared;
	bool live;
	bool prepaid;
	bool copies;
	struct winvm_copies *known;
	u64 charged;
};

static inline bool winvm_view_of_data(const struct winvm_view *view)
{
	return view->section->origin;
}

static inline bool winvm_view_of_image(const struct winvm_view *view)
{
	return winvm_section_image(&view->section->shape);
}

/* section.c */
struct winvm_section *winvm_section_get(struct winvm_section *section);
void winvm_section_put(struct winvm_section *section);
u32 winvm_section_of(int number, u32 rights, struct winvm_section **section, u32 *access);

/* The page offset in a section's file, off by one from that in the section (see arena.c). */
static inline pgoff_t winvm_section_pgoff(u64 page)
{
	return page + 1;
}

static inline struct winvm_section_shape winvm_section_shape(const struct winvm_section *section)
{
	struct winvm_section_shape shape = section->shape;

	shape.bytes = READ_ONCE(section->shape.bytes);
	return shape;
}

/* datafile.c */
u32 winvm_data_section(struct winvm_section *section, int number);
void winvm_data_end(struct winvm_section *section);
u32 winvm_data_extend(struct winvm_section *section, u64 bytes);
int winvm_data_open(struct winvm_view *view);
struct winvm_view *winvm_data_view(const struct file *file);
vm_fault_t winvm_data_fault(struct winvm_view *view, struct vm_fault *vmf);
vm_fault_t winvm_data_written(struct winvm_view *view, struct vm_fault *vmf);
struct page *winvm_data_page(const struct winvm_view *view, u64 vpn);
bool winvm_data_writable(const struct winvm_view *view);
bool winvm_data_known(const struct inode *inode);
bool winvm_data_noexec(const struct file *file);
void winvm_data_close(struct winvm_view *view);
bool winvm_data_alike(struct winvm_view *view);

/* directory.c */
int winvm_name_read(u64 at, u32 bytes, struct winvm_name **made, u32 *status);
void winvm_name_free(struct winvm_name *name);
u64 winvm_name_bytes(const struct winvm_name *name);
struct winvm_section *winvm_name_find(const struct winvm_name *name);
struct winvm_section *winvm_name_enter(struct winvm_name *name, struct winvm_section *section);
void winvm_name_hold(struct winvm_name *name);
void winvm_name_close(struct winvm_name *name);

/* image.c */
u32 winvm_image_section(struct winvm_section *section, int number);
struct file *winvm_image_again(struct file *file);
const struct winvm_pe *winvm_image_pe(const struct file *file);
void winvm_image_describe(const struct file *file, struct winvm_query_section *answer);
int winvm_image_load(void);
void winvm_image_unload(void);

/* image_view.c: all under process->call for writing */
u32 winvm_image_protect(struct winvm_process *process, struct winvm_view *view);
u64 winvm_image_vpn(const struct winvm_section *section, u64 offset);

/* Where in its section a view begins, in bytes. */
static inline u64 winvm_view_offset(const struct winvm_view *view)
{
	pgoff_t page = winvm_view_of_data(view) ? view->pgoff : view->pgoff - 1;

	return (u64)page << PAGE_SHIFT;
}

static inline u64 winvm_section_page(pgoff_t pgoff)
{
	return pgoff - 1;
}

/* based.c */
u32 winvm_based_place(struct winvm_section *section);
void winvm_based_forget(struct winvm_section *section);

/* reserve.c: with a process under process->call */
u32 winvm_reserve_new(struct winvm_section *section);
void winvm_reserve_free(struct winvm_section *section);
bool winvm_view_committed(const struct winvm_view *view, u64 vpn);
u32 winvm_view_charge(const struct winvm_view *view, struct winvm_span span, u64 *charged);
void winvm_view_charged(const struct winvm_view *view, struct winvm_span span, u64 charged);
winvm_pstate_t winvm_vad_state(struct winvm_process *process, const struct winvm_vad *vad,
			       u64 vpn);
winvm_pstate_t winvm_state_at(struct winvm_process *process, u64 vpn);
u64 winvm_vad_run(struct winvm_process *process, const struct winvm_vad *vad,
		  struct winvm_span span, bool committed, winvm_pstate_t mask);
u64 winvm_vad_look(struct winvm_process *process, const struct winvm_vad *vad,
		   struct winvm_span span, winvm_pstate_t mask, winvm_pstate_t *state);
u64 winvm_vad_committed(struct winvm_process *process, const struct winvm_vad *vad,
			struct winvm_span span);

/* view.c: those with a process under process->call */
struct winvm_view *winvm_view_of(const struct file *file);
pgoff_t winvm_view_pgoff(const struct winvm_view *view, u64 vpn);
bool winvm_view_shows(const struct winvm_view *view, u64 vpn, pgoff_t pgoff);
struct address_space *winvm_view_mapping(const struct winvm_view *view);
u32 winvm_view_type(const struct winvm_view *view);
struct winvm_view *winvm_view_part(struct winvm_process *process, struct winvm_window *window);
u32 winvm_view_new(struct winvm_process *process, struct winvm_section *section,
		   struct winvm_span span, u64 offset, struct winvm_view **made);
u32 winvm_view_show(struct winvm_process *process, struct winvm_vad *vad);
void winvm_view_enter(struct winvm_process *process, struct winvm_vad *vad, bool placeholder);
void winvm_view_leave(struct winvm_process *process, struct winvm_vad *vad, bool placeholder);
void winvm_view_end(struct winvm_process *process, struct winvm_vad *vad, bool placeholder);
void winvm_view_free(struct winvm_view *view);
void winvm_view_close(struct winvm_view *view);
void winvm_view_drop(struct winvm_process *process, struct winvm_vad *vad);
u32 winvm_view_commit(struct winvm_process *process, struct winvm_vad *vad,
		      struct winvm_span span, u32 protect);

/* cow.c: of the faults, and then of the calls, under process->call for writing */
bool winvm_cow_agrees(const struct file *file, const struct folio *folio, winvm_pstate_t state);
bool winvm_cow_strange(const struct file *file, const struct folio *folio);
struct page *winvm_cow_page(const struct vm_fault *vmf);
void winvm_cow_late(const struct vm_fault *vmf);
void winvm_cow_put(struct winvm_process *process, u64 vpn, struct page *copy);
vm_fault_t winvm_cow_copy(struct winvm_process *process, const struct vm_fault *vmf,
			  struct page *copy);
vm_fault_t winvm_cow_serve(struct vm_fault *vmf);
vm_fault_t winvm_cow_mkwrite(struct winvm_process *process, struct vm_fault *vmf);
u32 winvm_cow_map_image(struct winvm_process *process, struct winvm_view *view);
u32 winvm_cow_map(struct winvm_process *process, struct winvm_view *view, u32 protect);
u32 winvm_cow_charge(struct winvm_process *process, struct winvm_vad *vad,
		     struct winvm_span span, winvm_pstate_t state, u64 *most);
void winvm_cow_settle(struct winvm_process *process, struct winvm_vad *vad,
		      struct winvm_span span, u64 most);
void winvm_cow_end(struct winvm_process *process, struct winvm_view *view);
void winvm_cow_drop(struct winvm_process *process, struct winvm_view *view);

/* shrink.c */
void winvm_shrink_know(struct winvm_view *view);
void winvm_shrink_wait(void);
void winvm_shrink_forget(struct winvm_view *view);
void winvm_shrink_free(struct winvm_view *view);
int winvm_shrink_load(void);
void winvm_shrink_unload(void);

#endif
