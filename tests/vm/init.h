/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the test VM's init share. */
#ifndef WINVM_TESTS_VM_INIT_H
#define WINVM_TESTS_VM_INIT_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers of the virtio-serial ports; tests/vm/run gives the same. */
enum { PORT_STDOUT = 1, PORT_STDERR, PORT_STATUS, PORT_STDIN };

/**
 * struct job - what tests/vm/run asks for, from /job of the initramfs
 * @argv: the command
 * @env: its environment
 * @cwd: its working directory on the host, and so in the VM
 * @terminal: "ROWS COLUMNS" when the command shall have a terminal, or NULL
 * @one_output: the caller's stdout and stderr are one file: keep the order
 */
struct job {
	char **argv;
	char **env;
	char *cwd;
	char *terminal;
	bool one_output;
};

/* init.c */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(const char *what) __attribute__((noreturn));
void nap(long milliseconds);
void write_all(int fd, const char *data, size_t len);
int write_file(const char *path, const char *text);
int load_module(const char *path);
int open_port(int number);
void flush_port(int fd);

/* init-root.c: the filesystems */
void mount_kernel_filesystems(void);
void enter_root(void);

/* init-job.c: the command and its output */
void run_job(const struct job *job);

/* init-aftermath.c: what must hold once the command is gone */
void check_aftermath(void);

#endif
