/* SPDX-License-Identifier: MIT */
/*
 * The program winvm: looks at the memory of processes, and sets what may be set.
 *
 *   winvm     the subcommands
 *   ps, monitor, limit, walk, map, vad, pte, pfn, vm, top, record, report, diff   one each
 *   process, event   what ps and monitor show of one
 *   region    what walk shows of one, and the walk itself
 *   kind      kinds of memory, by which map sums up
 *   resident  what is in memory
 *   bar, strip   pictures of amounts, and of where they lie
 *   memory, pagefile, commit   what vm shows of the machine
 *   amount    lists of amounts
 *   sample, top-frame, top-live   what top knows of a moment, and shows of it
 *   curtain, pane, ink   the whole terminal, what of many lines is seen, their colours
 *   looker    who makes a map meanwhile
 *   tree      the tree of VADs, put together and checked
 *   address   addresses, and the parts they are made of
 *   entry     entries of page tables
 *   translation   addresses through the page tables of a process
 *   page      what a page is, by that
 *   frame     what a page frame is, by its flags
 *   frames    those of the machine
 *   target    a process that is looked into
 *   account   what winvm counts of one that is looked into
 *   backing   what is behind regions
 *   ask       who is asked: the module by netlink, and what to do when it refuses
 *   output    --json, --csv, units
 *   flow      things side by side, on as many lines as it takes
 *   line      a title and a text beside it
 *   recording   samples over time: what is in them, written, read; scan: what json-c reads
 *   sampler   samples of a process
 *   change, history, totals   what differs between samples, and what they tell in all
 *   html      a recording as a page
 *   result    files that are made
 *   duration  times as people write them
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
int pte_run(int argc, char **argv);
int pfn_run(int argc, char **argv);
int record_run(int argc, char **argv);
int report_run(int argc, char **argv);
int diff_run(int argc, char **argv);
int vm_run(int argc, char **argv);
int top_run(int argc, char **argv);
int limit_run(int argc, char **argv);

#endif
