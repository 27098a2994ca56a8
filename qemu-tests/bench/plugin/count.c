// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plugin of QEMU's emulator: counts what the guest's kernel executes between
 * two markers (see driver/nfacct_bench.c).
 *
 *   -plugin count.so,out=FILE
 *
 * writes for each pair of markers a line "instructions locked loads stores".
 * QEMU's own header is not packaged everywhere, so what is used of version 7 of
 * its interface is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;
struct counter { struct qemu_plugin_scoreboard *score; size_t offset; };
enum { NO_REGISTERS = 0, ADD_U64 = 0, LOADS = 1, STORES = 2 };

typedef void translate_fn(struct qemu_plugin_tb *tb, void *data);
typedef void execute_fn(unsigned int cpu, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translate_fn *fn, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, execute_fn *fn, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int op,
							 struct counter entry, uint64_t value);
void qemu_plugin_register_vcpu_mem_inline_per_vcpu(struct qemu_plugin_insn *insn, int rw, int op,
						   struct counter entry, uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t size);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t size);
uint64_t qemu_plugin_u64_get(struct counter entry, unsigned int cpu);

__attribute__((visibility("default"))) int qemu_plugin_version = 7;

/* Addresses from here on are the kernel's. */
#define KERNEL 0xffff800000000000ull

enum { INSTRUCTIONS, LOCKED, LOADED, STORED, COUNTERS };

static struct counter counters[COUNTERS];
static uint64_t at_begin[COUNTERS];
static FILE *out;

static void begin(unsigned int cpu, void *data)
{
	for (int i = 0; i < COUNTERS; i++)
		at_begin[i] = qemu_plugin_u64_get(counters[i], cpu);
}

static void end(unsigned int cpu, void *data)
{
	for (int i = 0; i < COUNTERS; i++)
		fprintf(out, "%" PRIu64 "%c", qemu_plugin_u64_get(counters[i], cpu) - at_begin[i],
			i + 1 < COUNTERS ? ' ' : '\n');
	fflush(out);
}

/* The prefix F0, or xchg with memory, which locks without it. */
static bool is_locked(const uint8_t *code, size_t size)
{
	bool exchange = false;

	for (size_t i = 0; i < size; i++) {
		if (code[i] == 0xf0)
			return true;
		if (code[i] == 0x86 || code[i] == 0x87) {
			exchange = i + 1 < size && code[i + 1] < 0xc0;
			return exchange;
		}
		/* Other prefixes: segments, sizes, repeats, REX. */
		if (!memchr("\x2e\x36\x3e\x26\x64\x65\x66\x67\xf2\xf3", code[i], 10) && (code[i] & 0xf0) != 0x40)
			break;
	}
	return exchange;
}

static void translate(struct qemu_plugin_tb *tb, void *data)
{
	static const uint8_t marker[] = { 0x0f, 0x1f, 0x84, 0x00, 0, 0x42, 0x46, 0x4e };
	size_t count = qemu_plugin_tb_n_insns(tb);

	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint8_t code[16] = { 0 };
		size_t size = qemu_plugin_insn_data(insn, code, sizeof(code));

		if (qemu_plugin_insn_vaddr(insn) < KERNEL)
			continue;
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, ADD_U64, counters[INSTRUCTIONS], 1);
		if (is_locked(code, size))
			qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, ADD_U64, counters[LOCKED], 1);
		qemu_plugin_register_vcpu_mem_inline_per_vcpu(insn, LOADS, ADD_U64, counters[LOADED], 1);
		qemu_plugin_register_vcpu_mem_inline_per_vcpu(insn, STORES, ADD_U64, counters[STORED], 1);
		if (size == sizeof(marker) && !memcmp(code, marker, 4) && !memcmp(code + 5, marker + 5, 3))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, code[4] == 0x31 ? begin : end, NO_REGISTERS, NULL);
	}
}

__attribute__((visibility("default")))
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	struct qemu_plugin_scoreboard *board = qemu_plugin_scoreboard_new(COUNTERS * sizeof(uint64_t));
	for (int i = 0; i < COUNTERS; i++)
		counters[i] = (struct counter){ board, i * sizeof(uint64_t) };
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
	return 0;
}
