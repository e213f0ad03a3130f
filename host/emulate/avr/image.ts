import intelHex from 'nrf-intel-hex';
import { KizashiError } from '../../errors.js';

// the package is CommonJS whose module is the class itself, and its types call that `default`
const MemoryMap = intelHex as unknown as typeof intelHex.default;

/**
 * Flash words of a firmware image. Text is Intel HEX; bytes are HEX text if they start with a colon, else the memory itself from address 0.
 * What the image leaves open is erased (0xFF). @throws KZ1101 if it is damaged or reaches beyond the chip
 */
export function loadImage(image: string | Uint8Array, flashBytes: number): Uint16Array {
  const bytes = new Uint8Array(flashBytes).fill(0xff);
  if (typeof image !== 'string' && image[0] !== 0x3a) {
    if (image.length > flashBytes) throw tooLarge(image.length, flashBytes);
    bytes.set(image);
  } else {
    const text = typeof image === 'string' ? image : new TextDecoder().decode(image);
    let blocks: Map<number, Uint8Array>;
    try {
      blocks = MemoryMap.fromHex(text);
    } catch (cause) {
      throw new KizashiError(
        'KZ1101',
        `the firmware image is not Intel HEX: ${(cause as Error).message}`,
        {},
        { cause },
      );
    }
    for (const [address, block] of blocks) {
      if (address + block.length > flashBytes) throw tooLarge(address + block.length, flashBytes);
      bytes.set(block, address);
    }
  }
  return new Uint16Array(bytes.buffer);
}

function tooLarge(end: number, flashBytes: number): KizashiError {
  return new KizashiError('KZ1101', `the firmware image ends at ${end}, the chip has ${flashBytes} bytes`, {
    end,
    flashBytes,
  });
}
