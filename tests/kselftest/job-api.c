// SPDX-License-Identifier: GPL-2.0
/* Jobs and completion ports as Win32 gives them (SPEC CC-14). */
#include <sys/wait.h>

#include "child.h"
#include "vm.h"

#define LIMIT (100 * PAGE)

typedef JOBOBJECT_EXTENDED_LIMIT_INFORMATION LIMITS;

FIXTURE(job_api)
{
	HANDLE job;
};

FIXTURE_SETUP(job_api)
{
	self->job = CreateJobObjectW(NULL, NULL);
	ASSERT_NE(NULL, self->job);
}

FIXTURE_TEARDOWN(job_api)
{
	EXPECT_TRUE(CloseHandle(self->job));
}

static BOOL set_limits(HANDLE job, DWORD flags, SIZE_T process, SIZE_T all)
{
	LIMITS limits = {
		.BasicLimitInformation.LimitFlags = flags,
		.ProcessMemoryLimit = process,
		.JobMemoryLimit = all,
	};

	return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
				       sizeof(limits));
}

static LIMITS get_limits(HANDLE job)
{
	LIMITS limits;
	DWORD bytes = 0;

	if (!QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
				       sizeof(limits), &bytes) ||
	    bytes != sizeof(limits))
		memset(&limits, 0xa5, sizeof(limits));
	return limits;
}

TEST_F(job_api, CC_14_limits_and_peaks)
{
	LIMITS limits = get_limits(self->job);
	BOOL in = TRUE;
	void *base;

	EXPECT_EQ(0u, limits.BasicLimitInformation.LimitFlags);
	EXPECT_WORKS(IsProcessInJob(GetCurrentProcess(), self->job, &in));
	EXPECT_FALSE(in);
	EXPECT_WORKS(set_limits(self->job,
				JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_PROCESS_MEMORY,
				LIMIT, 2 * LIMIT));
	EXPECT_WORKS(AssignProcessToJobObject(self->job, GetCurrentProcess()));
	EXPECT_WORKS(IsProcessInJob(GetCurrentProcess(), self->job, &in));
	EXPECT_TRUE(in);
	EXPECT_WORKS(IsProcessInJob(GetCurrentProcess(), NULL, &in));
	EXPECT_TRUE(in);
	EXPECT_FAILS(1455, VirtualAlloc(NULL, LIMIT + 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	base = VirtualAlloc(NULL, LIMIT, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1455, VirtualAlloc(NULL, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
	limits = get_limits(NULL);
	EXPECT_EQ(0x300u, limits.BasicLimitInformation.LimitFlags);
	EXPECT_EQ(LIMIT, limits.ProcessMemoryLimit);
	EXPECT_EQ(2 * LIMIT, limits.JobMemoryLimit);
	EXPECT_EQ(LIMIT, limits.PeakProcessMemoryUsed);
	EXPECT_EQ(LIMIT, limits.PeakJobMemoryUsed);
	EXPECT_FAILS(5, AssignProcessToJobObject(self->job, GetCurrentProcess()));
}

TEST_F(job_api, CC_14_counts_and_processes)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts;
	ULONG_PTR room[3] = { 0 };
	JOBOBJECT_BASIC_PROCESS_ID_LIST *list = (void *)room;
	STARTUPINFOA startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION started;
	char line[] = "sleep 600";
	BOOL in = FALSE;
	DWORD bytes = 0;

	ASSERT_TRUE(AssignProcessToJobObject(self->job, GetCurrentProcess()));
	ASSERT_TRUE(CreateProcessA("/bin/sleep", line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
				   &started));
	EXPECT_WORKS(IsProcessInJob(started.hProcess, self->job, &in));
	EXPECT_TRUE(in);
	EXPECT_WORKS(QueryInformationJobObject(self->job, JobObjectBasicAccountingInformation,
					       &counts, sizeof(counts), NULL));
	EXPECT_EQ(2u, counts.ActiveProcesses);
	EXPECT_EQ(2u, counts.TotalProcesses);
	EXPECT_WORKS(QueryInformationJobObject(self->job, JobObjectBasicProcessIdList, list,
					       sizeof(room), &bytes));
	EXPECT_EQ(24u, bytes);
	EXPECT_EQ(2u, list->NumberOfAssignedProcesses);
	EXPECT_EQ(2u, list->NumberOfProcessIdsInList);
	EXPECT_EQ(GetCurrentProcessId(), list->ProcessIdList[0]);
	EXPECT_EQ(started.dwProcessId, room[2]);
	EXPECT_FAILS(234, QueryInformationJobObject(self->job, JobObjectBasicProcessIdList, list,
						    sizeof(*list), NULL));
	EXPECT_EQ(2u, list->NumberOfAssignedProcesses);
	EXPECT_EQ(1u, list->NumberOfProcessIdsInList);
	EXPECT_WORKS(TerminateProcess(started.hProcess, 0));
	waitpid((pid_t)started.dwProcessId, NULL, 0);
	CloseHandle(started.hProcess);
	CloseHandle(started.hThread);
}

TEST_F(job_api, CC_14_requests_that_are_none)
{
	LIMITS limits = { .ProcessMemoryLimit = 0 };
	JOBOBJECT_BASIC_LIMIT_INFORMATION basic = { .LimitFlags = 0 };
	const DWORD extended = JobObjectExtendedLimitInformation;

	EXPECT_FAILS(87, set_limits(self->job, 0x8000, 0, 0));
	EXPECT_FAILS(50, set_limits(self->job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0, 0));
	EXPECT_FAILS(50, set_limits(self->job, JOB_OBJECT_LIMIT_WORKINGSET, 0, 0));
	EXPECT_FAILS(24, SetInformationJobObject(self->job, extended, &limits, sizeof(basic)));
	EXPECT_FAILS(24,
		     QueryInformationJobObject(self->job, extended, &limits, sizeof(basic), NULL));
	EXPECT_FAILS(998, SetInformationJobObject(self->job, extended, NULL, sizeof(limits)));
	EXPECT_FAILS(998,
		     QueryInformationJobObject(self->job, extended, NULL, sizeof(limits), NULL));
	EXPECT_FAILS(87, SetInformationJobObject(self->job, 77, &limits, sizeof(limits)));
	EXPECT_FAILS(87, QueryInformationJobObject(self->job, 77, &limits, sizeof(limits), NULL));
	/* Memory is no basic limit; basic ones leave those of memory alone. */
	EXPECT_WORKS(set_limits(self->job, JOB_OBJECT_LIMIT_JOB_MEMORY, 0, LIMIT));
	EXPECT_WORKS(SetInformationJobObject(self->job, JobObjectBasicLimitInformation, &basic,
					     sizeof(basic)));
	EXPECT_EQ(0x200u, get_limits(self->job).BasicLimitInformation.LimitFlags);
	basic.LimitFlags = JOB_OBJECT_LIMIT_JOB_MEMORY;
	EXPECT_FAILS(87, SetInformationJobObject(self->job, JobObjectBasicLimitInformation, &basic,
						 sizeof(basic)));
	EXPECT_FAILS(6, AssignProcessToJobObject(NULL, GetCurrentProcess()));
	EXPECT_FAILS(6, AssignProcessToJobObject(self->job, self->job));
	EXPECT_FAILS(6, TerminateJobObject(GetCurrentProcess(), 0));
	EXPECT_FAILS(5, QueryInformationJobObject(NULL, extended, &limits, sizeof(limits), NULL));
	EXPECT_FAILS(50, CreateJobObjectA(NULL, "name"));
	EXPECT_FAILS(998, IsProcessInJob(GetCurrentProcess(), self->job, NULL));
}

TEST_F(job_api, CC_14_rights_on_the_process)
{
	struct child child = child_start(0);
	const DWORD needs = PROCESS_SET_QUOTA | PROCESS_TERMINATE;
	HANDLE weak = OpenProcess(PROCESS_ALL_ACCESS & ~(DWORD)PROCESS_TERMINATE, FALSE,
				  (DWORD)child.pid);
	HANDLE other = OpenProcess(PROCESS_ALL_ACCESS & ~(DWORD)PROCESS_SET_QUOTA, FALSE,
				   (DWORD)child.pid);
	HANDLE enough = OpenProcess(needs, FALSE, (DWORD)child.pid);

	EXPECT_FAILS(5, AssignProcessToJobObject(self->job, weak));
	EXPECT_FAILS(5, AssignProcessToJobObject(self->job, other));
	EXPECT_WORKS(AssignProcessToJobObject(self->job, enough));
	EXPECT_WORKS(TerminateJobObject(self->job, 1));
	CloseHandle(enough);
	CloseHandle(other);
	CloseHandle(weak);
	child_kill(&child);
}

struct message {
	DWORD bytes;
	ULONG_PTR key;
	LPOVERLAPPED overlapped;
};

static struct message next_message(HANDLE port)
{
	struct message message = { 0 };

	if (!GetQueuedCompletionStatus(port, &message.bytes, &message.key, &message.overlapped,
				       10000))
		message.bytes = ~0u;
	return message;
}

static int exceed(void *unused)
{
	(void)unused;
	return VirtualAlloc(NULL, LIMIT + PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) ||
	       VirtualAlloc(NULL, 3 * LIMIT, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

TEST_F(job_api, CC_14_messages_come_out_of_a_port)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	JOBOBJECT_ASSOCIATE_COMPLETION_PORT to = { (PVOID)0x77, port };
	const DWORD class = JobObjectAssociateCompletionPortInformation;
	struct message message;

	ASSERT_NE(NULL, port);
	EXPECT_WORKS(SetInformationJobObject(self->job, class, &to, sizeof(to)));
	EXPECT_FAILS(87, SetInformationJobObject(self->job, class, &to, sizeof(to)));
	EXPECT_FAILS(258, GetQueuedCompletionStatus(port, &message.bytes, &message.key,
						    &message.overlapped, 0));
	EXPECT_EQ(NULL, message.overlapped);
	EXPECT_WORKS(set_limits(self->job, 0x300, 2 * LIMIT, LIMIT));
	EXPECT_WORKS(AssignProcessToJobObject(self->job, GetCurrentProcess()));
	message = next_message(port);
	EXPECT_EQ(JOB_OBJECT_MSG_NEW_PROCESS, message.bytes);
	EXPECT_EQ(0x77u, message.key);
	EXPECT_EQ(GetCurrentProcessId(), (ULONG_PTR)message.overlapped);
	EXPECT_EQ(0, child_run(exceed, NULL));
	EXPECT_EQ(JOB_OBJECT_MSG_NEW_PROCESS, next_message(port).bytes);
	EXPECT_EQ(JOB_OBJECT_MSG_JOB_MEMORY_LIMIT, next_message(port).bytes);
	EXPECT_EQ(JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT, next_message(port).bytes);
	EXPECT_EQ(JOB_OBJECT_MSG_EXIT_PROCESS, next_message(port).bytes);
	EXPECT_WORKS(PostQueuedCompletionStatus(port, 5, 6, (LPOVERLAPPED)7));
	message = next_message(port);
	EXPECT_EQ(5u, message.bytes);
	EXPECT_EQ(6u, message.key);
	EXPECT_EQ(7u, (ULONG_PTR)message.overlapped);
	EXPECT_TRUE(CloseHandle(port));
}

TEST_F(job_api, CC_14_ports_that_are_none)
{
	JOBOBJECT_ASSOCIATE_COMPLETION_PORT to = { NULL, self->job };
	struct message message = { 0 };

	EXPECT_FAILS(50, CreateIoCompletionPort(self->job, NULL, 0, 0));
	EXPECT_FAILS(87, CreateIoCompletionPort(INVALID_HANDLE_VALUE, self->job, 0, 0));
	EXPECT_FAILS(6, PostQueuedCompletionStatus(self->job, 0, 0, NULL));
	EXPECT_FAILS(6, GetQueuedCompletionStatus(NULL, &message.bytes, &message.key,
						  &message.overlapped, 0));
	EXPECT_FAILS(6,
		     SetInformationJobObject(self->job, JobObjectAssociateCompletionPortInformation,
					     &to, sizeof(to)));
}

TEST_HARNESS_MAIN
