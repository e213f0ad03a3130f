/** The most bytes that a message may take on the line, with CRC, COBS and delimiter: what was promised before the grammar was written. */
export interface FrameLimit {
  message: string;
  /** Rule of kz1.cddl, and the rule of its payload where several are possible. */
  rule: string;
  payload?: string;
  /** Bytes of samples. */
  samples?: number;
  /** Bytes on the line. */
  most: number;
}

export const frameLimits: readonly FrameLimit[] = [
  { message: 'open', rule: 'open', most: 27 },
  { message: 'ready', rule: 'ready', most: 11 },
  { message: 'bare', rule: 'bare', most: 44 },
  { message: 'blank', rule: 'blank', most: 157 },
  { message: 'provision', rule: 'provision', most: 133 },
  { message: 'hello', rule: 'hello', most: 195 },
  { message: 'identity', rule: 'identity', most: 224 },
  { message: 'ping', rule: 'ping', most: 11 },
  { message: 'pong', rule: 'pong', most: 34 },
  { message: 'capture', rule: 'command', payload: 'capture-cmd', most: 155 },
  { message: 'relay', rule: 'command', payload: 'relay-cmd', most: 95 },
  { message: 'identify', rule: 'command', payload: 'identify-cmd', most: 105 },
  { message: 'ack', rule: 'ack', most: 138 },
  { message: 'stop', rule: 'stop', most: 28 },
  { message: 'rotate', rule: 'admin', payload: 'rotate-body', most: 121 },
  { message: 'wipe', rule: 'admin', payload: 'wipe-body', most: 86 },
  { message: 'event', rule: 'event', most: 164 },
  { message: 'begin', rule: 'begin', most: 107 },
  { message: 'data u10, 120 samples', rule: 'u10-data', samples: 150, most: 179 },
  { message: 'data s16, 64 samples', rule: 's16-data', samples: 128, most: 159 },
  { message: 'data s16, 512 samples', rule: 's16-data', samples: 1024, most: 1060 },
  { message: 'signed-data s16, 512 samples', rule: 'signed-data', payload: 's16-data', samples: 1024, most: 1146 },
  { message: 'data FIFO s16, 510 samples', rule: 'fifo-data', samples: 1020, most: 1059 },
  { message: 'mark', rule: 'mark', most: 48 },
  { message: 'busy', rule: 'busy', most: 15 },
  { message: 'seal', rule: 'seal', most: 231 },
];

/** The most bytes of a whole capture of an Uno: begin to seal, 32 frames a window. */
export const captureLimits: Readonly<Record<string, number>> = {
  '8,192 x u10': 12_117,
  '80,000 x u10': 114_569,
  '4,096 x s16': 9943,
};
