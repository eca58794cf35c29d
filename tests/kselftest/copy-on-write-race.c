// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes with two views each of one section, one READWRITE and one
 * WRITECOPY: random writes, protections, unmaps, while a second thread of each
 * protects, locks and trims. After each round all is still, and every byte is
 * what the books say (SPEC SE-29, SE-30, SE-31, VQ-11). The argument says how
 * many seconds, else 3.
 */
#include <pthread.h>
#include <psapi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <winvm-seh.h>

#include "section.h"
#include "working-set.h"

#define PROCESSES 2
#define PAGES	  24
#define BYTES	  (PAGES * PAGE)
#define WORDS	  512 /* in a page; a process writes to the section every second one */
#define STEPS	  400 /* in a round */
#define TIMEOUT	  1800

/* A word of the section, which one process writes: its values grow. */
struct word {
	_Atomic uint64_t begun; /* the last value that may be there */
	_Atomic uint64_t done; /* the last value that is */
};

static struct {
	pthread_barrier_t still;
	atomic_bool stop;
	atomic_bool failed;
	atomic_ulong writes;
	atomic_ulong copies;
	char what[200];
	struct word words[PAGES][WORDS];
} * books;

struct view {
	char *base;
	DWORD access;
	DWORD protection[PAGES];
	bool copied[PAGES];
	uint64_t expected[PAGES][WORDS]; /* of copied pages */
};

/* One of the two processes: its second thread reads @view[1].base only. */
static struct {
	HANDLE section;
	SIZE_T number;
	struct view view[2];
	pthread_rwlock_t mapped;
	atomic_bool stop;
	uint64_t value;
	uint64_t dice;
	uint64_t commit; /* charge without views */
} own;

static void fail(const char *what, SIZE_T view, SIZE_T page, uint64_t got, uint64_t wanted)
{
	if (!atomic_exchange(&books->failed, true))
		snprintf(books->what, sizeof(books->what),
			 "process %zu view %zu page %zu: %s: %llx, not %llx", own.number, view,
			 page, what, (unsigned long long)got, (unsigned long long)wanted);
}

/* xorshift64* */
static uint64_t roll(uint64_t *dice)
{
	*dice ^= *dice >> 12;
	*dice ^= *dice << 25;
	*dice ^= *dice >> 27;
	return *dice * UINT64_C(2685821657736338717) >> 16;
}

static uint64_t pick(uint64_t below)
{
	return roll(&own.dice) % below;
}

static volatile uint64_t *at(const struct view *view, SIZE_T page, SIZE_T word)
{
	return (volatile uint64_t *)(void *)(view->base + page * PAGE) + word;
}

static bool store(volatile uint64_t *to, uint64_t value)
{
	volatile bool done = false;

	WINVM_TRY
	{
		*to = value;
		done = true;
	}
	WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER)
	{
	}
	WINVM_END
	return done;
}

/* By the processor, or by two ways of the kernel's. */
static bool write_word(volatile uint64_t *to, uint64_t value)
{
	void *target = (void *)(uintptr_t)to;
	struct iovec source = { &value, sizeof(value) }, destination = { target, sizeof(value) };

	switch (pick(8)) {
	case 0:
		return process_vm_writev(getpid(), &source, 1, &destination, 1, 0) == sizeof(value);
	case 1:
		return WriteProcessMemory(GetCurrentProcess(), target, &value, sizeof(value), NULL);
	default:
		return store(to, value);
	}
}

static bool own_word(SIZE_T word)
{
	return word % PROCESSES == own.number;
}

/* What the section's page holds at least. */
static void look(SIZE_T page, uint64_t *least)
{
	for (SIZE_T word = 0; word < WORDS; word++)
		least[word] = atomic_load(&books->words[page][word].done);
}

static bool in_order(SIZE_T page, SIZE_T word, uint64_t value, uint64_t least)
{
	if (own_word(word))
		return value == atomic_load(&books->words[page][word].done);
	return value >= least && value <= atomic_load(&books->words[page][word].begun);
}

/* A page that is not copied shows the section. */
static void check_shared(SIZE_T index, SIZE_T page)
{
	uint64_t least[WORDS], value;

	look(page, least);
	for (SIZE_T word = 0; word < WORDS; word++) {
		value = *at(&own.view[index], page, word);
		if (!in_order(page, word, value, least[word]))
			fail("shared word", index, page, value, least[word]);
	}
}

static void check_copied(SIZE_T index, SIZE_T page)
{
	const struct view *view = &own.view[index];

	for (SIZE_T word = 0; word < WORDS; word++)
		if (*at(view, page, word) != view->expected[page][word])
			fail("copied word", index, page, *at(view, page, word),
			     view->expected[page][word]);
}

static void check_page(SIZE_T index, SIZE_T page)
{
	const struct view *view = &own.view[index];

	if (view->protection[page] == PAGE_NOACCESS)
		return;
	if (view->copied[page])
		check_copied(index, page);
	else
		check_shared(index, page);
}

/* The copy is of some moment of the write: what it holds is remembered. */
static void copied_now(SIZE_T index, SIZE_T page, SIZE_T written, uint64_t value,
		       const uint64_t *least)
{
	struct view *view = &own.view[index];

	view->copied[page] = true;
	atomic_fetch_add(&books->copies, 1);
	for (SIZE_T word = 0; word < WORDS; word++) {
		uint64_t got = *at(view, page, word);

		if (word == written ? got != value : !in_order(page, word, got, least[word]))
			fail("word of the copy", index, page, got, least[word]);
		view->expected[page][word] = got;
	}
}

/* A write that was refused can have come as far as the copy. */
static bool is_copied(SIZE_T index, SIZE_T page)
{
	return !page_at((void *)(uintptr_t)at(&own.view[index], page, 0)).Shared;
}

static void write_copy(SIZE_T index, SIZE_T page, SIZE_T word)
{
	struct view *view = &own.view[index];
	uint64_t least[WORDS], value = ++own.value;
	bool written;

	look(page, least);
	written = write_word(at(view, page, word), value);
	if (!view->copied[page] && is_copied(index, page))
		copied_now(index, page, written ? word : WORDS, value, least);
	else if (!view->copied[page] && written)
		fail("not copied", index, page, 0, value);
	else if (written)
		view->expected[page][word] = value;
}

static void write_shared(SIZE_T index, SIZE_T page, SIZE_T word)
{
	struct word *entry = &books->words[page][word];
	uint64_t value = ++own.value;

	atomic_store(&entry->begun, value);
	if (write_word(at(&own.view[index], page, word), value))
		atomic_store(&entry->done, value);
	else
		fail("write refused", index, page, 0, value);
}

static void write_some(SIZE_T index, SIZE_T page)
{
	struct view *view = &own.view[index];
	SIZE_T word = pick(WORDS);

	if (view->protection[page] == PAGE_NOACCESS || view->protection[page] == PAGE_READONLY)
		return;
	if (view->copied[page] || view->protection[page] == PAGE_WRITECOPY)
		write_copy(index, page, word);
	else
		write_shared(index, page, word - word % PROCESSES + own.number);
	atomic_fetch_add(&books->writes, 1);
}

/* Of the first view; the second's are the second thread's. */
static void protect_some(SIZE_T page)
{
	static const DWORD protections[] = { PAGE_READWRITE, PAGE_WRITECOPY, PAGE_READONLY,
					     PAGE_NOACCESS };
	DWORD protection = protections[pick(4)];
	SIZE_T count = 1 + pick(PAGES - page);

	if (!protect(own.view[0].base + page * PAGE, count * PAGE, protection)) {
		fail("protect", 0, page, GetLastError(), 0);
		return;
	}
	while (count--)
		own.view[0].protection[page + count] = protection;
}

static void map(SIZE_T index)
{
	struct view *view = &own.view[index];
	DWORD protection = index ? PAGE_WRITECOPY : PAGE_READWRITE;

	view->base = view_of(own.section, index ? FILE_MAP_COPY : FILE_MAP_WRITE);
	if (!view->base)
		fail("map", index, 0, GetLastError(), 0);
	for (SIZE_T page = 0; page < PAGES; page++) {
		view->protection[page] = protection;
		view->copied[page] = false;
	}
}

static void map_again(SIZE_T index)
{
	pthread_rwlock_wrlock(&own.mapped);
	if (!UnmapViewOfFile(own.view[index].base))
		fail("unmap", index, 0, GetLastError(), 0);
	map(index);
	pthread_rwlock_unlock(&own.mapped);
}

static void step(void)
{
	SIZE_T index = pick(2), page = pick(PAGES);

	switch (pick(40)) {
	case 0:
		map_again(index);
		break;
	case 1:
	case 2:
	case 3:
		protect_some(page);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		check_page(index, page);
		break;
	default:
		write_some(index, page);
	}
}

/* Changes no contents, and writes meanwhile may fail. */
static void disturb(uint64_t *dice)
{
	SIZE_T page = roll(dice) % PAGES, count = 1 + roll(dice) % 8;
	char *base = own.view[1].base + page * PAGE;
	SIZE_T bytes = (count < PAGES - page ? count : PAGES - page) * PAGE;

	switch (roll(dice) % 6) {
	case 0:
		EmptyWorkingSet(GetCurrentProcess());
		break;
	case 1:
	case 2:
		/* Reads pages in that the first thread is about to copy. */
		for (page = 0; page < PAGES; page++)
			(void)*at(&own.view[1], page, 0);
		break;
	case 3:
		if (VirtualLock(base, bytes))
			VirtualUnlock(base, bytes);
		break;
	default:
		protect(base, bytes, PAGE_READONLY);
		if (!protect(base, bytes, PAGE_WRITECOPY))
			fail("protect", 1, page, GetLastError(), 0);
	}
}

static void *disturb_on(void *argument)
{
	uint64_t dice = UINT64_C(0x123456789) + own.number;

	(void)argument;
	while (!atomic_load(&own.stop)) {
		pthread_rwlock_rdlock(&own.mapped);
		disturb(&dice);
		pthread_rwlock_unlock(&own.mapped);
		usleep(100); /* the first thread wants to map again */
	}
	return NULL;
}

/* VQ-11 */
static DWORD shown(const struct view *view, SIZE_T page)
{
	if (view->copied[page] && view->protection[page] == PAGE_WRITECOPY)
		return PAGE_READWRITE;
	return view->protection[page];
}

static void check_query(SIZE_T index, SIZE_T page)
{
	struct view *view = &own.view[index];
	MEMORY_BASIC_INFORMATION region = region_at(view->base + page * PAGE);
	SIZE_T last = page;

	while (last + 1 < PAGES && shown(view, last + 1) == shown(view, page))
		last++;
	if (region.Protect != shown(view, page))
		fail("protection", index, page, region.Protect, shown(view, page));
	if (region.RegionSize != (last + 1 - page) * PAGE)
		fail("run", index, page, region.RegionSize, (last + 1 - page) * PAGE);
}

/* CC-4: all of the one, and of the other what is or is going to be copied. */
static void check_charge(void)
{
	uint64_t pages = PAGES, got = counters().commit_bytes - own.commit;

	for (SIZE_T page = 0; page < PAGES; page++)
		pages += own.view[0].copied[page] || own.view[0].protection[page] == PAGE_WRITECOPY;
	if (got != pages * PAGE)
		fail("charge", 0, 0, got, pages * PAGE);
}

static void check_all(void)
{
	pthread_rwlock_wrlock(&own.mapped);
	for (SIZE_T index = 0; index < 2; index++)
		for (SIZE_T page = 0; page < PAGES; page++) {
			check_query(index, page);
			check_page(index, page);
		}
	check_charge();
	pthread_rwlock_unlock(&own.mapped);
}

static time_t seconds = 3;

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Nobody writes between the two waits; the first process says when it is the end. */
static void rounds(void)
{
	time_t end = now() + seconds;

	while (!atomic_load(&books->stop)) {
		for (int i = 0; i < STEPS && !atomic_load(&books->failed); i++)
			step();
		pthread_barrier_wait(&books->still);
		check_all();
		if (!own.number)
			atomic_store(&books->stop, now() >= end || atomic_load(&books->failed));
		pthread_barrier_wait(&books->still);
	}
}

static _Noreturn void be_process(HANDLE section, SIZE_T number)
{
	pthread_t thread;

	own.section = section;
	own.number = number;
	own.dice = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);
	own.commit = counters().commit_bytes;
	pthread_rwlock_init(&own.mapped, NULL);
	map(0);
	map(1);
	if (atomic_load(&books->failed) || pthread_create(&thread, NULL, disturb_on, NULL))
		abort();
	rounds();
	atomic_store(&own.stop, true);
	pthread_join(thread, NULL);
	_exit(0);
}

FIXTURE(copy_race)
{
	HANDLE section;
	pid_t process[PROCESSES];
};

FIXTURE_SETUP(copy_race)
{
	pthread_barrierattr_t shared;

	books = mmap(NULL, sizeof(*books), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ASSERT_NE(MAP_FAILED, books);
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	ASSERT_EQ(0, pthread_barrier_init(&books->still, &shared, PROCESSES));
	self->section = mapping(PAGE_READWRITE, BYTES);
	ASSERT_NE(NULL, self->section);
}

FIXTURE_TEARDOWN(copy_race)
{
	CloseHandle(self->section);
}

TEST_F_TIMEOUT(copy_race, SE_31_every_byte_is_what_the_books_say, TIMEOUT)
{
	uint64_t commit = counters().system_commit_bytes;
	int status;

	for (SIZE_T i = 0; i < PROCESSES; i++) {
		self->process[i] = fork();
		ASSERT_LE(0, self->process[i]);
		if (!self->process[i])
			be_process(self->section, i);
	}
	for (SIZE_T i = 0; i < PROCESSES; i++) {
		ASSERT_EQ(self->process[i], waitpid(self->process[i], &status, 0));
		EXPECT_EQ(0, status);
		/* Without one the other waits for ever. */
		for (SIZE_T j = 0; status && j < PROCESSES; j++)
			kill(self->process[j], SIGKILL);
	}
	EXPECT_FALSE(atomic_load(&books->failed));
	if (atomic_load(&books->failed))
		TH_LOG("%s", books->what);
	EXPECT_LT(100u, atomic_load(&books->writes));
	EXPECT_EQ(commit, counters().system_commit_bytes);
	TH_LOG("%lu writes, %lu copies", atomic_load(&books->writes), atomic_load(&books->copies));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seconds = strtol(argv[1], NULL, 10);
	if (!probe_begin())
		ksft_exit_fail_msg("no exception handler\n");
	return test_harness_run(1, argv);
}
