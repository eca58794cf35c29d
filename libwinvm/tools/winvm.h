/* SPDX-License-Identifier: MIT */
/*
 * The program winvm: looks at the memory of processes, and sets what may be set.
 *
 *   winvm     the subcommands
 *   ps, monitor, limit, walk, map, vad, vm, top   one each
 *   process, event   what ps and monitor show of one
 *   region    what walk shows of one, and the walk itself
 *   kind      kinds of memory, by which map sums up
 *   resident  what is in memory
 *   bar, strip   pictures of amounts, and of where they lie
 *   memory, pagefile, commit   what vm shows of the machine
 *   amount    lists of amounts
 *   sample, frame   what top knows of a moment, and shows of it
 *   curtain, pane, ink   the whole terminal, what of many lines is seen, their colours
 *   looker    who makes a map meanwhile
 *   tree      the tree of VADs, put together and checked
 *   target    a process that is looked into
 *   backing   what is behind regions
 *   ask       who is asked: the module by netlink, and what to do when it refuses
 *   output    --json, --csv, units
 *   table     rows and columns, in whatever form is wanted
 *   unit      sizes as people write them
 *   screen    how wide it is, and whether it has colours
 *   text      what may be shown of names that others chose
 */
#ifndef TOOLS_WINVM_H
#define TOOLS_WINVM_H

#include <argp.h>

/**
 * struct winvm_command - a subcommand
 * @name: by which it is called
 * @arguments: what comes behind the name
 * @summary: what it does, in a line
 * @run: does it; gives the exit status
 */
struct winvm_command {
	const char *name;
	const char *arguments;
	const char *summary;
	int (*run)(int argc, char **argv);
};

/* Exit status of who was called in a way that makes no sense. */
#define WINVM_MISUSED 2

int ps_run(int argc, char **argv);
int monitor_run(int argc, char **argv);
int walk_run(int argc, char **argv);
int map_run(int argc, char **argv);
int vad_run(int argc, char **argv);
int vm_run(int argc, char **argv);
int top_run(int argc, char **argv);
int limit_run(int argc, char **argv);

#endif
