/**
 * CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected, no final xor; check value of "123456789" is 0x29B1. It separates
 * line noise from tampering and is no security. avr-libc's `_crc_ccitt_update` is the reflected CRC 0x8408; the one that agrees with this
 * is `_crc_xmodem_update` started at 0xFFFF.
 */
const tables = [0, 1, 2, 3].map(() => new Uint16Array(256));
const [table0, table1, table2, table3] = tables;
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  table0[byte] = crc;
}
// table k holds the effect of a byte that k further zero bytes follow, so that four bytes cost one dependent step instead of four
for (let k = 1; k < 4; k++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = tables[k - 1][byte];
    tables[k][byte] = (before << 8) ^ table0[before >> 8];
  }
}

/** CRC of `bytes[from, to)`; 0 over a body followed by its own CRC. */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff;
  let p = from;
  for (const last = to - 3; p < last; p += 4) {
    crc =
      table3[(crc >> 8) ^ bytes[p]] ^ table2[(crc & 0xff) ^ bytes[p + 1]] ^ table1[bytes[p + 2]] ^ table0[bytes[p + 3]];
  }
  for (; p < to; p++) crc = ((crc << 8) & 0xffff) ^ table0[(crc >> 8) ^ bytes[p]];
  return crc;
}
