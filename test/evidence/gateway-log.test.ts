/** RFC 6962 and C2SP tlog-tiles, signed-note, tlog-checkpoint, tlog-proof: the log of a gateway, and what it attests. */
import { execFile, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, verify as opensslVerify } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { readKnownKeys, unsignedCapture, verifyEvidence } from '../../host/capture/index.js';
import { readCheckpoint, readProof, signCheckpoint } from '../../host/evidence/checkpoint.js';
import { tilePath } from '../../host/evidence/gateway-log.js';
import {
  attest,
  type GatewayKey,
  GatewayLog,
  gatewayKey,
  originOf,
  verifyConsistency,
  verifyInclusion,
  verifyScreening,
} from '../../host/evidence/index.js';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  type NodeAt,
  nodeHash,
  rootOf,
} from '../../host/evidence/merkle-tree.js';
import { onlyJson, run } from '../cli/run-cli.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Hash of a complete subtree, by its definition. */
const treeOf =
  (leaves: readonly Uint8Array[]): NodeAt =>
  (height, index) =>
    height === 0
      ? leaves[index]
      : nodeHash(treeOf(leaves)(height - 1, 2 * index), treeOf(leaves)(height - 1, 2 * index + 1));

t.setTimeout(120_000);

t.test('RFC 6962 section 2.1: roots of the known entries, every proof of small trees', async (t) => {
  // entries and roots of the test data of Certificate Transparency
  const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  const known = treeOf(entries.map((entry) => leafHash(Buffer.from(entry, 'hex'))));
  t.same(
    roots.map((_, size) => hex(rootOf(known, size))),
    roots,
  );
  const leaves = Array.from({ length: 33 }, (_, k) => leafHash(Buffer.from(`entry ${k}`)));
  const tree = treeOf(leaves);
  let [good, refused, asked] = [0, 0, 0];
  for (let size = 1; size <= leaves.length; size++) {
    const root = rootOf(tree, size);
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(tree, index, size);
      if (verifyInclusion(leaves[index], index, size, proof, root)) good++;
      const wrong = [
        verifyInclusion(leaves[index], index + 1, size, proof, root),
        verifyInclusion(leaves[(index + 1) % 33], index, size, proof, root),
        verifyInclusion(leaves[index], index, size, [...proof, root], root),
        ...(proof.length > 0 ? [verifyInclusion(leaves[index], index, size, proof.slice(1), root)] : []),
      ];
      asked += wrong.length;
      refused += wrong.filter((accepted) => !accepted).length;
    }
    for (let older = 1; older <= size; older++) {
      const heads = [older, size].map((n) => ({ size: n, root: rootOf(tree, n) }));
      const proof = consistencyProof(tree, older, size);
      if (verifyConsistency(heads[0], heads[1], proof)) good++;
      const forked = { size: older, root: leafHash(heads[0].root) };
      asked += 2;
      if (!verifyConsistency(forked, heads[1], proof)) refused++;
      if (!verifyConsistency(heads[0], heads[1], [...proof, root])) refused++;
    }
  }
  t.equal(good, 2 * ((33 * 34) / 2), 'every proof holds');
  t.equal(refused, asked, `${asked} false proofs are refused`);
  const empty = { size: 0, root: rootOf(tree, 0) };
  t.notOk(verifyConsistency(empty, { size: 3, root: rootOf(tree, 3) }, []), 'an empty log proves nothing');
});

/** `{kid: {pk, role: 'gateway'}}` of a key, as a verifier holds it. */
const keysOf = (key: GatewayKey, extra: object = {}) =>
  readKnownKeys(JSON.stringify({ [key.kid]: { pk: hex(key.key.bytes), name: 'gateway', role: 'gateway', ...extra } }));

t.test('C2SP tlog-tiles: 260 entries, each proven; files as other tools read them', async (t) => {
  const dir = t.testdir();
  const key = gatewayKey(join(dir, 'keys'));
  const log = new GatewayLog(join(dir, 'log'), key);
  t.equal(tilePath(0, 1234067), 'tile/0/x001/x234/067');
  t.equal(tilePath('entries', 5, 7), 'tile/entries/005.p/7');
  const entries = Array.from({ length: 260 }, (_, k) => Buffer.from(`entry ${k} ${'x'.repeat(k % 50)}`));
  const proofs = [...log.appendAll(entries.slice(0, 250)), ...entries.slice(250).map((entry) => log.append(entry))];
  t.same(
    proofs.map(({ index }) => index),
    entries.map((_, k) => k),
  );
  for (const [k, { proof }] of proofs.entries()) {
    const { index, hashes, checkpoint } = readProof(proof);
    const head = readCheckpoint(checkpoint, key.key);
    if (!verifyInclusion(leafHash(entries[k]), index, head.size, hashes, head.root)) t.fail(`entry ${k} is not proven`);
  }
  t.same(log.appendAll([]), []);
  t.equal(log.check(), 260);
  const leaves = entries.map(leafHash);
  const checkpoint = readFileSync(join(dir, 'log/checkpoint'), 'utf8');
  const root = rootOf(treeOf(leaves), 260);
  t.ok(
    checkpoint.startsWith(
      `${originOf(key.key.bytes)}\n260\n${Buffer.from(root).toString('base64')}\n\n— kizashi.invalid/log/`,
    ),
  );
  // the note's signature by OpenSSL alone, over the text before the blank line
  const signed = Buffer.from(checkpoint.trimEnd().split(' ').at(-1) as string, 'base64');
  t.equal(signed.length, 4 + 64);
  const body = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
  t.ok(opensslVerify(null, Buffer.from(body), key.key.keyObject, signed.subarray(4)));
  const idOf = createHash('sha256').update(`${log.origin}\n`).update(Uint8Array.of(1)).update(key.key.bytes).digest();
  t.ok(idOf.subarray(0, 4).equals(signed.subarray(0, 4)), 'key id of signed-note');
  t.equal(hex(readFileSync(join(dir, 'log/tile/0/000'))), leaves.slice(0, 256).map(hex).join(''));
  t.equal(hex(readFileSync(join(dir, 'log/tile/0/001.p/4'))), leaves.slice(256).map(hex).join(''));
  t.equal(hex(readFileSync(join(dir, 'log/tile/1/000.p/1'))), hex(rootOf(treeOf(leaves), 256)));
  t.same(readdirSync(join(dir, 'log/tile/0/001.p')), ['4'], 'partial tiles of older heads are gone');
  t.equal(Buffer.from(log.entry(258)).toString(), entries[258].toString());
  const { checkpoint: head, hashes } = log.consistency(100);
  t.ok(verifyConsistency({ size: 100, root: rootOf(treeOf(leaves), 100) }, head, hashes), 'it only ever grew');

  t.test('a byte changed anywhere in the folder is found', async (t) => {
    const copy = join(dir, 'copy');
    let found = 0;
    const files = [
      'checkpoint',
      'tile/0/000',
      'tile/0/001.p/4',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/4',
    ];
    for (const [k, name] of files.entries())
      for (const share of [0, 0.31, 0.77, 1]) {
        rmSync(copy, { recursive: true, force: true });
        cpSync(join(dir, 'log'), copy, { recursive: true });
        const bytes = readFileSync(join(copy, name));
        bytes[Math.floor(share * (bytes.length - 1))] ^= 1 << (k % 8);
        writeFileSync(join(copy, name), bytes);
        try {
          new GatewayLog(copy, key).check();
        } catch (error) {
          if ((error as { code?: string }).code === 'KZ0905') found++;
        }
      }
    t.equal(found, 4 * files.length);
    for (const name of files) {
      rmSync(copy, { recursive: true, force: true });
      cpSync(join(dir, 'log'), copy, { recursive: true });
      rmSync(join(copy, name));
      t.throws(() => new GatewayLog(copy, key).check(), { code: 'KZ0905' }, `${name} lost`);
    }
  });

  t.test('power cuts: what was not signed is written again', async (t) => {
    writeFileSync(join(dir, 'log/tile/0/001.p/5'), 'torn');
    writeFileSync(join(dir, 'log/tile/entries/001.p/5.tmp'), 'torn');
    t.equal(log.append(Buffer.from('after the cut')).index, 260);
    t.equal(new GatewayLog(join(dir, 'log'), key).check(), 261);
    const first = join(dir, 'first');
    cpSync(join(dir, 'log/tile/0/001.p/5'), join(first, 'tile/0/000.p/1'));
    t.throws(() => new GatewayLog(first, key), { code: 'KZ0905' }, 'entries without a head');
    const empty = { origin: log.origin, size: 0, root: rootOf(treeOf([]), 0) };
    writeFileSync(join(first, 'checkpoint'), signCheckpoint(empty, key.seed));
    t.equal(new GatewayLog(first, key).append(Buffer.from('x')).index, 0, 'cut in the very first append');
  });

  t.test('two processes append; a lock of a dead one is taken over; a held one is named', async (t) => {
    const script = `
      import { GatewayLog, gatewayKey } from ${JSON.stringify(new URL('../../host/evidence/index.ts', import.meta.url).href)};
      const log = new GatewayLog(process.argv[2], gatewayKey(process.argv[1]));
      for (let k = 0; k < 6; k++) log.append(Buffer.from(process.argv[3] + k));`;
    const folder = join(dir, 'shared');
    const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
    const append = (word: string) =>
      promisify(execFile)(process.execPath, [
        '--import',
        tsx,
        '--input-type=module',
        '-e',
        script,
        '--',
        join(dir, 'shared-keys'),
        folder,
        word,
      ]);
    await Promise.all([append('a'), append('b')]);
    const shared = new GatewayLog(folder, gatewayKey(join(dir, 'shared-keys')));
    t.equal(shared.check(), 12, 'both made or found the same key, and no entry is lost');
    const gone = spawn(process.execPath, ['-e', '0']);
    await new Promise((done) => gone.once('close', done));
    writeFileSync(join(folder, 'lock'), String(gone.pid));
    t.equal(shared.append(Buffer.from('c')).index, 12);
    writeFileSync(join(folder, 'lock'), '1');
    t.throws(() => shared.append(Buffer.from('d')), { code: 'KZ0904', message: /another process/ });
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(join(folder, 'lock'), hourAgo, hourAgo);
    t.equal(shared.append(Buffer.from('d')).index, 13, 'a lock from before a restart of the machine');
    t.throws(() => shared.append(Buffer.alloc(70_000)), { code: 'KZ0904' });
  });

  t.test('the key: mode 0600, made once, refused where others may read it or it is damaged', async (t) => {
    const path = join(dir, 'keys/gateway-key.json');
    t.equal(statSync(path).mode & 0o777, 0o600);
    t.equal(gatewayKey(join(dir, 'keys')).kid, key.kid);
    chmodSync(path, 0o644);
    t.throws(() => gatewayKey(join(dir, 'keys')), { code: 'KZ0408' });
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40));
    t.throws(() => gatewayKey(join(dir, 'keys')), { code: 'KZ0408' });
    writeFileSync(join(dir, 'a file'), '');
    t.throws(() => gatewayKey(join(dir, 'a file')), { code: /KZ0409|ENOTDIR/ });
  });
});

/** A capture of a source that signs nothing. */
function screening(n = 60) {
  const wave = (k: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i / (3 + k)));
  const channels = ['ax', 'ay'].map(
    (id, k) => ({ id, quantity: 'acceleration', unit: 'm/s2', samples: wave(k), lsb: 0.04 }) as const,
  );
  return unsignedCapture('firmata', [...channels], { hz: 199.93, uncertainty: 2e-5 }, 1_790_000_000_000, ['screening']);
}

t.test('attested: unsigned at the source, proven to be what the gateway received', async (t) => {
  const dir = t.testdir();
  const key = gatewayKey(join(dir, 'keys'));
  const log = new GatewayLog(join(dir, 'log'), key);
  for (let k = 0; k < 5; k++) log.append(Buffer.from(`before ${k}`));
  const capture = screening();
  const at = 1_790_000_001_234;
  const { file, index } = attest(capture, '/dev/ttyACM0 StandardFirmata 2.5', at, log);
  const keys = keysOf(key);
  const verdict = verifyScreening(file, keys);
  t.match(verdict, {
    valid: true,
    verdict: 'attested',
    gateway: key.kid,
    at,
    source: 'firmata',
    point: '/dev/ttyACM0 StandardFirmata 2.5',
    index: 5,
    size: 6,
  });
  t.equal(index, 5);
  const { attested: _, ...whole } = capture;
  t.same(verdict.valid && verdict.capture, whole, 'the capture comes back as it was, unsigned');

  t.test('every bit of the file counts', async (t) => {
    const passed: number[] = [];
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const changed = Uint8Array.from(file);
      changed[bit >> 3] ^= 1 << (bit & 7);
      if (verifyScreening(changed, keys).valid) passed.push(bit);
    }
    t.same(passed, [], `${8 * file.length} files with one bit changed`);
    const cuts = Array.from({ length: file.length }, (_, n) => verifyScreening(file.subarray(0, n), keys).valid);
    t.notOk(cuts.includes(true), 'nor does a shorter file pass');
    t.match(verifyScreening(Buffer.concat([file, Uint8Array.of(0)]), keys), { valid: false, why: 'malformed' });
  });

  t.test(
    'nobody else’s word: another gateway, a board’s key, a revoked one, an entry of another capture',
    async (t) => {
      const other = gatewayKey(join(dir, 'other'));
      const forged = attest(capture, 'x', at, new GatewayLog(join(dir, 'other-log'), other)).file;
      t.match(verifyScreening(forged, keys), { valid: false, why: 'unknown-key' });
      t.match(
        verifyScreening(file, keysOf(key, { role: undefined })),
        { valid: false, why: 'unknown-key' },
        'a board’s key',
      );
      t.match(verifyScreening(file, keysOf(key, { revoked: 'stolen' })), { valid: false, why: 'revoked' });
      t.throws(() => keysOf(key, { role: 'admin' }), { code: 'KZ0504' });
      const second = attest(screening(61), 'y', at, log).file;
      const cut = (bytes: Uint8Array) => Buffer.from(bytes).indexOf(Buffer.from([0x82, 3, 0x58]));
      const spliced = Buffer.concat([file.subarray(0, cut(file)), second.subarray(cut(second))]);
      t.ok(cut(file) > 0 && cut(second) > 0);
      t.match(verifyScreening(spliced, keys), { valid: false, why: 'digest' });
      // the gateway's name over a root that its log never had, signed by somebody else
      const text = Buffer.from(file).toString('latin1');
      const { privateKey } = generateKeyPairSync('ed25519');
      const seed = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(16));
      const fake = signCheckpoint({ origin: log.origin, size: 6, root: new Uint8Array(32) }, seed);
      const proofAt = text.indexOf('c2sp.org/tlog-proof');
      const noteAt = text.indexOf(log.origin, proofAt);
      const swapped = Buffer.concat([file.subarray(0, noteAt), Buffer.from(fake)]);
      t.equal(swapped.length, file.length, 'same form and length');
      t.match(verifyScreening(swapped, keys), { valid: false, why: 'malformed', text: /another key/ });
    },
  );

  t.test('a gateway’s key signs no captures, and a signed capture is no screening', async (t) => {
    const verified = { ...capture, verdict: { kind: 'verified' } as const };
    t.throws(() => attest(verified, 'x', at, log), TypeError);
    t.match(verifyEvidence(file, keys), { valid: false, why: 'malformed' });
  });
});

const printer = `
import os, sys, time, tty
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
k = 0
while True:
    os.write(master, b"ax:%d.5,ay:%d\\r\\n" % (k % 7, -(k % 5)))
    k += 1
    time.sleep(0.04)
`;

t.test('kizashi watch --text PORT --save, keys list, verify', async (t) => {
  const python = spawn('python3', ['-c', printer], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => python.kill());
  const path = await new Promise<string | undefined>((done) => {
    python.once('error', () => done(undefined));
    python.once('close', () => done(undefined));
    python.stdout.once('data', (bytes) => done(String(bytes).trim()));
  });
  if (path === undefined) {
    t.pass('pseudo-terminals', { skip: 'python3 cannot make them here' });
    return;
  }
  const state = t.testdir();
  const at = ['--state', state];
  t.match(onlyJson(await run(['keys', 'list', '--json', ...at])), { gateway: null });
  t.match(onlyJson(await run(['log', 'check', '--json', ...at])), { entries: 0, root: null });
  const watch = () => run(['watch', '--text', path, '--save', '--count', '1', '--seconds', '1', ...at]);
  let watched = await watch();
  // a busy machine prints unevenly, and that is refused as it should be
  for (let again = 0; again < 4 && /KZ1506/.test(watched.stderr); again++) watched = await watch();
  t.match(watched, { code: 0, stdout: /screening {3}attested by gateway [0-9a-f]{16}\n/ });
  const [name] = readdirSync(join(state, 'screening'));
  const file = join(state, 'screening', name);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const keys = join(state, 'pinned.json');
  t.ok(existsSync(keys));
  const listed = await run(['keys', 'list', ...at]);
  const kid = /gateway +- +gateway +([0-9a-f]{16})/.exec(listed.stdout)?.[1];
  t.type(kid, 'string');
  const exported = await run(['keys', 'export-public', ...at]);
  t.equal(exported.stdout, readFileSync(keys, 'utf8'));
  t.match(JSON.parse(exported.stdout)[kid as string], { role: 'gateway' });

  const judged = await run(['verify', file, '--keys', keys]);
  t.equal(judged.code, 1, 'an exit code alone never makes it look signed');
  t.match(judged.stdout, /^ATTESTED .*\.kzsc {3}unsigned at the source {3}attested by gateway /);
  t.ok(judged.stdout.includes(`${kid} at 20`) && judged.stdout.includes(`text on ${path}`), judged.stdout);
  t.match(judged.stderr, /--accept-attested/);
  const accepted = await run(['verify', file, '--keys', keys, '--accept-attested', '--json']);
  t.equal(accepted.code, 0);
  t.match(onlyJson(accepted), {
    valid: true,
    attested: 1,
    files: [{ screening: true, verdict: 'attested', source: 'text', grade: 'none', channels: 2, index: 0 }],
  });
  const whole = await run(['log', 'check', ...at]);
  t.match(whole, { code: 0, stdout: /^kizashi\.invalid\/log\/[0-9a-f]{16} {3}1 entries, / });
  const tile = join(state, 'log/tile/entries/000.p/1');
  const entry = readFileSync(tile);
  entry[entry.length - 1] ^= 1;
  writeFileSync(tile, entry);
  t.match(await run(['log', 'check', ...at]), { code: 8, stderr: /KZ0905/ });
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(join(state, 'changed.kzsc'), bytes);
  const changed = await run(['verify', join(state, 'changed.kzsc'), '--keys', keys, '--accept-attested']);
  t.match(changed, { code: 8, stdout: /^INVALID {2}/ });
});
