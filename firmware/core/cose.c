/* MAC_structure and Sig_structure (RFC 9052, 6.3 and 4.4) are never built: they go into the hash as pieces. */
#include "cose.h"

#include "cbor.h"    /* heads of the envelope */
#include "ed25519.h" /* signatures */
#include "frame.h"   /* closing the frame */
#include "hmac.h"    /* tags */

#include <string.h> /* memcpy */

const char aad_hello[] IN_FLASH = "kz1/hello";
const char aad_claim[] IN_FLASH = "kz1/claim";
const char aad_identity[] IN_FLASH = "kz1/identity";
const char aad_command[] IN_FLASH = "kz1/cmd";
const char aad_ack[] IN_FLASH = "kz1/ack";
const char aad_admin[] IN_FLASH = "kz1/admin";
#if BOARD_IO
const char aad_report[] IN_FLASH = "kz1/report";
#endif
const char aad_seal[] IN_FLASH = "kz1/seal";
const char aad_event[] IN_FLASH = "kz1/event";

/* ["MAC0", h'a10107' and ["Signature1", h'a10132', each up to external_aad */
static const uint8_t mac0_structure[] IN_FLASH = {0x84, 0x64, 'M', 'A', 'C', '0', 0x43, 0xA1, 0x01, 0x07};
static const uint8_t sign1_structure[] IN_FLASH = {0x84, 0x6A, 'S', 'i', 'g', 'n', 'a', 't', 'u',
                                                   'r',  'e',  '1', 0x43, 0xA1, 0x01, 0x32};
/* 17([h'a10107', {} and 18([h'a10132', {4: kid8 up to the bytes of kid */
static const uint8_t mac0_envelope[] IN_FLASH = {0xD1, 0x84, 0x43, 0xA1, 0x01, 0x07, 0xA0};
static const uint8_t sign1_envelope[] IN_FLASH = {0xD2, 0x84, 0x43, 0xA1, 0x01, 0x32, 0xA1, 0x04, 0x48};

/* external_aad as a byte string, and the head of the payload: at most 1 + 12 + 8 + 2 bytes. */
#define MIDDLE_BYTES 23

static uint8_t build_middle(uint8_t middle[MIDDLE_BYTES], const char *aad, const uint8_t *sid, uint8_t payload_n) {
  uint8_t *p = middle + 1;
  for (uint8_t c; (c = flash_u8(aad)) != 0; aad++) *p++ = c;
  if (sid) {
    memcpy(p, sid, 8);
    p += 8;
  }
  middle[0] = (uint8_t)(CBOR_BYTES << 5 | (p - middle - 1)); /* always below 24: one byte */
  out_to(p);
  out_head(CBOR_BYTES, payload_n);
  return (uint8_t)(out_end() - middle);
}

static void tag_of(uint8_t tag[64], const uint8_t *payload, uint8_t n, const uint8_t key[32], const char *aad, const uint8_t *sid) {
  uint8_t middle[MIDDLE_BYTES];
  piece pieces[3] = {{mac0_structure, sizeof mac0_structure, 1}, {middle, build_middle(middle, aad, sid, n), 0}, {payload, n, 0}};
  hmac_sha512(tag, key, pieces, 3, &overlay.talk.scratch);
}

uint8_t mac0_read(const uint8_t *body, uint8_t n, mac0 *m) {
  if (n < sizeof mac0_envelope) n = 0;
  for (uint8_t i = 0; n && i < sizeof mac0_envelope; i++)
    if (body[i] != flash_u8(mac0_envelope + i)) n = 0;
  if (n == 0) {
    rx_count(&rx_counts.shape);
    return 0;
  }
  in_from(body + sizeof mac0_envelope, n - sizeof mac0_envelope);
  m->payload = in_bytes(255, &m->n);
  m->tag = in_fixed(64);
  return in_done();
}

uint8_t mac0_check(const mac0 *m, const uint8_t key[32], const char *aad, const uint8_t *sid) {
  uint8_t tag[64];
  tag_of(tag, m->payload, m->n, key, aad, sid);
  return equal_ct(tag, m->tag, 64);
}

/* Behind the payload: the head of the tag or signature, and room for it. In front: the payload's head, kid8 if there is one, the envelope. */
static uint8_t *begin_close(uint8_t *end) {
  *end = CBOR_BYTES << 5 | 24;
  end[1] = 64;
  return end + 2;
}

static closed_frame end_close(uint8_t *tag, const uint8_t *kid, const uint8_t *envelope, uint8_t envelope_n) {
  uint8_t *start = back_head(TX_PAYLOAD, CBOR_BYTES, (uint8_t)(tag - 2 - TX_PAYLOAD));
  if (kid) {
    start -= 8;
    memcpy(start, kid, 8);
  }
  while (envelope_n--) *--start = flash_u8(envelope + envelope_n);
  closed_frame frame = {start - 1, frame_close(start, (uint8_t)(tag + 64 - start))};
  return frame;
}

closed_frame mac0_close(uint8_t *end, const uint8_t key[32], const char *aad, const uint8_t *sid) {
  uint8_t *tag = begin_close(end);
  tag_of(tag, TX_PAYLOAD, (uint8_t)(end - TX_PAYLOAD), key, aad, sid);
  return end_close(tag, 0, mac0_envelope, sizeof mac0_envelope);
}

closed_frame sign1_close(uint8_t *end, const uint8_t keys[64], const char *aad) {
  uint8_t *signature = begin_close(end), n = (uint8_t)(end - TX_PAYLOAD), middle[MIDDLE_BYTES];
  piece pieces[3] = {{sign1_structure, sizeof sign1_structure, 1}, {middle, build_middle(middle, aad, 0, n), 0}, {TX_PAYLOAD, n, 0}};
  ed25519_sign(signature, keys, keys + 32, pieces, 3, &overlay.talk.scratch);
  return end_close(signature, keys + 32, sign1_envelope, sizeof sign1_envelope);
}
