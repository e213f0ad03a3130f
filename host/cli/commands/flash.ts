/** `kizashi flash [PORT]`: the released firmware onto a board, with a backup and a way back. */
import { join } from 'node:path';
import { checkMac } from '../../../protocol/index.js';
import { KizashiError } from '../../errors.js';
import {
  applicationFlash,
  type ClaimTicket,
  claimPage,
  compareVersions,
  contentOf,
  drawTicket,
  type FlashContent,
  type FlashPort,
  findBackup,
  flashBoard,
  flashOfHex,
  loadRelease,
  mustBeVouchedFor,
  patchImage,
  type Release,
  readBoard,
  saveBackup,
  saveTicket,
} from '../../flash/index.js';
import { type BoardFacts, openLink, type PortRow } from '../../link/index.js';
import { greet, hex, MemoryKeyring, PortTrust } from '../../session/index.js';
import { askYes, mayAsk, missingAnswer } from '../asking.js';
import { boardOn, portOf } from '../board-port.js';
import { readNamedFile } from '../file.js';
import { Progress } from '../progress.js';
import { type PortAccess, portAccess } from '../sim/port-access.js';
import { type StateFolder, stateFolder } from '../state-folder.js';
import type { CommandContext, Run } from '../tree.js';

/** What all parts of the command work with. */
interface Job {
  context: CommandContext;
  access: PortAccess;
  state: StateFolder;
  port: PortRow;
  board: BoardFacts;
  flashPort: FlashPort;
  progress: Progress;
}

const doing = { read: 'reading', write: 'writing', verify: 'checking' } as const;

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const access = await portAccess(options, args[0]);
  const progress = new Progress(out);
  try {
    const port = await portOf(args[0], access);
    const board = boardOn(port, options.board);
    const flashPort: FlashPort = {
      path: port.path,
      board,
      binding: access.binding,
      clock: access.clock,
      signal: context.signal,
      onEvent: (event) => {
        if (event.kind === 'progress') progress.show({ label: doing[event.phase], ...event });
        else if (event.kind === 'loader') out.note(`  bootloader answers: ${event.name}`);
        else out.warn(`${event.text}; trying again`);
      },
    };
    const job: Job = { context, access, state: stateFolder(options), port, board, flashPort, progress };
    if (options.restore === true) return await restore(job);
    return await flash(job);
  } finally {
    progress.close();
    await access.close();
  }
};

async function flash(job: Job): Promise<number> {
  const { context, access, state, board, port, flashPort } = job;
  const { options, out } = context;
  const release = loadRelease(board, { image: typeof options.image === 'string' ? options.image : undefined });
  const { name, version, sha256 } = release;
  const emulated = access.emulated;
  mustBeVouchedFor(release, { allowUnsigned: options.allowUnsigned === true || emulated });
  out.note(`  release ${name}/${version}: ${vouched(release)} (sha256 ${sha256.slice(0, 16)}…)`);
  if (options.dryRun === true) return dryRun(job, release);

  const ticket = drawTicket(board, release.fwd, { weakEntropy: options.acceptWeakEntropy === true });
  const image = applicationFlash(patchImage(release.hex, board, claimPage(ticket, board)), board);
  let content: FlashContent = { kind: 'empty' };
  let backup: string | undefined;
  let updated = false;
  const before = (old: Uint8Array) =>
    access.outside(async () => {
      job.progress.close();
      content = contentOf(old, board);
      updated = mayUpdate(content, options);
      backup = await keepOld(job, old, content);
      await mustBeAllowed(job, content, release, updated);
      if (updated) {
        image.set(old.subarray(board.claimAt, board.claimAt + board.memory.page), board.claimAt);
        return;
      }
      await saveTicket(state.tickets, ticket);
    });
  const report = await access.during(flashBoard(flashPort, { image, before }));
  job.progress.close();
  const answers = await access.during(firstAnswer(job, updated ? undefined : ticket));
  const seconds = report.ms / 1000;
  const claim = updated ? null : hex(ticket.cid);
  out.line(`${board.name} on ${port.path} runs ${name}/${version}`);
  out.line(
    `  written ${report.written} B, ${report.unchanged} B stood there already, read back equal, ${seconds.toFixed(1)} s`,
  );
  if (backup) out.line(`  backup  ${backup}   (kizashi flash ${port.path} --restore)`);
  if (claim) out.line(`  claim   ${claim}: a blank board answers with it`);
  out.line(`  next    ${updated ? 'nothing: its key is as it was' : `kizashi provision ${port.path} --name NAME`}`);
  out.result({
    port: port.path,
    board: board.id,
    emulated: access.emulated,
    release: { name, version, sha256, fwd: hex(release.fwd), signature: release.signature },
    before: content,
    backup: backup ?? null,
    claim,
    loader: report.loader,
    written: report.written,
    unchanged: report.unchanged,
    seconds,
    answers,
  });
  return 0;
}

function vouched({ signature }: Release): string {
  switch (signature.kind) {
    case 'signed':
      return `signed by release key ${signature.keyId}`;
    case 'local':
      return signature.current
        ? 'local build from the sources here, unsigned'
        : 'local build, unsigned, and not from the sources as they are now: npm run firmware';
    default:
      return `unsigned: ${signature.why}`;
  }
}

/** A board that has a key keeps it; an update of anything else is an ordinary flashing. */
function mayUpdate(content: FlashContent, options: Record<string, unknown>): boolean {
  return options.update === true && content.kind === 'kizashi' && content.claim === 'burnt';
}

/** Backup of what is not ours: our own images hold claims, which are secrets, and come from the release anyway. */
async function keepOld({ state, board, port, access, context }: Job, old: Uint8Array, content: FlashContent) {
  if (content.kind !== 'other') return undefined;
  const { path, serialNumber } = port;
  const file = await saveBackup(join(state.root, 'backups'), old, {
    board,
    path,
    serialNumber,
    wall: access.clock.wall(),
  });
  context.out.note(`  backup of the old flash saved: ${file}`);
  return file;
}

/** Asks, or refuses, before anything is overwritten that nobody could bring back unnoticed. */
async function mustBeAllowed({ context, port }: Job, content: FlashContent, release: Release, updated: boolean) {
  const { options } = context;
  if (
    content.kind === 'kizashi' &&
    compareVersions(release.version, content.version) < 0 &&
    options.allowDowngrade !== true
  ) {
    throw new KizashiError(
      'KZ0311',
      `${port.path} runs ${content.name}/${content.version}, the release here is ${release.version}`,
      { found: content.version, release: release.version },
    );
  }
  const loses =
    content.kind === 'other'
      ? 'it holds another program, which is overwritten (its backup is saved)'
      : content.kind === 'kizashi' && content.claim === 'burnt' && !updated
        ? 'it has a key, which is lost; --update keeps it'
        : undefined;
  if (loses === undefined || options.yes === true) return;
  if (!mayAsk(context)) throw missingAnswer('--yes', `${port.path}: ${loses}`);
  if (!(await askYes(`${port.path}: ${loses}. Go on?`))) {
    throw new KizashiError('KZ1401', 'not confirmed', {}, { why: 'you said no', fix: 'nothing was written' });
  }
}

async function dryRun({ context, access, board, port, flashPort }: Job, release: Release): Promise<number> {
  const { out, options } = context;
  const old = await access.during(readBoard(flashPort, board.hashEnd));
  const content = contentOf(old, board);
  const updated = mayUpdate(content, options);
  out.line(`${board.name} on ${port.path}: ${wordsOf(content)}`);
  out.line(
    `  would ${content.kind === 'other' ? 'save a backup, then ' : ''}write ${release.name}/${release.version} (${release.size} B)`,
  );
  out.line(
    `  its key would be ${content.kind === 'kizashi' && content.claim === 'burnt' ? (updated ? 'kept' : 'lost (--update keeps it)') : 'made at provisioning'}`,
  );
  out.result({
    port: port.path,
    board: board.id,
    dryRun: true,
    before: content,
    backup: content.kind === 'other',
    release: { name: release.name, version: release.version },
  });
  return 0;
}

export function wordsOf(content: FlashContent): string {
  if (content.kind === 'empty') return 'its flash is empty';
  if (content.kind === 'other') return 'it holds another program';
  const claim = { open: 'flashed and not provisioned', burnt: 'provisioned', none: 'without a claim' }[content.claim];
  return `it holds ${content.name}/${content.version}, ${claim}`;
}

/** What the board says once it runs: a blank one proves that it is the one that was flashed. @throws KZ0312 */
async function firstAnswer({ access, board, port }: Job, ticket: ClaimTicket | undefined): Promise<string> {
  const { binding, clock } = access;
  const link = await openLink({ path: port.path, baud: ticket?.baud ?? board.uart.default, binding, clock });
  try {
    const bauds = [...new Set([ticket?.baud ?? board.uart.default, ...board.uart.bauds])];
    const answer = await greet(link, {
      keyring: new MemoryKeyring(),
      trust: new PortTrust(),
      bauds,
      bootMs: board.bootMs,
    });
    const said = answer.kind === 'quarantine' ? 'hello' : answer.kind;
    const wrong = (text: string) =>
      new KizashiError('KZ0312', `${port.path}: ${text}`, { path: port.path, answer: said });
    if (ticket === undefined) {
      if (said !== 'hello') throw wrong(`the board answers ${said}, it had a key before`);
      return said;
    }
    if (answer.kind !== 'blank') throw wrong(`the board answers ${said} instead of as a blank one`);
    const { cid, fwd } = answer.blank.body;
    if (hex(cid) !== hex(ticket.cid))
      throw wrong(`the board answers with claim ${hex(cid)}, written was ${hex(ticket.cid)}`);
    if (!checkMac(answer.blank, ticket.claim)) throw wrong('the board does not know the claim that was written');
    if (hex(fwd) !== hex(ticket.fwd))
      throw wrong(`the board runs firmware ${hex(fwd)}, written was ${hex(ticket.fwd)}`);
    return said;
  } finally {
    await link.close();
  }
}

async function restore({ context, access, state, port, board, flashPort, progress }: Job): Promise<number> {
  const { options, out } = context;
  const named = typeof options.backup === 'string' ? options.backup : undefined;
  const backup = named
    ? { file: named, flash: flashOfHex(Buffer.from(readNamedFile(named)).toString('utf8'), board.hashEnd), at: null }
    : findBackup(join(state.root, 'backups'), board, port);
  if (options.dryRun === true) {
    out.line(`would write ${backup.file} back to ${board.name} on ${port.path}`);
    out.result({ port: port.path, board: board.id, dryRun: true, restored: backup.file });
    return 0;
  }
  let content: FlashContent = { kind: 'empty' };
  const before = (old: Uint8Array) =>
    access.outside(async () => {
      progress.close();
      content = contentOf(old, board);
      if (content.kind !== 'kizashi' || content.claim !== 'burnt' || options.yes === true) return;
      const loses =
        'it has a key, which stays in its EEPROM until the old program overwrites it, and is of no use then';
      if (!mayAsk(context)) throw missingAnswer('--yes', `${port.path}: ${loses}`);
      if (!(await askYes(`${port.path}: ${loses}. Go on?`))) throw missingAnswer('--yes', 'not confirmed');
    });
  const report = await access.during(flashBoard(flashPort, { image: backup.flash, before }));
  progress.close();
  out.line(
    `${board.name} on ${port.path}: ${backup.file} written back, read back equal, ${(report.ms / 1000).toFixed(1)} s`,
  );
  out.result({
    port: port.path,
    board: board.id,
    restored: backup.file,
    before: content,
    written: report.written,
    unchanged: report.unchanged,
    seconds: report.ms / 1000,
  });
  return 0;
}
