/* Power cuts: a child process does something to the EEPROM and dies inside its k-th byte, which keeps its old value, the new one, 0xFF or a
 * random one; another child boots from what is left and must find a state that loses nothing and repeats nothing. All k, all four remains.
 * Prints one line a scenario; exit code 1 if anything was lost. */
#include "host.h"    /* surroundings */
#include "records.h" /* what is tested */

#include <stdio.h>    /* report */
#include <stdlib.h>   /* exit */
#include <string.h>   /* memcpy */
#include <sys/mman.h> /* memory shared with the children */
#include <sys/wait.h> /* their ends */
#include <unistd.h>   /* fork */

typedef struct {
  uint8_t eeprom[HOST_EEPROM];
  uint32_t spoken; /* highest record number that was closed, so may have been sent */
  uint8_t spoken_prev[16];
  uint32_t taken; /* highest number that was given away */
  uint8_t announced; /* rotation: the old key has signed the event */
} shared_state;
static shared_state *shared, before;
static uint32_t cut_at, bytes_written;
static uint8_t remains;

static void maybe_cut(uint16_t address, uint8_t value) {
  if (bytes_written++ != cut_at) return;
  uint8_t *cell = &host_eeprom[address];
  if (remains == 1) *cell = value;
  if (remains == 2) *cell = 0xFF;
  if (remains == 3) *cell = (uint8_t)(rand() ^ address * 31 ^ cut_at * 7);
  _exit(0);
}

static void fill_identity(uint16_t copy, uint8_t tag) {
  for (uint8_t k = 0; k < IDENTITY_BYTES; k++) {
    uint8_t byte = (uint8_t)(tag + k * 3);
    identity_put(copy, k, &byte, 1);
  }
}

/* Whose identity copy A is: its tag, or 0. */
static uint8_t identity_tag(void) {
  uint8_t bytes[IDENTITY_BYTES];
  identity_read(0, bytes, IDENTITY_BYTES);
  for (uint8_t k = 0; k < IDENTITY_BYTES; k++)
    if (bytes[k] != (uint8_t)(bytes[0] + k * 3)) return 0;
  return bytes[0];
}

static void do_record(void) {
  uint8_t prev[16];
  if (!record_open()) return;
  shared->taken = chain.rec;
  for (uint8_t i = 0; i < 16; i++) prev[i] = (uint8_t)(chain.rec * 5 + i);
  if (!record_close(prev)) return;
  shared->spoken = chain.rec;
  memcpy(shared->spoken_prev, prev, 16);
}

static void boot_once(void) {
  records_start();
  identity_start();
}

static void provision_run(void) {
  boot_once();
  records_forget();
  fill_identity(EE_IDENTITY_A, 0x21);
  identity_commit();
  do_record();
}

static void records_run(void) {
  boot_once();
  for (uint8_t k = 0; k < 3; k++) do_record();
}

static void rotate_run(void) {
  boot_once();
  fill_identity(EE_IDENTITY_B, 0x63);
  identity_stage();
  do_record();
  shared->announced = 1;
  identity_promote();
}

static void wipe_run(void) {
  boot_once();
  records_wipe_begin();
  do_record();
  shared->announced = 1;
  records_erase();
}

static int failures;
static void must(int holds, const char *scenario, const char *what) {
  if (holds) return;
  if (failures++ < 10) printf("%s: cut in byte %u, remains %u: %s\n", scenario, cut_at, remains, what);
}

static void check_after(const char *name) {
  uint32_t boots = chain.boot;
  uint8_t state = identity_start();
  uint8_t tag = state == IDENTITY_GOOD ? identity_tag() : 0;
  (void)boots;
  if (!strcmp(name, "provision")) {
    must(state != IDENTITY_GOOD || tag == 0x21, name, "an identity that nobody made");
  } else if (!strcmp(name, "records")) {
    must(state == IDENTITY_GOOD && tag == 0x42, name, "the identity is lost");
  } else if (!strcmp(name, "rotate")) {
    must(state == IDENTITY_GOOD, name, "no identity is left");
    must(tag == 0x42 || tag == 0x63, name, "a mixture of two identities");
    must(tag == 0x42 || shared->spoken > 3, name, "the new key without its announcement");
  } else {
    must(state == IDENTITY_NONE || (state == IDENTITY_GOOD && tag == 0x42), name, "half wiped");
  }
  if (strcmp(name, "wipe") && strcmp(name, "provision")) {
    must(chain.rec >= shared->taken, name, "a record number would be used again");
    must(chain.rec <= shared->taken + 1, name, "more than one number is burnt");
    if (chain.rec == shared->spoken) must(!memcmp(chain.prev, shared->spoken_prev, 16), name, "prev is not the last record's");
  }
  /* life goes on */
  must(record_open(), name, "no record can be opened any more");
}

typedef struct {
  const char *name;
  void (*run)(void);
} scenario;
static const scenario scenarios[] = {{"provision", provision_run}, {"records", records_run}, {"rotate", rotate_run}, {"wipe", wipe_run}};

/* Runs fn in a child on the shared memory; returns its exit code. */
static int in_child(void (*fn)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    fn();
    fflush(stdout);
    _exit(failures ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static const scenario *now;
static void run_now(void) {
  host_before_write = maybe_cut;
  now->run();
}
static void count_now(void) {
  now->run();
  shared->taken = host_writes; /* handed to the parent */
}
static void check_now(void) {
  records_start();
  check_after(now->name);
}
/* The second boot may be cut, too: here in its first byte. */
static void boot_cut(void) {
  uint32_t was = cut_at;
  cut_at = was % 7;
  bytes_written = 0;
  host_before_write = maybe_cut;
  boot_once();
}
static void make_owner(void) {
  boot_once();
  fill_identity(EE_IDENTITY_A, 0x42);
  identity_commit();
  for (uint8_t k = 0; k < 3; k++) do_record();
}

/* `cuts [stride]`: every stride-th byte; 1, all of them, without an argument. */
int main(int argc, char **argv) {
  uint32_t stride = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  host_eeprom = shared->eeprom;
  int bad = 0;
  for (unsigned s = 0; s < sizeof scenarios / sizeof scenarios[0]; s++) {
    now = &scenarios[s];
    memset(shared, 0, sizeof *shared);
    memset(shared->eeprom, 0xFF, HOST_EEPROM);
    if (strcmp(now->name, "provision")) in_child(make_owner);
    before = *shared;
    in_child(count_now);
    uint32_t total = shared->taken, runs = 0;
    for (cut_at = 0; cut_at <= total; cut_at += stride)
      for (remains = 0; remains < 4; remains++)
        for (uint8_t twice = 0; twice < 2; twice++) {
          *shared = before;
          in_child(run_now);
          if (twice) in_child(boot_cut);
          bad |= in_child(check_now);
          runs++;
        }
    printf("%s: %u bytes written, %u cuts\n", now->name, total, runs);
  }
  return bad ? 1 : 0;
}
