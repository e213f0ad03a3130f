/** `kizashi keys list`: boards that are pinned here, and the key of this gateway. */
import { findGatewayKey } from '../../evidence/gateway-key.js';
import { hex } from '../../session/index.js';
import { realPorts } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  const state = stateFolder(options);
  const keys = siteKeys(state, realPorts);
  const boards = keys.all().sort((a, b) => a.name.localeCompare(b.name) || b.chain.used - a.chain.used);
  const rows = boards.map(({ name, zone, keyName, kid, grade, fw, chain, revoked }) => [
    name,
    zone ?? '-',
    keyName,
    kid,
    grade,
    fw,
    `${chain.used}`,
    revoked === undefined ? 'pinned' : `revoked: ${revoked}`,
  ]);
  const gateway = findGatewayKey(state.keys);
  if (gateway)
    rows.push(['gateway', '-', 'gateway', gateway.kid, '-', '-', '-', 'attests what it received, signs no captures']);
  const head = ['NAME', 'ZONE', 'KEY', 'KEY ID', 'GRADE', 'FIRMWARE', 'RECORD', 'STATE'];
  if (boards.length === 0) out.line('no board is pinned here: kizashi flash, then kizashi provision');
  if (rows.length > 0) for (const line of tableLines(head, rows, [6])) out.line(line);
  const pending = keys.pending().map(({ cid }) => hex(cid));
  if (pending.length > 0)
    out.note(`  begun and not finished: claim ${pending.join(', ')}; kizashi provision resumes it`);
  out.result({
    boards: boards.map(({ name, zone, keyName, kid, pk, grade, fw, fwd, chain, revoked }) => ({
      name,
      zone: zone ?? null,
      key: keyName,
      kid,
      publicKey: hex(pk),
      grade,
      firmware: fw,
      firmwareDigest: hex(fwd),
      lastRecord: chain.used,
      revoked: revoked ?? null,
    })),
    gateway: gateway ? { kid: gateway.kid, publicKey: hex(gateway.key.bytes), made: gateway.made } : null,
    pending,
  });
  return 0;
};
