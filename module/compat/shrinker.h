/* SPDX-License-Identifier: GPL-2.0 */
/* Shrinkers that know memory cgroups, and the list of what they shrink, between kernels. */
#ifndef WINVM_COMPAT_SHRINKER_H
#define WINVM_COMPAT_SHRINKER_H

#include <linux/list_lru.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/version.h>

#define WINVM_SHRINKER_FLAGS (SHRINKER_NUMA_AWARE | SHRINKER_MEMCG_AWARE)

/* 6.7: they are allocated. Before that the list was made ready after they could be called. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline int winvm_compat_shrinker_add(struct shrinker **made, const struct shrinker *like,
					    struct list_lru *lru, const char *name)
{
	struct shrinker *shrinker = kmemdup(like, sizeof(*like), GFP_KERNEL);
	int err;

	if (!shrinker)
		return -ENOMEM;
	shrinker->flags = WINVM_SHRINKER_FLAGS;
	err = register_shrinker(shrinker, "%s", name);
	if (err)
		goto free;
	err = list_lru_init_memcg(lru, shrinker);
	if (err)
		goto unregister;
	*made = shrinker;
	return 0;

unregister:
	unregister_shrinker(shrinker);
free:
	kfree(shrinker);
	return err;
}

static inline void winvm_compat_shrinker_remove(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#else
static inline int winvm_compat_shrinker_add(struct shrinker **made, const struct shrinker *like,
					    struct list_lru *lru, const char *name)
{
	struct shrinker *shrinker = shrinker_alloc(WINVM_SHRINKER_FLAGS, "%s", name);
	int err;

	if (!shrinker)
		return -ENOMEM;
	err = list_lru_init_memcg(lru, shrinker);
	if (err) {
		shrinker_free(shrinker);
		return err;
	}
	shrinker->count_objects = like->count_objects;
	shrinker->scan_objects = like->scan_objects;
	shrinker->seeks = like->seeks;
	*made = shrinker;
	shrinker_register(shrinker);
	return 0;
}

static inline void winvm_compat_shrinker_remove(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}
#endif

/* 6.8: what belongs to the object's own memory cgroup has a name of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
static inline void winvm_compat_lru_add(struct list_lru *lru, struct list_head *item)
{
	list_lru_add(lru, item);
}

static inline void winvm_compat_lru_del(struct list_lru *lru, struct list_head *item)
{
	list_lru_del(lru, item);
}
#else
static inline void winvm_compat_lru_add(struct list_lru *lru, struct list_head *item)
{
	list_lru_add_obj(lru, item);
}

static inline void winvm_compat_lru_del(struct list_lru *lru, struct list_head *item)
{
	list_lru_del_obj(lru, item);
}
#endif

#endif
