// SPDX-License-Identifier: MIT
/*
 * winvm top on the whole screen: a list of processes, the map of one of them, help; a line
 * at the end for messages and for what is asked.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "curtain.h"
#include "ink.h"
#include "looker.h"
#include "text.h"
#include "top.h"
#include "unit.h"

/* Lines of a screen that is high enough for bars besides processes. */
#define ROWS_FOR_BARS 12

enum view {
	VIEW_LIST,
	VIEW_MAP,
	VIEW_HELP,
};

/**
 * struct live - the screen and what is on it
 * @top: what was wanted
 * @now: the last sample
 * @due: when the next one is, ns of CLOCK_MONOTONIC
 * @view: what is shown
 * @pane, @lines: of the list: the first line has the titles
 * @selected: the identity of the process that is selected; 0: none
 * @pid, @name: of that one
 * @map, @seen: the pane and the lines of the map
 * @looker: who makes it
 * @gone: that process has ended
 * @asking: for the interval, and @typed is what was typed
 * @message: at the end of the screen
 * @quit: it ends
 */
struct live {
	struct top *top;
	struct sample now;
	uint64_t due;
	enum view view;
	struct pane pane;
	struct ink_lines lines;
	uint64_t selected;
	uint32_t pid;
	char *name;
	struct pane map;
	struct ink_lines seen;
	struct looker looker;
	bool gone;
	bool asking;
	char typed[16];
	char message[160];
	bool quit;
};

static volatile sig_atomic_t live_ended, live_resized;

static void on_signal(int number)
{
	if (number == SIGWINCH)
		live_resized = 1;
	else
		live_ended = number;
}

/* They come while we wait, at no other time. */
static void catch_signals(sigset_t *waiting)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t caught;

	sigemptyset(&caught);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaddset(&caught, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &caught, waiting);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigdelset(waiting, numbers[i]);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void __attribute__((format(printf, 2, 3))) say(struct live *live, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(live->message, sizeof(live->message), format, arguments);
	va_end(arguments);
}

static void print_list(struct live *live)
{
	ink_catch();
	top_frame_processes(&live->top->frame, &live->now);
	ink_split(&live->lines, ink_caught());
}

static void select_process(struct live *live, size_t at)
{
	const struct winvm_nl_process *process;

	pane_select(&live->pane, at);
	live->selected = 0;
	if (!live->now.commit.count)
		return;
	process = live->now.rows[live->pane.at].process;
	free(live->name);
	live->selected = process->id;
	live->pid = process->pid;
	live->name = text_clean(process->comm);
}

/* Whatever moves, the same process is selected, if it is there yet. */
static void arrange(struct live *live)
{
	size_t at;

	sample_sort(&live->now, live->top->frame.order, live->top->frame.reverse);
	print_list(live);
	live->pane.count = live->now.commit.count;
	at = sample_find(&live->now, live->selected);
	if (at < live->now.commit.count) {
		pane_select(&live->pane, at);
		return;
	}
	if (live->selected)
		say(live, "process %u (%s) has ended", live->pid, live->name);
	live->gone = true;
	if (live->view != VIEW_MAP)
		select_process(live, live->pane.at);
}

static void look(struct live *live)
{
	if (!live->looker.child && !live->gone &&
	    !looker_start(&live->looker, live->pid, curtain_columns()))
		say(live, "cannot look: %s", strerror(errno));
}

static int sample(struct live *live)
{
	struct sample next;
	int error = sample_take(live->top->nl, &next);

	if (error)
		return error;
	sample_rate(&next, &live->now);
	sample_forget(&live->now);
	live->now = next;
	arrange(live);
	if (live->view == VIEW_MAP)
		look(live);
	live->due = now_ns() + live->top->frame.interval * 1000000;
	return 0;
}

static void show_map(struct live *live)
{
	if (!live->selected)
		return;
	live->view = VIEW_MAP;
	live->gone = false;
	live->map = (struct pane){ 0 };
	ink_split(&live->seen, NULL);
	say(live, "looking at process %u (%s)", live->pid, live->name);
	look(live);
}

static void show_list(struct live *live)
{
	looker_stop(&live->looker);
	live->view = VIEW_LIST;
	live->message[0] = 0;
	live->selected = live->gone ? 0 : live->selected;
	arrange(live);
	if (!live->selected)
		select_process(live, live->pane.at);
}

/* What was seen before stays on the screen when there is nothing to be seen any more. */
static void read_map(struct live *live)
{
	struct ink_lines lines = { 0 };

	switch (looker_read(&live->looker)) {
	case LOOKER_LOOKS:
		return;
	case LOOKER_HAS_SEEN:
		ink_split(&live->seen, looker_take(&live->looker));
		if (!live->gone)
			live->message[0] = 0;
		return;
	case LOOKER_FAILED:
		ink_split(&lines, looker_take(&live->looker));
		if (!live->gone)
			say(live, "%s", lines.count ? lines.at[lines.count - 1] : "cannot look");
		ink_forget(&lines);
	}
}

static size_t draw_head(struct live *live)
{
	struct ink_lines head = { 0 };
	bool bars = curtain_rows() >= ROWS_FOR_BARS;
	size_t row;

	ink_catch();
	top_frame_head(&live->top->frame, &live->now, bars);
	ink_split(&head, ink_caught());
	for (row = 0; row < head.count && row + 4 < curtain_rows(); row++)
		curtain_line(row, head.at[row], false);
	ink_forget(&head);
	return row;
}

static void draw_list(struct live *live)
{
	size_t row = draw_head(live), rows = curtain_rows();

	pane_fit(&live->pane, live->now.commit.count, rows > row + 2 ? rows - row - 2 : 1);
	if (live->lines.count)
		curtain_line(row, live->lines.at[0], false);
	for (size_t i = 0; i < live->pane.height; i++) {
		size_t at = live->pane.first + i;

		if (at + 1 < live->lines.count)
			curtain_line(row + 1 + i, live->lines.at[at + 1], at == live->pane.at);
	}
	if (!live->now.commit.count)
		curtain_line(row + 1, "nobody who may be seen uses winvm", false);
}

static void draw_map(struct live *live)
{
	char title[160];
	size_t rows = curtain_rows();

	pane_fit(&live->map, live->seen.count, rows > 2 ? rows - 2 : 1);
	snprintf(title, sizeof(title), "\033[1mmap of %u (%s)\033[0m  lines %zu to %zu of %zu",
		 live->pid, live->name, live->map.first + (live->seen.count > 0),
		 live->map.first + live->map.height < live->seen.count ?
			 live->map.first + live->map.height :
			 live->seen.count,
		 live->seen.count);
	curtain_line(0, title, false);
	for (size_t i = 0; i < live->map.height; i++)
		if (live->map.first + i < live->seen.count)
			curtain_line(1 + i, live->seen.at[live->map.first + i], false);
}

static void draw_help(void)
{
	static const char *const help[] = {
		"\033[1mKeys\033[0m",
		"  up, down, PgUp, PgDn, Home, End   select",
		"  Enter     map of the process",
		"  c         by what is committed",
		"  w         by working set",
		"  f         by faults in a second",
		"  p, n      by PID, by name",
		"  r         the other way",
		"  d, s      seconds between samples",
		"  h, ?      this",
		"  Esc, q    back; of the list, q ends",
	};

	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		curtain_line(i, help[i], false);
}

static const char *keys_of(enum view view)
{
	return view == VIEW_LIST ? "\033[90mEnter map  c w f p n sort  r reverse  d delay  h help"
				   "  q quit\033[0m" :
				   "\033[90mEsc goes back\033[0m";
}

static void draw(struct live *live)
{
	char line[256];

	curtain_clear();
	if (live->view == VIEW_LIST)
		draw_list(live);
	else if (live->view == VIEW_MAP)
		draw_map(live);
	else
		draw_help();
	if (live->asking)
		snprintf(line, sizeof(line), "seconds between samples: %s_", live->typed);
	else if (live->message[0] && live->view == VIEW_MAP)
		snprintf(line, sizeof(line), "%s; Esc goes back", live->message);
	else
		snprintf(line, sizeof(line), "%s",
			 live->message[0] ? live->message : keys_of(live->view));
	curtain_line(curtain_rows() - 1, line, false);
	curtain_show();
}

static void type(struct live *live, int key)
{
	size_t typed = strlen(live->typed);

	if (key == KEY_IS_ENTER) {
		live->asking = false;
		if (!unit_parse_seconds(live->typed, TOP_LEAST, TOP_MOST,
					&live->top->frame.interval))
			say(live, "no time: say 0.1 to 3600 seconds");
		live->due = now_ns() + live->top->frame.interval * 1000000;
	} else if (key == KEY_IS_ESCAPE) {
		live->asking = false;
	} else if (key == KEY_IS_BACKSPACE && typed) {
		live->typed[typed - 1] = 0;
	} else if (key > ' ' && key < 127 && typed + 1 < sizeof(live->typed)) {
		live->typed[typed] = (char)key;
		live->typed[typed + 1] = 0;
	}
}

static void sort_by(struct live *live, enum sample_order order)
{
	live->top->frame.order = order;
	live->top->frame.reverse = false;
	arrange(live);
}

/* True if it was such a key. */
static bool sorted(struct live *live, int key)
{
	static const char keys[] = { [SAMPLE_COMMITTED] = 'c',
				     [SAMPLE_RESIDENT] = 'w',
				     [SAMPLE_FAULTS] = 'f',
				     [SAMPLE_PID] = 'p',
				     [SAMPLE_NAME] = 'n' };

	for (enum sample_order order = 0; order < SAMPLE_ORDERS; order++)
		if (key == keys[order]) {
			sort_by(live, order);
			return true;
		}
	if (key != 'r')
		return false;
	live->top->frame.reverse = !live->top->frame.reverse;
	arrange(live);
	return true;
}

static void press_in_list(struct live *live, int key)
{
	live->message[0] = 0;
	if (key >= KEY_IS_MOVE && key <= KEY_IS_MOVE + PANE_END) {
		pane_move(&live->pane, (enum pane_move)(key - KEY_IS_MOVE));
		select_process(live, live->pane.at);
	} else if (key == KEY_IS_ENTER) {
		show_map(live);
	} else if (key == 'd' || key == 's') {
		live->asking = true;
		live->typed[0] = 0;
	} else if (key == 'h' || key == '?') {
		live->view = VIEW_HELP;
	} else if (key == 'q') {
		live->quit = true;
	} else {
		sorted(live, key);
	}
}

static void press(struct live *live, int key)
{
	if (live->asking)
		type(live, key);
	else if (live->view == VIEW_LIST)
		press_in_list(live, key);
	else if (key == KEY_IS_ESCAPE || key == 'q')
		show_list(live);
	else if (live->view == VIEW_MAP && key >= KEY_IS_MOVE && key <= KEY_IS_MOVE + PANE_END)
		pane_scroll(&live->map, (enum pane_move)(key - KEY_IS_MOVE));
}

static void resize(struct live *live)
{
	live_resized = 0;
	curtain_resize();
	print_list(live);
	if (live->view == VIEW_MAP) {
		looker_stop(&live->looker);
		look(live);
	}
}

/* Until a key, a signal, something of a map, or the next sample. */
static void wait_for(struct live *live, const sigset_t *waiting)
{
	struct pollfd polled[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = live->looker.child ? live->looker.fd : -1, .events = POLLIN },
	};
	uint64_t now = now_ns(), left = live->due > now ? live->due - now : 0;
	const struct timespec time = { (time_t)(left / 1000000000), (long)(left % 1000000000) };
	int key;

	if (ppoll(polled, 2, &time, waiting) > 0) {
		/* The terminal has gone. */
		if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			live_ended = SIGHUP;
		if (polled[1].revents)
			read_map(live);
	}
	if (live_resized)
		resize(live);
	while ((key = curtain_key()) != KEY_IS_NONE)
		press(live, key);
}

/* Minus an errno of the module's. */
static int go(struct live *live, const sigset_t *waiting)
{
	uint64_t frames = 0;
	int error = 0;

	while (!live->quit && !live_ended) {
		if (now_ns() >= live->due) {
			if (live->top->frames && frames++ == live->top->frames)
				break;
			error = sample(live);
			if (error)
				break;
			if (!live->selected)
				select_process(live, 0);
		}
		draw(live);
		wait_for(live, waiting);
	}
	return error;
}

static void forget(struct live *live)
{
	looker_stop(&live->looker);
	sample_forget(&live->now);
	ink_forget(&live->lines);
	ink_forget(&live->seen);
	free(live->name);
}

/* Who was ended by a signal shall be seen to have been, the terminal restored. */
static void end_as_told(void)
{
	sigset_t set;

	if (!live_ended)
		return;
	signal(live_ended, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, live_ended);
	raise(live_ended);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int top_live(struct top *top)
{
	struct live live = { .top = top };
	sigset_t waiting;
	int error;

	/* The terminal says how large it is. */
	unsetenv("COLUMNS");
	unsetenv("LINES");
	catch_signals(&waiting);
	if (!curtain_open()) {
		fputs("winvm top: cannot draw on this terminal: is TERM right? For text, say -b\n",
		      stderr);
		return 1;
	}
	error = go(&live, &waiting);
	curtain_close();
	forget(&live);
	end_as_told();
	return error ? top_failed(error) : 0;
}
