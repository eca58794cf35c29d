// SPDX-License-Identifier: GPL-2.0
/*
 * Names of sections. Each user has a directory of his own in each IPC
 * namespace; which one a call means is decided by who calls, never by what he
 * says. So there is no name by which another user's section could be found.
 *
 * The directories are one tree, ordered by user and namespace first. A name is
 * in it exactly as long as its section has descriptors, whoever holds them
 * (SPEC SE-12): both change under one lock. It keeps its namespace, so that
 * none that comes later at the same place finds it.
 */

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/**
 * struct winvm_name - of a section, or one that is looked for
 * @node: in winvm_names, while @handles is not 0
 * @uid: the user whose directory it is in
 * @ipc: the namespace, a reference
 * @section: what it names; no reference, for each handle has one
 * @handles: descriptors of @section
 * @bytes: of @text
 * @text: no zero at its end
 */
struct winvm_name {
	struct rb_node node;
	kuid_t uid;
	struct ipc_namespace *ipc;
	struct winvm_section *section;
	unsigned long handles;
	u32 bytes;
	char text[];
};

static struct rb_root winvm_names = RB_ROOT;
static DEFINE_SPINLOCK(winvm_names_lock);

/* What put_ipc_ns() is, which modules may not call. */
static void winvm_ipc_put(struct ipc_namespace *ipc)
{
	if (IS_ENABLED(CONFIG_IPC_NS))
		ipc->ns.ops->put(&ipc->ns);
}

void winvm_name_free(struct winvm_name *name)
{
	if (!name)
		return;
	winvm_ipc_put(name->ipc);
	kfree(name);
}

/* For the books. */
u64 winvm_name_bytes(const struct winvm_name *name)
{
	return struct_size(name, text, name->bytes);
}

/*
 * A user is whose files one makes (effective id): a setuid program neither finds
 * what its caller has prepared nor leaves anything for him.
 */
static struct winvm_name *winvm_name_new(u32 bytes)
{
	struct winvm_name *name = kzalloc(struct_size(name, text, bytes), GFP_KERNEL_ACCOUNT);

	if (!name)
		return NULL;
	name->uid = current_euid();
	name->ipc = get_ipc_ns(current->nsproxy->ipc_ns);
	name->bytes = bytes;
	return name;
}

/*
 * winvm_name_read() - a name in the caller's directory, as the caller has written it
 * @at: address of @bytes
 *
 * Return: 0 with *@made if *@status is STATUS_SUCCESS; -EFAULT, -ENOMEM.
 */
int winvm_name_read(u64 at, u32 bytes, struct winvm_name **made, u32 *status)
{
	struct winvm_name *name;

	*status = winvm_check_name_length(bytes);
	if (*status)
		return 0;
	name = winvm_name_new(bytes);
	if (!name)
		return -ENOMEM;
	if (copy_from_user(name->text, u64_to_user_ptr(at), bytes)) {
		winvm_name_free(name);
		return -EFAULT;
	}
	*status = winvm_check_name(name->text, bytes);
	if (*status)
		winvm_name_free(name);
	else
		*made = name;
	return 0;
}

/* What others have written is looked at last, and only by its own user. */
static int winvm_name_compare(const struct winvm_name *a, const struct winvm_name *b)
{
	if (!uid_eq(a->uid, b->uid))
		return uid_lt(a->uid, b->uid) ? -1 : 1;
	if (a->ipc != b->ipc)
		return a->ipc < b->ipc ? -1 : 1;
	return winvm_name_order(a->text, a->bytes, b->text, b->bytes);
}

static int winvm_name_compare_key(const void *key, const struct rb_node *node)
{
	return winvm_name_compare(key, rb_entry(node, struct winvm_name, node));
}

static int winvm_name_compare_node(struct rb_node *fresh, const struct rb_node *node)
{
	return winvm_name_compare_key(rb_entry(fresh, struct winvm_name, node), node);
}

static struct winvm_section *winvm_name_take(struct rb_node *node)
{
	struct winvm_name *name;

	lockdep_assert_held(&winvm_names_lock);
	if (!node)
		return NULL;
	name = rb_entry(node, struct winvm_name, node);
	name->handles++;
	return winvm_section_get(name->section);
}

/* winvm_name_find() - the section with that name, a reference and a handle; or NULL */
struct winvm_section *winvm_name_find(const struct winvm_name *name)
{
	struct winvm_section *section;

	spin_lock(&winvm_names_lock);
	section = winvm_name_take(rb_find(name, &winvm_names, winvm_name_compare_key));
	spin_unlock(&winvm_names_lock);
	return section;
}

/*
 * winvm_name_enter() - a new section's name gets into the directory, with one handle
 *
 * Return: NULL; or, as winvm_name_find(), the section that has the name.
 */
struct winvm_section *winvm_name_enter(struct winvm_name *name, struct winvm_section *section)
{
	struct winvm_section *other;

	name->section = section;
	spin_lock(&winvm_names_lock);
	other = winvm_name_take(rb_find_add(&name->node, &winvm_names, winvm_name_compare_node));
	if (!other)
		name->handles = 1;
	spin_unlock(&winvm_names_lock);
	return other;
}

/* winvm_name_hold() - another handle, for who has one */
void winvm_name_hold(struct winvm_name *name)
{
	spin_lock(&winvm_names_lock);
	name->handles++;
	spin_unlock(&winvm_names_lock);
}

/* winvm_name_close() - a handle less; with the last one the name goes (SPEC SE-12) */
void winvm_name_close(struct winvm_name *name)
{
	spin_lock(&winvm_names_lock);
	if (!--name->handles)
		rb_erase(&name->node, &winvm_names);
	spin_unlock(&winvm_names_lock);
}
