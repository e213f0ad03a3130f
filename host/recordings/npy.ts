/** NumPy's NPY files (numpy.lib.format, versions 1.0 to 3.0): one dimension, or N x channels. Rate and unit are never inside. */
import { KizashiError } from '../errors.js';
import { buildCapture, type ReadOptions, type Recording } from './recording.js';
import { gapless } from './spans.js';
import { channelOf, unitFromFlag } from './units.js';

function damaged(name: string, byte: number, why: string): KizashiError {
  return new KizashiError('KZ0816', `${name}: ${why} at byte ${byte}`, { byte }, { why });
}

type Getter = (view: DataView, at: number, littleEndian: boolean) => number;

const getters: Record<string, { width: number; get: Getter }> = {
  f4: { width: 4, get: (v, at, le) => v.getFloat32(at, le) },
  f8: { width: 8, get: (v, at, le) => v.getFloat64(at, le) },
  i1: { width: 1, get: (v, at) => v.getInt8(at) },
  u1: { width: 1, get: (v, at) => v.getUint8(at) },
  i2: { width: 2, get: (v, at, le) => v.getInt16(at, le) },
  u2: { width: 2, get: (v, at, le) => v.getUint16(at, le) },
  i4: { width: 4, get: (v, at, le) => v.getInt32(at, le) },
  u4: { width: 4, get: (v, at, le) => v.getUint32(at, le) },
};

/**
 * @throws KZ0803 no --rate, KZ0806 more than 16 channels or none of that name, KZ0811, KZ0816 damaged or not real numbers
 */
export function readNpy(bytes: Uint8Array, name: string, options: ReadOptions = {}): Recording {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || bytes[0] !== 0x93 || Buffer.from(bytes.subarray(1, 6)).toString('latin1') !== 'NUMPY')
    throw damaged(name, 0, 'no NUMPY magic');
  const wide = bytes[6] >= 2;
  const headerAt = wide ? 12 : 10;
  const dataAt = headerAt + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (dataAt > bytes.length) throw damaged(name, headerAt, 'header longer than the file');
  const header = Buffer.from(bytes.subarray(headerAt, dataAt)).toString('latin1');
  const descr = /'descr'\s*:\s*'([<>|=])([a-z]\d+)'/.exec(header);
  const shapeText = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*True/.test(header);
  if (!descr || shapeText === undefined) throw damaged(name, headerAt, 'header without descr and shape');
  const kind = getters[descr[2]];
  if (!kind) throw damaged(name, headerAt, `numbers of type ${descr[2]}`);
  const shape = shapeText
    .split(',')
    .filter((s) => s.trim() !== '')
    .map(Number);
  if (shape.length < 1 || shape.length > 2 || shape.some((d) => !Number.isSafeInteger(d) || d < 0))
    throw damaged(name, headerAt, `shape (${shapeText})`);
  const n = shape[0];
  const width = shape[1] ?? 1;
  if (width < 1 || width > 16)
    throw new KizashiError('KZ0806', `${name}: ${width} channels (shape is N x channels, at most 16)`, { shape });
  const needed = n * width * kind.width;
  if (bytes.length - dataAt !== needed)
    throw damaged(name, dataAt, `${needed} bytes of data promised, ${bytes.length - dataAt} present`);
  if (options.rateHz === undefined)
    throw new KizashiError('KZ0803', `${name}: an NPY file states no sample rate`, { samples: n });

  const littleEndian = descr[1] !== '>';
  const raw = Array.from({ length: width }, (_, c) =>
    Float64Array.from({ length: n }, (_, i) =>
      kind.get(view, dataAt + (fortran ? c * n + i : i * width + c) * kind.width, littleEndian),
    ),
  );
  const { columns, spans, missing } = gapless(raw);
  const scale = options.units === undefined ? undefined : unitFromFlag(options.units);
  const all = columns.map((samples, c) => channelOf(`ch${c + 1}`, samples, scale));
  const wanted = options.channels;
  const channels = wanted ? all.filter(({ id }) => wanted.includes(id)) : all;
  if (channels.length === 0)
    throw new KizashiError('KZ0806', `${name}: no channel ${wanted?.join(', ')}`, { have: all.map(({ id }) => id) });
  return {
    name,
    capture: buildCapture({
      name,
      fsHz: options.rateHz,
      fsUncertainty: 5e-5,
      channels,
      spans,
      notes: missing > 0 ? [`${missing} rows without a number left out, spans split there`] : [],
    }),
    facts: {
      format: 'npy',
      rateFrom: '--rate',
      unitFrom: options.units === undefined ? 'not stated' : '--units',
      skipped: missing > 0 ? { missing } : {},
    },
  };
}
