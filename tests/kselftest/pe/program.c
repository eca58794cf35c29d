// SPDX-License-Identifier: GPL-2.0
/* A Windows program for the tests of images, built by Debian's mingw-w64. Nothing runs it. */
#include <stdio.h>

/* Some pages of each kind. */
const unsigned int constants[6144] = { 1, 2, 3, [4095] = 4, [6143] = 5 };
unsigned int numbers[6144] = { 6, 7, 8, [2047] = 9, [6143] = 10 };
unsigned int zeros[4096];

int main(void)
{
	for (unsigned int i = 0; i < 4096; i++)
		zeros[i] = numbers[i] + constants[i];
	return printf("%u\n", zeros[4095]) < 0;
}
