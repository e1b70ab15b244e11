/* SPDX-License-Identifier: GPL-2.0-only */
/* What domain.c and domain_kill.c share. */
#ifndef COMMON_DOMAIN_PRIVATE_H
#define COMMON_DOMAIN_PRIVATE_H

struct domain;

/*
 * First part of death, also run for a failed creation (is_dying == dead):
 * 0, or -ERESTART: call again.
 */
int domain_teardown(struct domain *d);

/* One more domain that the end of the machine has to wait for. */
void domain_came_alive(const struct domain *d);

#endif /* COMMON_DOMAIN_PRIVATE_H */
