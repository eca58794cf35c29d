/* SPDX-License-Identifier: GPL-2.0 */
/* The sections that scripts know by their numbers. */
#ifndef CONFORMANCE_SECTION_H
#define CONFORMANCE_SECTION_H

/* Closes the handles; views that are there stay. */
void section_close_all(void);

#endif
