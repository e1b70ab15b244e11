/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys of the hypervisor's console that print its state. */
#ifndef XEN_KEYHANDLER_H
#define XEN_KEYHANDLER_H

#include <xen/types.h>

/* Runs in a tasklet (idle vCPU): may take locks, IRQs on. */
typedef void keyhandler_fn_t(unsigned char key);

/*
 * Install the handler of @key; a key that is taken is a BUG. @desc: one line
 * for the help. @diagnostic: also run by the key that runs all of them.
 */
void register_keyhandler(unsigned char key, keyhandler_fn_t *fn,
                         const char *desc, bool diagnostic);

/* Hand @key over to its handler. Any context. */
void handle_keypress(unsigned char key);

/* The same at once. Context: as the handlers. */
void run_keyhandler(unsigned char key);

void initialize_keytable(void);

#endif /* XEN_KEYHANDLER_H */
