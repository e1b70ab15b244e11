/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of CPUs. cpumask_set_cpu() and its kind are atomic, the __ forms and
 * the set operations are not.
 */
#ifndef XEN_CPUMASK_H
#define XEN_CPUMASK_H

#include <xen/bitmap.h>
#include <xen/bitops.h>
#include <xen/bug.h>
#include <xen/kernel.h>

typedef struct cpumask { DECLARE_BITMAP(bits, NR_CPUS); } cpumask_t;

extern unsigned int nr_cpu_ids;
#define nr_cpumask_bits nr_cpu_ids

extern cpumask_t cpu_possible_map;
extern cpumask_t cpu_online_map;
extern cpumask_t cpu_present_map;
extern const cpumask_t cpumask_all;

static inline unsigned int cpumask_check(unsigned int cpu)
{
    ASSERT(cpu < nr_cpu_ids);
    return cpu;
}

static inline void cpumask_set_cpu(unsigned int cpu, cpumask_t *dstp)
{
    set_bit(cpumask_check(cpu), dstp->bits);
}

static inline void __cpumask_set_cpu(unsigned int cpu, cpumask_t *dstp)
{
    __set_bit(cpumask_check(cpu), dstp->bits);
}

static inline void cpumask_clear_cpu(unsigned int cpu, cpumask_t *dstp)
{
    clear_bit(cpumask_check(cpu), dstp->bits);
}

static inline void __cpumask_clear_cpu(unsigned int cpu, cpumask_t *dstp)
{
    __clear_bit(cpumask_check(cpu), dstp->bits);
}

static inline void cpumask_setall(cpumask_t *dstp)
{
    bitmap_fill(dstp->bits, nr_cpumask_bits);
}

static inline void cpumask_clear(cpumask_t *dstp)
{
    bitmap_zero(dstp->bits, NR_CPUS);
}

#define cpumask_test_cpu(cpu, cpumask) \
    test_bit(cpumask_check(cpu), (cpumask)->bits)

static inline int cpumask_test_and_set_cpu(unsigned int cpu, cpumask_t *addr)
{
    return test_and_set_bit(cpumask_check(cpu), addr->bits);
}

static inline int cpumask_test_and_clear_cpu(unsigned int cpu, cpumask_t *addr)
{
    return test_and_clear_bit(cpumask_check(cpu), addr->bits);
}

static inline void cpumask_and(cpumask_t *dstp, const cpumask_t *src1p,
                               const cpumask_t *src2p)
{
    bitmap_and(dstp->bits, src1p->bits, src2p->bits, nr_cpumask_bits);
}

static inline void cpumask_or(cpumask_t *dstp, const cpumask_t *src1p,
                              const cpumask_t *src2p)
{
    bitmap_or(dstp->bits, src1p->bits, src2p->bits, nr_cpumask_bits);
}

static inline void cpumask_andnot(cpumask_t *dstp, const cpumask_t *src1p,
                                  const cpumask_t *src2p)
{
    bitmap_andnot(dstp->bits, src1p->bits, src2p->bits, nr_cpumask_bits);
}

static inline bool cpumask_equal(const cpumask_t *src1p, const cpumask_t *src2p)
{
    return bitmap_equal(src1p->bits, src2p->bits, nr_cpu_ids);
}

static inline bool cpumask_subset(const cpumask_t *src1p,
                                  const cpumask_t *src2p)
{
    return bitmap_subset(src1p->bits, src2p->bits, nr_cpu_ids);
}

static inline bool cpumask_intersects(const cpumask_t *src1p,
                                      const cpumask_t *src2p)
{
    return bitmap_intersects(src1p->bits, src2p->bits, nr_cpu_ids);
}

static inline bool cpumask_empty(const cpumask_t *srcp)
{
    return bitmap_empty(srcp->bits, nr_cpu_ids);
}

static inline unsigned int cpumask_weight(const cpumask_t *srcp)
{
    return bitmap_weight(srcp->bits, nr_cpu_ids);
}

static inline void cpumask_copy(cpumask_t *dstp, const cpumask_t *srcp)
{
    bitmap_copy(dstp->bits, srcp->bits, nr_cpumask_bits);
}

/* First CPU of the set, or nr_cpu_ids. */
static inline unsigned int cpumask_first(const cpumask_t *srcp)
{
    return min_t(unsigned int, nr_cpu_ids,
                 find_first_bit(srcp->bits, nr_cpu_ids));
}

/* First CPU of the set after n (n may be -1), or nr_cpu_ids. */
static inline unsigned int cpumask_next(int n, const cpumask_t *srcp)
{
    return min_t(unsigned int, nr_cpu_ids,
                 find_next_bit(srcp->bits, nr_cpu_ids, n + 1));
}

static inline unsigned int cpumask_last(const cpumask_t *srcp)
{
    unsigned int cpu, last = nr_cpu_ids;

    for ( cpu = cpumask_first(srcp); cpu < nr_cpu_ids;
          cpu = cpumask_next(cpu, srcp) )
        last = cpu;

    return last;
}

/* Next CPU of the set in a circle; the set's only CPU follows itself. */
static inline unsigned int cpumask_cycle(int n, const cpumask_t *srcp)
{
    unsigned int nxt = cpumask_next(n, srcp);

    return nxt < nr_cpu_ids ? nxt : cpumask_first(srcp);
}

static inline unsigned int cpumask_any(const cpumask_t *srcp)
{
    return cpumask_first(srcp);
}

/* The set of just this CPU. */
const cpumask_t *cpumask_of(unsigned int cpu);

#define for_each_cpu(cpu, mask)                   \
    for ( (cpu) = cpumask_first(mask);            \
          (cpu) < nr_cpu_ids;                     \
          (cpu) = cpumask_next(cpu, mask) )

#define num_online_cpus()    cpumask_weight(&cpu_online_map)
#define num_possible_cpus()  cpumask_weight(&cpu_possible_map)
#define num_present_cpus()   cpumask_weight(&cpu_present_map)
#define cpu_online(cpu)      cpumask_test_cpu(cpu, &cpu_online_map)
#define cpu_possible(cpu)    cpumask_test_cpu(cpu, &cpu_possible_map)
#define cpu_present(cpu)     cpumask_test_cpu(cpu, &cpu_present_map)
#define cpu_is_offline(cpu)  (!cpu_online(cpu))

#define for_each_possible_cpu(cpu) for_each_cpu(cpu, &cpu_possible_map)
#define for_each_online_cpu(cpu)   for_each_cpu(cpu, &cpu_online_map)
#define for_each_present_cpu(cpu)  for_each_cpu(cpu, &cpu_present_map)

typedef cpumask_t cpumask_var_t[1];

static inline bool alloc_cpumask_var(cpumask_var_t *mask)
{
    return true;
}

static inline bool zalloc_cpumask_var(cpumask_var_t *mask)
{
    cpumask_clear(*mask);
    return true;
}

static inline void free_cpumask_var(cpumask_var_t mask)
{
}

#endif /* XEN_CPUMASK_H */
