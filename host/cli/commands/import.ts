/**
 * `kizashi import FILE --motor NAME --at TIME`: a recording becomes history of a motor, marked as what it is: unsigned, no evidence. It is
 * judged and learnt from as a capture is.
 */

import { KizashiError } from '../../errors.js';
import { systemClock } from '../../link/index.js';
import { Monitor } from '../../monitor/index.js';
import { motorContext, motorNamed } from '../../motors/index.js';
import { Store } from '../../store/index.js';
import { missingAnswer } from '../asking.js';
import { version } from '../output.js';
import { readRecordingFile, recordingsOf } from '../recording-file.js';
import { settingsOf } from '../settings.js';
import { makePrivate, stateFolder } from '../state-folder.js';
import { reasonText, statusStyle, statusWord } from '../status.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const state = stateFolder(options);
  if (typeof options.motor !== 'string') throw missingAnswer('--motor NAME', 'whose history is it');
  const { motor } = motorNamed(state.motors, options.motor);
  const { bytes, name } = readRecordingFile(args[0]);
  const recordings = await recordingsOf(bytes, name, {
    ...(options.rate === undefined ? {} : { rateHz: options.rate as number }),
    ...(options.units === undefined ? {} : { units: options.units as string }),
    ...(options.channel === undefined ? {} : { channels: options.channel as string[] }),
  });
  const stated = timeOf(options.at as string | undefined);
  makePrivate(state.root);
  const store = Store.open(state.root);
  try {
    const settings = settingsOf(options);
    const monitor = new Monitor({
      site: settings.site.value,
      version: version(),
      clock: systemClock,
      store,
      evidenceFolder: state.evidence,
    });
    const captures = recordings.map(({ capture }) => ({ ...capture, at: stated ?? capture.at ?? noTime(name) }));
    monitor.add({
      id: motor.id,
      name: motor.name ?? motor.id,
      zone: motor.zone ?? '',
      line: '',
      board: 'recording',
      emulated: false,
      context: motorContext(motor),
      intervalMs: settings.interval.value * 1000,
      measure: async () => {
        const capture = captures.shift();
        if (!capture) throw new TypeError('no recording is left');
        return { ok: true, record: 0, capture, items: { data: [], marks: [] }, tries: 1 };
      },
    });
    monitor.on('trouble', (_, error) => {
      throw error;
    });
    const written: Record<string, unknown>[] = [];
    for (const recording of recordings) {
      const { status, grey, reason, verdict, lastCaptureAt } = await monitor.capture(motor.id);
      const word = statusWord({ status, grey: grey as never });
      const at = new Date(lastCaptureAt ?? 0).toISOString();
      out.line(`${recording.name}   ${motor.id}   ${at}   unsigned recording`);
      out.line(`  ${out.style(statusStyle({ status }), word.padEnd(8))} ${reasonText({ reason })}`);
      written.push({ recording: recording.name, at, status, reason, verdict });
    }
    monitor.stop();
    out.result({ motor: motor.id, recordings: written });
    return 0;
  } finally {
    store.close();
  }
};

/** @throws KZ1401 no ISO 8601 time with its zone */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isFinite(at) && /(Z|[+-]\d\d:?\d\d)$/.test(text)) return at;
  throw new KizashiError(
    'KZ1401',
    `--at ${text} is no time`,
    { at: text },
    { why: 'a time has its date and zone (ISO 8601)', fix: '--at 2026-03-01T08:00:00Z' },
  );
}

function noTime(name: string): never {
  throw new KizashiError(
    'KZ1401',
    `${name} does not say when it was recorded`,
    { missing: '--at' },
    {
      why: 'history is in the order of time, and a guess would stand in it for ever',
      fix: '--at 2026-03-01T08:00:00Z',
    },
  );
}
