// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the x_tables match "nfacct" from inside the kernel.
 *
 * It knows nothing about who provides the match: like a rule of iptables it
 * looks the match up and has it check a rule, then calls it on a made-up packet.
 * Times are ticks of the TSC; under QEMU's icount one tick is one instruction.
 *
 * The interface is /sys/kernel/debug/nfacct_bench: write one request, read the
 * answer from the same open file. Rules are those of the caller's namespace.
 *
 *   calls COUNT NAME         ticks of COUNT calls of an empty match and of this
 *                            one, interrupts off: "EMPTY MATCH"
 *   rule COUNT NAME          the least ticks of checkentry and destroy of one
 *                            rule, and of two empty calls: "EMPTY RULE"
 *   chunks COUNT NAME [NAME] COUNT times 2000 calls on CPU 0, with a second
 *                            name on CPU 1 at the same time: a line for each
 *                            chunk with begin and end on each CPU
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#define PACKET_LENGTH 100
#define WARM_UP 1000
#define CHUNK 2000
#define MAX_CHUNKS 48
#define NAME_SIZE 32

/* Long nops that a plugin of the emulator recognises; see plugin/count.c. */
#define MARK_BEGIN asm volatile(".byte 0x0f,0x1f,0x84,0x00; .long 0x4e464231" ::: "memory")
#define MARK_END asm volatile(".byte 0x0f,0x1f,0x84,0x00; .long 0x4e464232" ::: "memory")

typedef bool match_fn(const struct sk_buff *skb, struct xt_action_param *par);

/* One rule "-m nfacct --nfacct-name NAME" and the packet that it sees. */
struct rule {
	struct net *net;
	struct xt_match *match;
	void *info;
	struct sk_buff *skb;
	struct nf_hook_state state;
	struct xt_action_param par;
};

static struct dentry *file;

static noinline bool empty_match(const struct sk_buff *skb, struct xt_action_param *par)
{
	return true;
}

static noinline int empty_call(const void *par)
{
	barrier();
	return 0;
}

static void rule_check_param(struct rule *rule, struct ipt_ip *entry, struct xt_mtchk_param *par)
{
	*par = (struct xt_mtchk_param){
		.net = rule->net,
		.table = "filter",
		.entryinfo = entry,
		.match = rule->match,
		.matchinfo = rule->info,
		.hook_mask = 1 << NF_INET_LOCAL_IN,
		.family = NFPROTO_IPV4,
	};
}

static void rule_destroy(struct rule *rule)
{
	struct xt_mtdtor_param par = {
		.net = rule->net,
		.match = rule->match,
		.matchinfo = rule->info,
		.family = NFPROTO_IPV4,
	};

	rule->match->destroy(&par);
}

/* As translate_table() does it: look the match up, copy the user's part, check. */
static int rule_make(struct rule *rule, const char *name)
{
	struct ipt_ip entry = {};
	struct xt_mtchk_param par;
	int err;

	*rule = (struct rule){ .net = current->nsproxy->net_ns };
	rule->match = xt_request_find_match(NFPROTO_IPV4, "nfacct", 0);
	if (IS_ERR(rule->match))
		return PTR_ERR(rule->match);
	err = -ENOMEM;
	rule->info = kzalloc(XT_ALIGN(rule->match->matchsize), GFP_KERNEL);
	rule->skb = alloc_skb(PACKET_LENGTH, GFP_KERNEL);
	if (!rule->info || !rule->skb)
		goto free;
	skb_put_zero(rule->skb, PACKET_LENGTH);
	strscpy(rule->info, name, NAME_SIZE);
	rule_check_param(rule, &entry, &par);
	err = xt_check_match(&par, XT_ALIGN(rule->match->matchsize), 0, false);
	if (err)
		goto free;
	rule->state = (struct nf_hook_state){
		.hook = NF_INET_LOCAL_IN,
		.pf = NFPROTO_IPV4,
		.net = rule->net,
	};
	rule->par = (struct xt_action_param){
		.match = rule->match,
		.matchinfo = rule->info,
		.state = &rule->state,
	};
	return 0;
free:
	kfree_skb(rule->skb);
	kfree(rule->info);
	module_put(rule->match->me);
	return err;
}

static void rule_drop(struct rule *rule)
{
	rule_destroy(rule);
	kfree_skb(rule->skb);
	kfree(rule->info);
	module_put(rule->match->me);
}

/* Calls a match count times; the same indirect call for every match. */
static noinline u64 timed_calls(match_fn *match, struct rule *rule, unsigned int count, u64 *begin)
{
	unsigned long flags;
	u64 from, to;

	local_irq_save(flags);
	from = rdtsc_ordered();
	MARK_BEGIN;
	while (count--)
		match(rule->skb, &rule->par);
	MARK_END;
	to = rdtsc_ordered();
	local_irq_restore(flags);
	if (begin)
		*begin = from;
	return begin ? to : to - from;
}

/* What happens once, such as the event of a quota, happens here. */
static void warm_up(struct rule *rule)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < WARM_UP; i++)
		rule->match->match(rule->skb, &rule->par);
	local_bh_enable();
}

static int answer_calls(char *answer, unsigned int count, const char *name)
{
	struct rule rule;
	u64 empty, ticks;
	int err = rule_make(&rule, name);

	if (err)
		return err;
	warm_up(&rule);
	timed_calls(empty_match, &rule, 1, NULL);
	empty = timed_calls(empty_match, &rule, count, NULL);
	ticks = timed_calls(rule.match->match, &rule, count, NULL);
	rule_drop(&rule);
	return scnprintf(answer, SIMPLE_TRANSACTION_LIMIT, "%llu %llu\n", empty, ticks);
}

static int answer_rule(char *answer, unsigned int count, const char *name)
{
	int (*volatile nothing)(const void *par) = empty_call;
	u64 empty = U64_MAX, least = U64_MAX, begin;
	struct ipt_ip entry = {};
	struct xt_mtchk_param par;
	struct rule rule;
	int err = rule_make(&rule, name);

	if (err)
		return err;
	rule_check_param(&rule, &entry, &par);
	/* The rule made above keeps the match; its object is looked up anew. */
	rule_destroy(&rule);
	while (count--) {
		begin = rdtsc_ordered();
		nothing(&par);
		nothing(&par);
		empty = min(empty, rdtsc_ordered() - begin);
		begin = rdtsc_ordered();
		err = rule.match->checkentry(&par);
		if (err)
			break;
		rule_destroy(&rule);
		least = min(least, rdtsc_ordered() - begin);
	}
	if (!err)
		err = rule.match->checkentry(&par);
	if (!err) {
		rule_drop(&rule);
		return scnprintf(answer, SIMPLE_TRANSACTION_LIMIT, "%llu %llu\n", empty, least);
	}
	kfree_skb(rule.skb);
	kfree(rule.info);
	module_put(rule.match->me);
	return err;
}

/* One CPU's part of a chunk run. */
struct worker {
	struct rule rule;
	struct task_struct *task;
	atomic_t *arrived;
	unsigned int workers;
	unsigned int count;
	struct completion done;
	struct { u64 begin, end; } chunks[MAX_CHUNKS];
};

static int work(void *data)
{
	struct worker *worker = data;
	unsigned int i;

	for (i = 0; i < worker->count; i++) {
		atomic_inc(worker->arrived);
		while (atomic_read(worker->arrived) < (i + 1) * worker->workers)
			cpu_relax();
		worker->chunks[i].end = timed_calls(worker->rule.match->match, &worker->rule,
						    CHUNK, &worker->chunks[i].begin);
	}
	complete(&worker->done);
	return 0;
}

static int answer_chunks(char *answer, unsigned int count, char **names, unsigned int workers)
{
	struct worker *all = kcalloc(workers, sizeof(*all), GFP_KERNEL);
	atomic_t arrived = ATOMIC_INIT(0);
	unsigned int made, started, i, w;
	u64 zero = U64_MAX;
	int err = 0, length = 0;

	if (!all)
		return -ENOMEM;
	for (made = 0; made < workers && !err; made++) {
		err = rule_make(&all[made].rule, names[made]);
		if (err)
			break;
		warm_up(&all[made].rule);
	}
	for (started = 0; started < workers && !err; started++) {
		struct worker *worker = &all[started];

		worker->arrived = &arrived;
		worker->workers = workers;
		worker->count = count;
		init_completion(&worker->done);
		worker->task = kthread_create(work, worker, "nfacct_bench/%u", started);
		if (IS_ERR(worker->task)) {
			err = PTR_ERR(worker->task);
			break;
		}
		kthread_bind(worker->task, started);
	}
	for (w = 0; w < started; w++) {
		/* With an error nobody may wait for others at the barrier. */
		if (err) {
			kthread_stop(all[w].task);
			continue;
		}
		wake_up_process(all[w].task);
	}
	for (w = 0; w < started && !err; w++) {
		wait_for_completion(&all[w].done);
		zero = min(zero, all[w].chunks[0].begin);
	}
	for (i = 0; i < count && !err; i++) {
		for (w = 0; w < workers; w++)
			length += scnprintf(answer + length, SIMPLE_TRANSACTION_LIMIT - length,
					    "%llu %llu%c", all[w].chunks[i].begin - zero,
					    all[w].chunks[i].end - zero, w + 1 < workers ? ' ' : '\n');
	}
	for (w = 0; w < made; w++)
		rule_drop(&all[w].rule);
	kfree(all);
	return err ? err : length;
}

static int answer(char *request)
{
	char verb[8], first[NAME_SIZE], second[NAME_SIZE];
	char *names[] = { first, second };
	unsigned int count;
	int given = sscanf(request, "%7s %u %31s %31s", verb, &count, first, second);

	if (given < 3 || !count)
		return -EINVAL;
	if (given == 3 && !strcmp(verb, "calls"))
		return answer_calls(request, count, first);
	if (given == 3 && !strcmp(verb, "rule"))
		return answer_rule(request, count, first);
	if (!strcmp(verb, "chunks") && count <= MAX_CHUNKS && num_online_cpus() >= given - 2)
		return answer_chunks(request, count, names, given - 2);
	return -EINVAL;
}

static ssize_t bench_write(struct file *filp, const char __user *buf, size_t size, loff_t *pos)
{
	char *request = simple_transaction_get(filp, buf, size);
	int length;

	if (IS_ERR(request))
		return PTR_ERR(request);
	length = answer(request);
	if (length < 0)
		return length;
	simple_transaction_set(filp, length);
	return size;
}

static const struct file_operations bench_operations = {
	.owner = THIS_MODULE,
	.write = bench_write,
	.read = simple_transaction_read,
	.release = simple_transaction_release,
};

static int __init bench_init(void)
{
	file = debugfs_create_file("nfacct_bench", 0600, NULL, NULL, &bench_operations);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit bench_exit(void)
{
	debugfs_remove(file);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Measures the x_tables match nfacct");
MODULE_LICENSE("GPL");
