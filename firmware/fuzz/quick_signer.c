/* Stands in front of the signer, which costs a fuzz target all its speed: after the boot, whose known answers are computed by the real one, a
 * signature is 64 bytes that depend on the message's length alone, and the board yields as often as while it signs. The real signer runs in
 * the tests of the native board and in the fuzzing of the whole image. */
#include "quick_signer.h"

#include "cose.h"    /* MACs */
#include "ed25519.h" /* what is wrapped */

#include <string.h> /* memset */

uint8_t quick_signer, quick_mac;
#define YIELDS 40

void __real_ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pk[32], const piece *msg, uint8_t count, crypto_scratch *s);
void __real_ed25519_public(uint8_t pk[32], const uint8_t seed[32], crypto_scratch *s);
void __wrap_ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pk[32], const piece *msg, uint8_t count, crypto_scratch *s);
void __wrap_ed25519_public(uint8_t pk[32], const uint8_t seed[32], crypto_scratch *s);

void __wrap_ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pk[32], const piece *msg, uint8_t count, crypto_scratch *s) {
  if (!quick_signer) {
    __real_ed25519_sign(sig, seed, pk, msg, count, s);
    return;
  }
  uint8_t sum = pk[0] ^ seed[0];
  for (uint8_t k = 0; k < count; k++)
    for (uint16_t i = 0; i < msg[k].n; i++) sum = (uint8_t)(sum * 31 + msg[k].p[i]);
  for (uint8_t k = 0; k < YIELDS; k++) ed25519_yield();
  memset(s, 0xA5, sizeof *s); /* the scratch RAM is used as the signer uses it */
  memset(sig, sum, 64);
}

void __wrap_ed25519_public(uint8_t pk[32], const uint8_t seed[32], crypto_scratch *s) {
  if (!quick_signer) {
    __real_ed25519_public(pk, seed, s);
    return;
  }
  for (uint8_t k = 0; k < YIELDS; k++) ed25519_yield();
  memset(s, 0xA5, sizeof *s);
  for (uint8_t i = 0; i < 32; i++) pk[i] = seed[i] ^ 0x5A;
}

uint8_t __real_mac0_check(const mac0 *m, const uint8_t key[32], const char *aad, const uint8_t *sid);
uint8_t __wrap_mac0_check(const mac0 *m, const uint8_t key[32], const char *aad, const uint8_t *sid);

uint8_t __wrap_mac0_check(const mac0 *m, const uint8_t key[32], const char *aad, const uint8_t *sid) {
  return quick_mac || __real_mac0_check(m, key, aad, sid);
}
