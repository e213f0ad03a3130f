/**
 * `kizashi watch MOTOR|FILE`, `--text PORT`, `--firmata PORT`: a scope in the terminal. On a terminal the picture is redrawn in place, at most ten times a second; without
 * one, a line of text a picture, or NDJSON with `--json`, whose last line is a summary.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture } from '../../capture/capture.js';
import { pictureOf } from '../../monitor/index.js';
import { missingAnswer } from '../asking.js';
import { digits } from '../output.js';
import { showsUtf8 } from '../scope/braille.js';
import { channelCapture, scopeLines, statusLine, strongestLines, type View } from '../scope/views.js';
import type { CommandContext, Run } from '../tree.js';
import { boardSource, fileSource, screeningSource } from '../watch-source.js';

/** Shortest time between two pictures on a terminal, in ms. */
const redrawMs = 100;
/** Pictures a waterfall remembers. */
const remembered = 60;

export const run: Run = async (context) => {
  const { args, options, out, signal } = context;
  const screening = options.text !== undefined || options.firmata !== undefined;
  if (!screening && args[0] === undefined)
    throw missingAnswer('MOTOR, FILE, --text PORT or --firmata PORT', 'what to watch');
  const source = screening
    ? await screeningSource(context)
    : existsSync(args[0])
      ? await fileSource(context)
      : await boardSource(context);
  const view = (options.view as View | undefined) ?? 'spectrum';
  const most = (options.count as number | undefined) ?? Number.POSITIVE_INFINITY;
  const screen = terminal(context) ? await openScreen() : undefined;
  const earlier: Capture[] = [];
  let shown = 0;
  try {
    while (shown < most && !signal.aborted) {
      const capture = await Promise.race([source.next(), aborted(signal)]);
      if (capture === undefined) break;
      const one = channelCapture(capture, (options.channel as string[] | undefined)?.[0]);
      shown++;
      if (screen) {
        screen(picture(source.name, one, view, earlier));
        await sleep(redrawMs, undefined, { signal }).catch(() => {});
      } else tell(out, source.name, one, view);
      earlier.push(one);
      if (earlier.length > remembered) earlier.shift();
    }
    out.result({ event: 'summary', watched: source.name, pictures: shown });
    return 0;
  } finally {
    screen?.done();
    await source.close();
  }
};

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((done) => {
    if (signal.aborted) done(undefined);
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
}

function terminal({ out }: CommandContext): boolean {
  return !out.json && !process.env.CI && process.env.TERM !== 'dumb' && process.stdout.isTTY === true;
}

type Screen = ((text: string) => void) & { done(): void };

/** Redraws in place; the cursor is back when it is done. */
async function openScreen(): Promise<Screen> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  return Object.assign((text: string) => update(text), { done: () => update.done() });
}

/** One screenful, narrower and lower than the terminal by one, so that nothing wraps or scrolls. */
function picture(name: string, capture: Capture, view: View, earlier: readonly Capture[]): string {
  const columns = Math.min(200, (process.stdout.columns ?? 80) - 1);
  const rows = Math.max(4, Math.min(24, (process.stdout.rows ?? 24) - 6));
  const size = { columns, rows, utf8: showsUtf8(process.env) };
  const head = `${name}   ${capture.channels[0].id}   ${view}   ${capture.channels[0].samples.length} samples   Ctrl-C ends`;
  const lines = scopeLines(capture, view, size, earlier) ?? ['too short to draw: record at least 1024 samples'];
  return [head, ...lines, statusLine(capture)].map((line) => line.slice(0, columns)).join('\n');
}

/** The same as one line of text, or as one object. */
function tell(out: CommandContext['out'], name: string, capture: Capture, view: View): void {
  const [channel] = capture.channels;
  const { samples, unit } = channel;
  let [square, peak] = [0, 0];
  for (const value of samples) {
    square += value * value;
    peak = Math.max(peak, Math.abs(value));
  }
  const rms = Math.sqrt(square / samples.length);
  const kind = view === 'wave' || view === 'waterfall' ? 'spectrum' : view;
  const spectrum = pictureOf(name, capture, kind, null);
  const lines = spectrum ? strongestLines(spectrum) : [];
  const at = capture.at === undefined ? null : new Date(capture.at).toISOString();
  const shown = lines.map(({ hz, amplitude }) => `${digits(hz, 4)} Hz ${digits(amplitude, 3)}`).join(', ');
  const text = unit.replace('m/s2', 'm/s²');
  out.line(
    `${at ?? '-'}   ${channel.id}   rms ${digits(rms, 3)} ${text}   peak ${digits(peak, 3)} ${text}   ${kind} ${shown || '-'}   ${statusLine(capture)}`,
  );
  const { fsHz, fsUncertainty, verdict, grade, evidence, attested } = capture;
  out.result({
    event: 'picture',
    watched: name,
    at,
    channel: channel.id,
    unit,
    rms,
    peak,
    kind,
    lines,
    fsHz,
    fsUncertainty,
    lost: evidence?.lost ?? 0,
    verdict: verdict.kind,
    grade,
    ...(attested ? { attested } : {}),
  });
}
