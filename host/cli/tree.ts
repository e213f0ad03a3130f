/**
 * The command tree as data. This file loads nothing but types: `kizashi --help` must cost commander and no more, so each verb's module is
 * imported when the verb runs. A new verb is one row here and one file in commands/ that exports `run`.
 */
import { boardCommands } from './board-commands.js';
import type { Output } from './output.js';

export interface CommandContext {
  args: string[];
  /** Options of the verb and the global ones, in commander's camel case. */
  options: Record<string, unknown>;
  out: Output;
  /** Aborts at the first Ctrl-C or SIGTERM; `signal.reason` is the name of the signal. */
  signal: AbortSignal;
}

/** Runs a verb. @returns exit code */
export type Run = (context: CommandContext) => Promise<number>;

export interface OptionRow {
  flags: string;
  text: string;
  kind?: 'number' | 'list';
  default?: string | number | boolean;
  choices?: string[];
}

export interface CommandRow {
  /** Words of the verb: `analyze`, `bearings show`. */
  path: string;
  args: string;
  text: string;
  options: OptionRow[];
  load: () => Promise<{ run: Run }>;
}

export const globalOptions: OptionRow[] = [
  { flags: '--json', text: 'one JSON object on stdout, also on failure' },
  { flags: '--quiet', text: 'no hints, progress or warnings' },
  { flags: '--verbose', text: 'debug lines and stacks on stderr' },
  { flags: '--no-input', text: 'never ask; a missing answer is exit 2' },
  { flags: '--no-color', text: 'no colour' },
  { flags: '--config <file>', text: 'configuration file (YAML)' },
  { flags: '--state <dir>', text: 'folder of keys, history and captures' },
  { flags: '--sim', text: 'emulated boards instead of ports (emu:uno0, emu:nano0, emu:mega0); grade E' },
];

/** Options that say how a recording is read. */
const readOptions: OptionRow[] = [
  { flags: '--rate <hz>', text: 'samples per second, where the file states none', kind: 'number' },
  { flags: '--units <unit>', text: 'g, mg, m/s2, mm/s2, A, mA, V, mV, relative' },
  { flags: '--channel <name>', text: 'channel to read; again for more', kind: 'list' },
  { flags: '--keys <file>', text: 'JSON of the public keys you trust, for evidence and screening files' },
  { flags: '--board <id>', text: 'board of an evidence file, where its firmware does not say it' },
];

/** Options that describe a motor on the command line, where there is no motor file. */
const motorOptions: OptionRow[] = [
  { flags: '--motor <file>', text: 'motor file (YAML) with nameplate, bearings, mounting' },
  {
    flags: '--bearing <name>',
    text: 'designation (6205), or n=9,d=7.94,D=39.04[,angle=0]; again for more',
    kind: 'list',
  },
  { flags: '--rpm <n>', text: 'nominal shaft speed in r/min', kind: 'number' },
  { flags: '--kw <n>', text: 'rated power in kW (severity zones)', kind: 'number' },
  { flags: '--supply-hz <n>', text: 'supply frequency in Hz', kind: 'number' },
  { flags: '--poles <n>', text: 'number of poles', kind: 'number' },
  { flags: '--drive <kind>', text: 'how it is fed', choices: ['direct', 'vfd', 'unknown'] },
  {
    flags: '--mounting <kind>',
    text: 'how the sensor is mounted',
    choices: ['stud', 'glue', 'magnet', 'tape', 'hand', 'unknown'],
  },
  { flags: '--foundation <kind>', text: 'what the motor stands on', choices: ['rigid', 'flexible'] },
];

/** What a motor file may hold, as flags. */
const nameplateOptions: OptionRow[] = [
  { flags: '--title <text>', text: 'name for people' },
  ...motorOptions.filter(({ flags }) => !flags.startsWith('--motor')),
  { flags: '--amps <n>', text: 'rated current in A', kind: 'number' },
  { flags: '--shaft-height <mm>', text: 'shaft height in mm', kind: 'number' },
  { flags: '--machine <kind>', text: 'what it is', choices: ['motor', 'rotodynamic-pump'] },
  { flags: '--blades <n>', text: 'blades or vanes of what it drives', kind: 'number' },
  { flags: '--zone <name>', text: 'zone of the site' },
  { flags: '--owner <name>', text: 'who answers for it' },
  { flags: '--spare <part>', text: 'spare part number' },
  { flags: '--board <name>', text: 'board on it, as it was provisioned' },
  { flags: '--wire <channel>', text: 'ax=A0:adxl1002,axis=radial,gain=5; again for more', kind: 'list' },
];

/** Settings as flags (kizashi config schema). */
const settingOptions: OptionRow[] = [
  { flags: '--site <name>', text: 'name of the site' },
  { flags: '--http <port>', text: 'port of the page on loopback; 0 takes a free one', kind: 'number' },
  { flags: '--interval <s>', text: 'seconds from one capture of a motor to the next', kind: 'number' },
  { flags: '--rate <hz>', text: 'samples a second of each channel', kind: 'number' },
  { flags: '--seconds <s>', text: 'length of a capture', kind: 'number' },
  { flags: '--lang <code>', text: 'language of reports', choices: ['en', 'ja'] },
];

const installOptions: OptionRow[] = [
  { flags: '--yes', text: 'do it without asking' },
  { flags: '--dry-run', text: 'only say what would be done' },
  { flags: '--dir <dir>', text: 'folder to write to' },
];

const baselineOptions: OptionRow[] = [
  { flags: '--captures <n>', text: 'captures a baseline needs; 100 by default', kind: 'number' },
  { flags: '--hours <n>', text: 'running hours it needs; 14 by default', kind: 'number' },
  { flags: '--kind <name>', text: 'of this analysis only', choices: ['vibration', 'current'] },
];

export const tree: CommandRow[] = [
  {
    path: 'demo',
    args: '',
    text: 'three emulated boards with the real firmware, from signed frames to verdicts',
    options: [
      { flags: '--once', text: 'end when each motor has its verdict; exit 0 only if all are right' },
      { flags: '--attack', text: 'tamper with the frames on the wire: nothing of it may be accepted' },
      { flags: '--http <port>', text: 'port of the page on loopback; a free one by default', kind: 'number' },
    ],
    load: () => import('./commands/demo.js'),
  },
  ...boardCommands,
  {
    path: 'setup',
    args: '[port]',
    text: 'from a board in a box to a watched motor, step by step; goes on where it was stopped',
    options: [
      { flags: '--board <id>', text: 'board on the port: uno, nano, …; by its USB ids where they tell' },
      { flags: '--name <name>', text: 'name of the board' },
      { flags: '--motor <name>', text: 'name of the motor' },
      ...nameplateOptions.filter(({ flags }) => !flags.startsWith('--board')),
      { flags: '--recovery-key <file>', text: "the owner's public key (kizashi init)" },
      { flags: '--bench', text: 'for one desk: the key stays here, under a passphrase (kizashi init)' },
      { flags: '--passphrase-file <file>', text: 'file with the passphrase (mode 0600); - for stdin' },
      { flags: '--skip-tap', text: 'leave the tap test out' },
      { flags: '--allow-unsigned', text: 'flash images that no release key signed' },
      { flags: '--yes', text: 'overwrite what runs on the board; the LED that blinks is that of the board in hand' },
    ],
    load: () => import('./commands/setup.js'),
  },
  {
    path: 'doctor',
    args: '[port]',
    text: 'what this computer needs before a board works on it; exit 1 when something fails',
    options: [{ flags: '--report <file>', text: 'write the result for a bug report' }],
    load: () => import('./commands/doctor.js'),
  },
  {
    path: 'udev print',
    args: '',
    text: 'the udev rules that give boards a group, a name and quiet',
    options: [],
    load: () => import('./commands/udev-print.js'),
  },
  {
    path: 'udev install',
    args: '',
    text: 'write the udev rules to /etc/udev/rules.d',
    options: installOptions,
    load: () => import('./commands/udev-install.js'),
  },
  {
    path: 'service print',
    args: '',
    text: 'the hardened systemd unit of kizashi serve',
    options: [],
    load: () => import('./commands/service-print.js'),
  },
  {
    path: 'service install',
    args: '',
    text: 'write the unit to /etc/systemd/system and start it',
    options: installOptions,
    load: () => import('./commands/service-install.js'),
  },
  {
    path: 'analyze',
    args: '<file...>',
    text: 'assess recordings: WAV, CSV, Klipper, MAT, NPY, Parquet, evidence (.kzev) and screening files (.kzsc), or an index of recordings',
    options: [
      ...readOptions,
      ...motorOptions,
      { flags: '--labels', text: 'print the label of an index beside each row; never used in the assessment' },
      { flags: '--only <sets>', text: 'datasets of an index, separated by commas' },
      { flags: '--exit-code', text: 'exit 10 plan or off-spec, 11 now, 14 no verdict' },
    ],
    load: () => import('./commands/analyze.js'),
  },
  {
    path: 'collect',
    args: '<motor>',
    text: 'take captures of a motor now: verified, kept as evidence files, judged',
    options: [
      ...settingOptions.filter(({ flags }) => /^--(seconds|rate|interval)/.test(flags)),
      { flags: '--count <n>', text: 'captures; 1 by default', kind: 'number' },
      { flags: '--out <file>', text: 'copy of the evidence file' },
      { flags: '--port <path>', text: 'the one port to look on' },
    ],
    load: () => import('./commands/collect.js'),
  },
  {
    path: 'steps',
    args: '<motor>',
    text: 'a run-up in steps: one verified capture at each speed, one table; nothing of it enters the history',
    options: [
      { flags: '--rpm <list>', text: 'speeds in r/min: 600,1200,1800' },
      { flags: '--hold <s>', text: 'seconds at each speed before the capture; 60 by default', kind: 'number' },
      ...settingOptions.filter(({ flags }) => /^--(seconds|rate)/.test(flags)),
      { flags: '--port <path>', text: 'the one port to look on' },
    ],
    load: () => import('./commands/steps.js'),
  },
  {
    path: 'watch',
    args: '[motor]',
    text: 'a scope in the terminal: a motor of the site, a recording, a board that does not sign; NDJSON without a terminal',
    options: [
      { flags: '--view <kind>', text: 'what to draw', choices: ['wave', 'spectrum', 'envelope', 'waterfall'] },
      { flags: '--channel <name>', text: 'channel to draw; the first acceleration by default', kind: 'list' },
      { flags: '--seconds <s>', text: 'length of a picture; 1.024 by default', kind: 'number' },
      { flags: '--count <n>', text: 'end after so many pictures', kind: 'number' },
      { flags: '--rate <hz>', text: 'samples a second', kind: 'number' },
      { flags: '--units <unit>', text: 'of a recording that states none' },
      { flags: '--keys <file>', text: 'public keys, for evidence and screening files' },
      { flags: '--motor <file>', text: 'motor file (YAML): the wiring of an evidence file' },
      { flags: '--text <port>', text: 'a sketch that prints for the Serial Plotter; screening, unsigned' },
      { flags: '--firmata <port>', text: 'a board that runs StandardFirmata; screening, unsigned' },
      { flags: '--baud <n>', text: 'line rate of --text or --firmata', kind: 'number' },
      { flags: '--pin <name>', text: 'analog pin of --firmata; A0 by default' },
      {
        flags: '--sensor <id>',
        text: 'sensor on it; adxl345: bursts of its FIFO, with --seconds 200 Hz without a break',
      },
      {
        flags: '--save',
        text: 'keep each capture of --text or --firmata in the state folder, attested by this gateway',
      },
      { flags: '--poll-ms <n>', text: 'interval of --firmata; no multiple of half a mains period', kind: 'number' },
      { flags: '--port <path>', text: 'the one port to look on' },
    ],
    load: () => import('./commands/watch.js'),
  },
  {
    path: 'serve',
    args: '',
    text: 'capture every motor on schedule and show the fleet on a page',
    options: settingOptions,
    load: () => import('./commands/serve.js'),
  },
  {
    path: 'check',
    args: '[motor]',
    text: 'the state of the site from its history, worst first',
    options: [
      { flags: '--exit-code', text: 'exit 10 plan or off-spec, 11 now, 14 no verdict' },
      { flags: '--nagios', text: 'one line and the exit codes of Nagios plugins' },
      { flags: '--interval <s>', text: 'seconds between captures: three without one are silence', kind: 'number' },
    ],
    load: () => import('./commands/check.js'),
  },
  {
    path: 'compare',
    args: '<a> <b>',
    text: 'two captures side by side: indicators and spectra, and what differs beyond chance; files, or MOTOR[:RECORD] of this site',
    options: [...readOptions, ...motorOptions, { flags: '--svg <file>', text: 'plot of both spectra, as a file' }],
    load: () => import('./commands/compare.js'),
  },
  {
    path: 'baseline status',
    args: '[motor]',
    text: 'how far the baseline of each motor is learned, by regime, and what it is; a named motor with its indicators',
    options: [],
    load: () => import('./commands/baseline-status.js'),
  },
  {
    path: 'baseline start',
    args: '<motor>',
    text: 'say how much a baseline needs before its first capture is learned; serve and collect then learn it',
    options: baselineOptions,
    load: () => import('./commands/baseline-start.js'),
  },
  {
    path: 'baseline reset',
    args: '<motor>',
    text: 'forget what was learned of a motor (after a repair, a new sensor) and learn anew; its captures and trend stay',
    options: [
      ...baselineOptions,
      { flags: '--reason <text>', text: 'why; it stands in the history' },
      { flags: '--dry-run', text: 'only say what would be forgotten' },
      { flags: '--yes', text: 'do it' },
    ],
    load: () => import('./commands/baseline-reset.js'),
  },
  {
    path: 'export',
    args: '<file>',
    text: 'write a recording, an evidence or a screening file as CSV, WAV, NPY or Parquet, its facts as JSON beside it',
    options: [
      ...readOptions,
      { flags: '--format <name>', text: 'csv by default', choices: ['csv', 'wav', 'npy', 'parquet'] },
      { flags: '--motor <file>', text: 'motor file (YAML): the wiring of an evidence file' },
      { flags: '--out <dir>', text: 'folder to write to; the current one by default' },
    ],
    load: () => import('./commands/export.js'),
  },
  {
    path: 'import',
    args: '<file>',
    text: 'make a recording part of the history of a motor, marked as unsigned',
    options: [
      { flags: '--motor <name>', text: 'motor of this site' },
      { flags: '--at <time>', text: 'when it was recorded, ISO 8601 with zone' },
      ...readOptions.filter(({ flags }) => /^--(rate|units|channel)/.test(flags)),
    ],
    load: () => import('./commands/import.js'),
  },
  {
    path: 'report',
    args: '[motor]',
    text: 'one self-contained HTML file that kizashi verify can check',
    options: [
      { flags: '--from <time>', text: 'from this date or time on' },
      { flags: '--to <time>', text: 'up to this date or time: on the last capture until then' },
      { flags: '--all', text: 'a page of the site, and a report of each motor that is not normal; --out is a folder' },
      { flags: '--out <file>', text: 'file to write' },
      { flags: '--lang <code>', text: 'language', choices: ['en', 'ja'] },
      { flags: '--pdf', text: 'print it as well, with an installed Chromium' },
      { flags: '--site <name>', text: 'name of the site' },
      { flags: '--keys <file>', text: 'public keys; those of the state folder by default' },
    ],
    load: () => import('./commands/report.js'),
  },
  {
    path: 'verify',
    args: '<file...>',
    text: 'check evidence files (.kzev), screening files (.kzsc) and reports (.html) against keys you hold; exit 8 unless all are valid',
    options: [
      { flags: '--keys <file>', text: 'JSON of the public keys you trust' },
      {
        flags: '--accept-attested',
        text: 'exit 0 also for screening files (.kzsc): unsigned at their source, attested by a gateway',
      },
      { flags: '--cross-check', text: 'verify with two independent implementations' },
      { flags: '--recompute', text: 'compute the findings of the history (--state) again from the files, bit for bit' },
    ],
    load: () => import('./commands/verify.js'),
  },
  {
    path: 'recompute',
    args: '<result> [file]',
    text: 'compute the findings of `analyze --json` again from the recording, bit for bit; exit 1 if one differs',
    options: [],
    load: () => import('./commands/recompute.js'),
  },
  {
    path: 'wiring',
    args: '<sensor> <board>',
    text: 'pins and a drawing: what of the sensor goes where on the board, and what stands between',
    options: [
      { flags: '--bus <bus>', text: 'where there are several', choices: ['spi', 'i2c', 'analog'] },
      { flags: '--pin <name>', text: 'analog pin; the first by default' },
      { flags: '--rate <hz>', text: 'samples a second: decides the filter', kind: 'number' },
    ],
    load: () => import('./commands/wiring.js'),
  },
  {
    path: 'motors add',
    args: '<name>',
    text: 'describe a motor: by flags, or by questions on a terminal',
    options: nameplateOptions,
    load: () => import('./commands/motors-add.js'),
  },
  {
    path: 'motors list',
    args: '',
    text: 'the motors of this site',
    options: [],
    load: () => import('./commands/motors-list.js'),
  },
  {
    path: 'motors show',
    args: '<name>',
    text: 'what a motor file tells the analysis, and what is lost by what it leaves out; a name or a file',
    options: [],
    load: () => import('./commands/motors-show.js'),
  },
  {
    path: 'motors edit',
    args: '<name>',
    text: 'change keys of a motor file and keep its comments; $EDITOR on a terminal',
    options: nameplateOptions,
    load: () => import('./commands/motors-edit.js'),
  },
  {
    path: 'motors import',
    args: '<file>',
    text: 'motors from a YAML file, or from a CSV list with a column id',
    options: [],
    load: () => import('./commands/motors-import.js'),
  },
  {
    path: 'config show',
    args: '',
    text: 'each setting with where it came from',
    options: settingOptions,
    load: () => import('./commands/config-show.js'),
  },
  {
    path: 'config check',
    args: '[file]',
    text: 'check the configuration file and every motor file',
    options: [],
    load: () => import('./commands/config-check.js'),
  },
  {
    path: 'config schema',
    args: '',
    text: 'JSON Schema of the configuration file, for editors',
    options: [{ flags: '--motor', text: 'of a motor file instead' }],
    load: () => import('./commands/config-schema.js'),
  },
  {
    path: 'explain',
    args: '[word]',
    text: 'what an error code, exit code, grade, status or reason means',
    options: [],
    load: () => import('./commands/explain.js'),
  },
  {
    path: 'errors',
    args: '',
    text: 'all error codes with their cause and fix',
    options: [{ flags: '--markdown', text: 'the page docs/errors.md' }],
    load: () => import('./commands/errors.js'),
  },
  {
    path: 'completion',
    args: '<shell>',
    text: 'the script by which bash, zsh, fish or powershell completes kizashi',
    options: [],
    load: () => import('./commands/completion.js'),
  },
  {
    path: 'bearings show',
    args: '<name>',
    text: 'geometries and fault orders of a bearing, by designation or n=9,d=7.94,D=39.04',
    options: [{ flags: '--rpm <n>', text: 'frequencies in Hz at this speed', kind: 'number' }],
    load: () => import('./commands/bearings-show.js'),
  },
  {
    path: 'bearings list',
    args: '',
    text: 'every bearing in the table',
    options: [],
    load: () => import('./commands/bearings-list.js'),
  },
];
