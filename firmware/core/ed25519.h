/* Ed25519 keys and signatures (RFC 8032, 5.1). Signing only: boards never verify a signature. */
#ifndef ED25519_H
#define ED25519_H

#include "crypto.h" /* piece, crypto_scratch */

/* Public key of a seed. */
void ed25519_public(uint8_t pk[32], const uint8_t seed[32], crypto_scratch *s);

/* sig = R ‖ S over the pieces, which are hashed twice and must not change meanwhile. pk must be the public key of seed: a signature made
 * with another one gives the secret scalar away, so callers keep both under one checksum. */
void ed25519_sign(uint8_t sig[64], const uint8_t seed[32], const uint8_t pk[32], const piece *msg, uint8_t count, crypto_scratch *s);

/* Called every 15 ms or more often (AVR, messages up to 250 bytes) while a key or a signature is computed; does nothing unless the port defines it. */
void ed25519_yield(void);

#endif
