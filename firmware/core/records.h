/* What survives a power cut: boot counter, record slots, identity. Every record ends in a CRC over a domain byte and its bytes; the CRC is
 * written last, so a torn record is no record. The map is fixed by the sizes below. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdint.h> /* fixed widths */

#define EE_SETTINGS 0x004 /* version, flags, 28 bytes unused, CRC; address 0 stays free, the classic victim of brown-outs */
#define EE_BOOT 0x024
#define EE_SLOTS 0x084
#define EE_IDENTITY_A 0x2C4
#define EE_IDENTITY_B 0x34A

/* Offsets in an identity. */
#define IDENTITY_CID 0
#define IDENTITY_SEED 4
#define IDENTITY_PUBLIC 36
#define IDENTITY_PAIR 68
#define IDENTITY_ADMIN 100
#define IDENTITY_BYTES 132 /* CRC behind */

typedef struct {
  uint32_t boot;    /* starts of the board, this one included */
  uint32_t rec;     /* last record number given away */
  uint8_t prev[16]; /* hash of the last record that was signed */
  uint16_t serial;  /* of the newest slot, 15 bits */
  uint8_t slot;     /* its place */
} chain_state;
extern chain_state chain;

/* Reads the newest slot and counts this start. Returns 0 if that could not be written. */
uint8_t records_start(void);
/* Takes the next record number, persistently. Returns 0 if it could not be written: then nothing was taken. */
uint8_t record_open(void);
/* Notes that the record is signed: its hash becomes `prev` of the next one. Only after this may it be sent. */
uint8_t record_close(const uint8_t prev[16]);

enum { IDENTITY_NONE, IDENTITY_DAMAGED, IDENTITY_GOOD };
/* Looks at both copies, repairs one from the other, finishes a wipe or a rotation that a power cut interrupted. */
uint8_t identity_start(void);
/* 1 if the cells of the identity read the same twice. */
uint8_t identity_readable(void);
void identity_read(uint8_t offset, uint8_t *out, uint8_t n);
/* A copy is built field by field; it counts only after `identity_commit`. */
void identity_put(uint16_t copy, uint8_t offset, const uint8_t *bytes, uint8_t n);
uint8_t identity_commit(void);
/* Rotation: copy B holds the new identity as `staged` until the event that announces it is signed. */
uint8_t identity_stage(void);
uint8_t identity_promote(void);
/* From here on a power cut ends in an erased board. */
void records_wipe_begin(void);
/* Erases identity and record slots for ever; resumed by identity_start after a power cut. */
void records_erase(void);
/* Erases record slots that no key signed any more. */
void records_forget(void);
/* Where the last write failed. */
extern uint16_t ee_fault_at;

#endif
