/** `kizashi init --recovery-key FILE | --bench`: who owns the boards of this site. */
import { join } from 'node:path';
import { KizashiError } from '../../errors.js';
import { OwnerKeys } from '../../provision/index.js';
import { readNamedFile } from '../file.js';
import { passphraseOf } from '../passphrase.js';
import { makePrivate, stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { options, out } = context;
  const { root } = stateFolder(options);
  const { recoveryKey, bench, yes } = options;
  if ((typeof recoveryKey === 'string') === (bench === true)) {
    throw new KizashiError(
      'KZ1401',
      'say where admin keys go: --recovery-key FILE, or --bench',
      { missing: '--recovery-key' },
      {
        why: 'a gateway that holds the admin keys of its boards can be robbed of the boards',
        fix: 'kizashi admin keygen FILE on another computer; for one desk: kizashi init --bench',
      },
    );
  }
  makePrivate(root);
  const owner = new OwnerKeys(join(root, 'recovery'));
  const before = owner.policy();
  if (before && yes !== true) {
    throw new KizashiError(
      'KZ1401',
      `admin keys of this site go to ${before.recipient} already`,
      { recipient: before.recipient },
      { why: 'boards provisioned so far belong to that key', fix: 'add --yes to use another one from now on' },
    );
  }
  let recipient: string;
  if (bench === true) {
    recipient = await owner.useBench(await passphraseOf(context, true));
  } else {
    const text = Buffer.from(readNamedFile(String(recoveryKey))).toString('utf8');
    recipient =
      text
        .split('\n')
        .find((line) => line.startsWith('age1'))
        ?.trim() ?? text.trim().slice(0, 80);
    await owner.useRecipient(recipient);
  }
  out.line(`admin keys of boards go to ${recipient}`);
  if (bench === true) {
    out.line(`  the owner's key lies here, under your passphrase: ${owner.benchIdentityFile}`);
    out.line('  good for one desk; a plant keeps it on another computer: kizashi admin keygen');
  }
  out.line(`  state   ${root}`);
  out.result({ kind: bench === true ? 'bench' : 'recovery-key', recipient, state: root });
  return 0;
};
