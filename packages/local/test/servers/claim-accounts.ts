/** One of several planes that ask for accounts at once: ends with an error when it gets one that is in use. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimAccount, passAccount, releaseAccount } from '../../src/servers/accounts.ts';

const [home = '', folder = '', plane = ''] = process.argv.slice(2);

for (let round = 0; round < 12; round++) {
  const first = join(home, `${plane}-${round}`);
  mkdirSync(first);
  const { uid } = (await claimAccount({ holder: first, folder }))!;
  const used = join(home, 'used', String(uid));
  writeFileSync(used, plane, { flag: 'wx' });
  const second = `${first}-passed`;
  const isPassed = round % 2 === 1;
  if (isPassed) {
    mkdirSync(second);
    await passAccount({ uid, from: first, to: second }, folder);
    rmSync(first, { recursive: true });
  }
  // Whoever asks meanwhile must not take it for free.
  await claimAccount({ holder: isPassed ? second : first, folder });
  rmSync(used);
  rmSync(isPassed ? second : first, { recursive: true });
  await releaseAccount({ uid, holder: isPassed ? second : first }, folder);
}
