// SPDX-License-Identifier: GPL-2.0
/*
 * A Windows library for the tests of images, built by Debian's mingw-w64 without
 * any runtime. What it begins with finds its numbers by addresses, which are
 * wrong where the library is not relocated.
 */
static int numbers[4] = { 11, 22, 33, 44 };
static int *const constant[3] = { &numbers[0], &numbers[1], &numbers[2] };
static int *volatile last = &numbers[3];

int begin(int index);

int begin(int index)
{
	if (index == 3)
		return (*last)++;
	return *(*(int *const volatile *)&constant[index]);
}
