/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doubly linked lists, circular through their head; and hlists, whose head is
 * one pointer. A deleted entry is poisoned: using its links afterwards faults,
 * and (debug builds) so does deleting it twice.
 *
 * The _rcu forms may run while readers walk the list under rcu_read_lock();
 * writers still need a lock among themselves.
 */
#ifndef XEN_LIST_H
#define XEN_LIST_H

#include <xen/bug.h>
#include <xen/macros.h>
#include <xen/sections.h>
#include <xen/types.h>

#include <asm/system.h>

/* Addresses outside of every mapping of EL2. */
#define LIST_POISON1 ((void *)0x0bad000000100100UL)
#define LIST_POISON2 ((void *)0x0bad000000200200UL)

struct list_head {
    struct list_head *next, *prev;
};

struct hlist_head {
    struct hlist_node *first;
};

struct hlist_node {
    struct hlist_node *next, **pprev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
#define LIST_HEAD_READ_MOSTLY(name) \
    struct list_head __read_mostly name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_head_is_null(const struct list_head *list)
{
    return !list->next && !list->prev;
}

static inline void __list_add(struct list_head *entry, struct list_head *prev,
                              struct list_head *next)
{
    ASSERT(prev->next == next && next->prev == prev);
    next->prev = entry;
    entry->next = next;
    entry->prev = prev;
    prev->next = entry;
}

/* Behind the head: the entry becomes the first. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
    __list_add(entry, head, head->next);
}

/* Before the head: the entry becomes the last. */
static inline void list_add_tail(struct list_head *entry,
                                 struct list_head *head)
{
    __list_add(entry, head->prev, head);
}

/* The entry is complete before a reader can reach it. */
static inline void __list_add_rcu(struct list_head *entry,
                                  struct list_head *prev,
                                  struct list_head *next)
{
    entry->next = next;
    entry->prev = prev;
    smp_wmb();
    next->prev = entry;
    prev->next = entry;
}

static inline void list_add_rcu(struct list_head *entry,
                                struct list_head *head)
{
    __list_add_rcu(entry, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *entry,
                                     struct list_head *head)
{
    __list_add_rcu(entry, head->prev, head);
}

static inline void __list_del(struct list_head *prev, struct list_head *next)
{
    next->prev = prev;
    prev->next = next;
}

static inline void list_del(struct list_head *entry)
{
    ASSERT(entry->next->prev == entry);
    ASSERT(entry->prev->next == entry);
    __list_del(entry->prev, entry->next);
    entry->next = LIST_POISON1;
    entry->prev = LIST_POISON2;
}

/* Readers may still stand on the entry: its next stays valid. */
static inline void list_del_rcu(struct list_head *entry)
{
    __list_del(entry->prev, entry->next);
    entry->prev = LIST_POISON2;
}

static inline void list_replace(struct list_head *old, struct list_head *new)
{
    new->next = old->next;
    new->next->prev = new;
    new->prev = old->prev;
    new->prev->next = new;
}

static inline void list_replace_init(struct list_head *old,
                                     struct list_head *new)
{
    list_replace(old, new);
    INIT_LIST_HEAD(old);
}

static inline void list_del_init(struct list_head *entry)
{
    __list_del(entry->prev, entry->next);
    INIT_LIST_HEAD(entry);
}

static inline void list_move(struct list_head *list, struct list_head *head)
{
    __list_del(list->prev, list->next);
    list_add(list, head);
}

static inline void list_move_tail(struct list_head *list,
                                  struct list_head *head)
{
    __list_del(list->prev, list->next);
    list_add_tail(list, head);
}

static inline bool list_empty(const struct list_head *head)
{
    return head->next == head;
}

static inline bool list_is_first(const struct list_head *entry,
                                 const struct list_head *head)
{
    return entry->prev == head;
}

static inline bool list_is_last(const struct list_head *entry,
                                const struct list_head *head)
{
    return entry->next == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
    return !list_empty(head) && head->next == head->prev;
}

static inline void __list_splice(struct list_head *list,
                                 struct list_head *head)
{
    struct list_head *first = list->next, *last = list->prev;
    struct list_head *at = head->next;

    first->prev = head;
    head->next = first;
    last->next = at;
    at->prev = last;
}

/* Move the entries of @list to the front of @head. */
static inline void list_splice(struct list_head *list, struct list_head *head)
{
    if ( !list_empty(list) )
        __list_splice(list, head);
}

static inline void list_splice_init(struct list_head *list,
                                    struct list_head *head)
{
    if ( !list_empty(list) )
    {
        __list_splice(list, head);
        INIT_LIST_HEAD(list);
    }
}

static inline void list_splice_tail(struct list_head *list,
                                    struct list_head *head)
{
    if ( !list_empty(list) )
        __list_splice(list, head->prev);
}

static inline void list_splice_tail_init(struct list_head *list,
                                         struct list_head *head)
{
    if ( !list_empty(list) )
    {
        __list_splice(list, head->prev);
        INIT_LIST_HEAD(list);
    }
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)

#define list_first_entry(ptr, type, member) \
    list_entry((ptr)->next, type, member)
#define list_last_entry(ptr, type, member) \
    list_entry((ptr)->prev, type, member)
#define list_first_entry_or_null(ptr, type, member) \
    (!list_empty(ptr) ? list_first_entry(ptr, type, member) : NULL)
#define list_last_entry_or_null(ptr, type, member) \
    (!list_empty(ptr) ? list_last_entry(ptr, type, member) : NULL)
#define list_next_entry(pos, member) \
    list_entry((pos)->member.next, typeof(*(pos)), member)
#define list_prev_entry(pos, member) \
    list_entry((pos)->member.prev, typeof(*(pos)), member)

#define list_for_each(pos, head) \
    for ( (pos) = (head)->next; (pos) != (head); (pos) = (pos)->next )
#define list_for_each_prev(pos, head) \
    for ( (pos) = (head)->prev; (pos) != (head); (pos) = (pos)->prev )
#define list_for_each_safe(pos, n, head)                                \
    for ( (pos) = (head)->next, (n) = (pos)->next; (pos) != (head);     \
          (pos) = (n), (n) = (pos)->next )

#define list_for_each_entry(pos, head, member)                          \
    for ( (pos) = list_entry((head)->next, typeof(*(pos)), member);     \
          &(pos)->member != (head);                                     \
          (pos) = list_next_entry(pos, member) )
#define list_for_each_entry_reverse(pos, head, member)                  \
    for ( (pos) = list_entry((head)->prev, typeof(*(pos)), member);     \
          &(pos)->member != (head);                                     \
          (pos) = list_prev_entry(pos, member) )
/* Goes on behind @pos. */
#define list_for_each_entry_continue(pos, head, member)                 \
    for ( (pos) = list_next_entry(pos, member);                         \
          &(pos)->member != (head);                                     \
          (pos) = list_next_entry(pos, member) )
/* Goes on with @pos itself. */
#define list_for_each_entry_from(pos, head, member)                     \
    for ( ; &(pos)->member != (head); (pos) = list_next_entry(pos, member) )
/* The body may delete @pos. */
#define list_for_each_entry_safe(pos, n, head, member)                  \
    for ( (pos) = list_entry((head)->next, typeof(*(pos)), member),     \
          (n) = list_next_entry(pos, member);                           \
          &(pos)->member != (head);                                     \
          (pos) = (n), (n) = list_next_entry(n, member) )
#define list_for_each_entry_safe_reverse(pos, n, head, member)          \
    for ( (pos) = list_entry((head)->prev, typeof(*(pos)), member),     \
          (n) = list_prev_entry(pos, member);                           \
          &(pos)->member != (head);                                     \
          (pos) = (n), (n) = list_prev_entry(n, member) )

#define list_for_each_entry_rcu(pos, head, member)                      \
    for ( (pos) = list_entry(ACCESS_ONCE_LINK((head)->next),            \
                             typeof(*(pos)), member);                   \
          &(pos)->member != (head);                                     \
          (pos) = list_entry(ACCESS_ONCE_LINK((pos)->member.next),      \
                             typeof(*(pos)), member) )
#define ACCESS_ONCE_LINK(x) (*(struct list_head *volatile *)&(x))

#define HLIST_HEAD_INIT { .first = NULL }
#define HLIST_HEAD(name) struct hlist_head name = { .first = NULL }
#define INIT_HLIST_HEAD(ptr) ((ptr)->first = NULL)
#define INIT_HLIST_NODE(ptr) ((ptr)->next = NULL, (ptr)->pprev = NULL)

static inline bool hlist_unhashed(const struct hlist_node *h)
{
    return !h->pprev;
}

static inline bool hlist_empty(const struct hlist_head *h)
{
    return !h->first;
}

static inline void __hlist_del(struct hlist_node *n)
{
    *n->pprev = n->next;
    if ( n->next )
        n->next->pprev = n->pprev;
}

static inline void hlist_del(struct hlist_node *n)
{
    __hlist_del(n);
    n->next = LIST_POISON1;
    n->pprev = LIST_POISON2;
}

static inline void hlist_del_init(struct hlist_node *n)
{
    if ( !hlist_unhashed(n) )
    {
        __hlist_del(n);
        INIT_HLIST_NODE(n);
    }
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
    n->next = h->first;
    if ( n->next )
        n->next->pprev = &n->next;
    h->first = n;
    n->pprev = &h->first;
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) ({                          \
    struct hlist_node *hes_ = (ptr);                                    \
    hes_ ? hlist_entry(hes_, type, member) : NULL; })

#define hlist_for_each_entry(pos, head, member)                         \
    for ( (pos) = hlist_entry_safe((head)->first, typeof(*(pos)), member); \
          (pos);                                                        \
          (pos) = hlist_entry_safe((pos)->member.next,                  \
                                   typeof(*(pos)), member) )

#endif /* XEN_LIST_H */
