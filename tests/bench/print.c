// SPDX-License-Identifier: GPL-2.0
/* What people see, and lines for machines. */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

/* People look at this one, if the other one is for machines. */
static FILE *people(void)
{
	return bench_options.tsv ? stderr : stdout;
}

/* The series, "6.1". */
static const char *kernel(void)
{
	static struct utsname name;
	char *dot;

	uname(&name);
	dot = strchr(name.release, '.');
	if (dot)
		dot[1 + strspn(dot + 1, "0123456789")] = 0;
	return name.release;
}

static double bar_here(const struct bench_bar *bar)
{
	return strcmp(kernel(), "6.1") ? bar->new : bar->old;
}

/* Who runs the processor's instructions: CPUID tells of emulators. */
static const char *hypervisor(void)
{
	unsigned int maximum, ebx, ecx, edx;
	char name[13] = "";

	if (!__get_cpuid(1, &maximum, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
		return "no hypervisor";
	__cpuid(0x40000000, maximum, ebx, ecx, edx);
	memcpy(name, &ebx, 4);
	memcpy(name + 4, &ecx, 4);
	memcpy(name + 8, &edx, 4);
	return !strncmp(name, "TCG", 3) ? "TCG" : !strncmp(name, "KVM", 3) ? "KVM" : "hypervisor";
}

/* Sizes are others in a quick run: its figures are not to be mixed with those of a long one. */
static const char *machine(void)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s%s", hypervisor(), bench_options.quick ? ", quick" : "");
	return name;
}

static const char *clock_name(void)
{
	return bench_options.icount ? "instructions" : "ns";
}

void bench_print_header(void)
{
	struct utsname name;

	uname(&name);
	fprintf(people(), "Linux %s, %s, %ld processors. Medians, in %s; ratio: winvm / peer.\n",
		name.release, machine(), sysconf(_SC_NPROCESSORS_ONLN), clock_name());
	if (!strcmp(hypervisor(), "TCG"))
		fprintf(people(), "TCG emulates: what interrupts between processors and the TLB "
				  "cost is not seen.\n");
	fprintf(people(), "%-46s %10s %8s %10s %8s %6s %6s  %s\n", "", "winvm", "spread", "peer",
		"spread", "ratio", "bar", "peer's name");
	if (bench_options.tsv)
		printf("name\twinvm\tpeer\tpeer_name\tratio\tbar\tunit\twinvm_q1\twinvm_q3\tpeer_q1\t"
		       "peer_q3\tat\tkernel\tmachine\tclock\tnote\n");
}

void bench_print_group(const char *name)
{
	fprintf(people(), "%s\n", name);
}

void bench_note(const char *note)
{
	fprintf(people(), "  %s\n", note);
}

/* Half of what lies between the quartiles, in hundredths of the median. */
static double spread(struct samples *samples)
{
	double median = samples_median(samples);

	return median ? 50 * (samples_quantile(samples, 0.75) - samples_quantile(samples, 0.25)) /
				median :
			0;
}

static double ratio(const struct bench_result *result)
{
	double peer = samples_median(result->peer);

	return peer ? samples_median(result->winvm) / peer : 0;
}

/* Small figures need the digits behind the point. */
static void print_figure(struct samples *samples)
{
	double median = samples_median(samples);

	if (samples->count)
		fprintf(people(), " %10.*f %6.1f %%", median < 100 ? 2 : 0, median,
			spread(samples));
	else
		fprintf(people(), " %10s %8s", "-", "");
}

static void print_number(FILE *out, const char *format, double number, const char *none)
{
	if (number > 0)
		fprintf(out, format, number);
	else
		fputs(none, out);
}

static void print_for_people(struct bench_result *result)
{
	double bar = bar_here(&result->bar);
	char name[64];

	snprintf(name, sizeof(name), result->at > 0 ? "  %s %.0f" : "  %s", result->name,
		 result->at);
	fprintf(people(), "%-46s", name);
	print_figure(result->winvm);
	print_figure(result->peer);
	print_number(people(), " %6.3f", ratio(result), "      -");
	print_number(people(), " %6.2f", bar, "       ");
	fprintf(people(), "  %s%s%s%s%s\n", result->peer_name,
		bar > 0 && ratio(result) > bar ? "  OVER THE BAR" : "", result->note[0] ? " (" : "",
		result->note, result->note[0] ? ")" : "");
	fflush(people());
}

static void print_for_machines(struct bench_result *result)
{
	struct samples *sides[2] = { result->winvm, result->peer };

	printf("%s", result->name);
	for (int i = 0; i < 2; i++)
		print_number(stdout, "\t%.6g", samples_median(sides[i]), "\t-");
	printf("\t%s", result->peer_name);
	print_number(stdout, "\t%.4f", ratio(result), "\t-");
	print_number(stdout, "\t%.3g", bar_here(&result->bar), "\t-");
	printf("\t%s", result->unit);
	for (int i = 0; i < 2; i++) {
		print_number(stdout, "\t%.6g", samples_quantile(sides[i], 0.25), "\t-");
		print_number(stdout, "\t%.6g", samples_quantile(sides[i], 0.75), "\t-");
	}
	print_number(stdout, "\t%.0f", result->at, "\t-");
	printf("\t%s\t%s\t%s\t%s\n", kernel(), machine(), clock_name(), result->note);
	fflush(stdout);
}

void bench_print(struct bench_result *result)
{
	print_for_people(result);
	if (bench_options.tsv)
		print_for_machines(result);
}
