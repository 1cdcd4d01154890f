/** Numbers for accounts, asked for by several planes of a machine at once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { claimAccount, passAccount, releaseAccount, releaseAccountsBelow } from '../../src/servers/accounts.ts';

const skip = process.geteuid?.() === 0 ? false : 'not run: only root gives accounts';

describe('an account', { skip }, () => {
  let home: string;
  let folder: string;

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'larder-accounts-'));
    folder = join(home, 'claims');
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  const holder = (name: string): string => {
    const path = join(home, name);
    mkdirSync(path);
    return path;
  };
  const holders = (): string[] => readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'));
  const uidOf = async (of: string): Promise<number> => (await claimAccount({ holder: of, folder }))!.uid;

  it('is its holder’s, the same each time, and goes along when it is passed', async () => {
    const [one, two] = [holder('one'), holder('two')];
    const uid = await uidOf(one);
    assert.equal(await uidOf(one), uid);
    await passAccount({ uid, from: one, to: two }, folder);
    assert.equal(await uidOf(two), uid);
    assert.notEqual(await uidOf(one), uid);
    await releaseAccountsBelow(home, folder);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('of a holder that is gone is free, and its late release leaves the next one’s alone', async () => {
    const gone = holder('gone');
    const uid = await uidOf(gone);
    rmSync(gone, { recursive: true });
    // As the next one writes it down, where no process of the machine has the number.
    writeFileSync(join(folder, String(uid)), holder('next'));
    await releaseAccount({ uid, holder: gone }, folder);
    assert.deepEqual(holders(), [join(home, 'next')]);
    assert.notEqual(await uidOf(holder('third')), uid);
    rmSync(join(home, 'next'), { recursive: true });
    await uidOf(holder('fourth'));
    await releaseAccountsBelow(home, folder);
  });

  it('that was asked for by somebody who was killed then is not given out, and is free when that one asks again', async () => {
    const cut = holder('cut');
    const uid = await uidOf(cut);
    const [name = ''] = readdirSync(folder);
    renameSync(join(folder, name), join(folder, `${name}.asked`));
    assert.notEqual(await uidOf(holder('other')), uid);
    await uidOf(cut);
    assert.ok(!readdirSync(folder).some(each => each.endsWith('.asked')));
    await releaseAccountsBelow(home, folder);
  });

  it('is never two holders’, whoever comes, passes on and goes at once', async () => {
    const program = fileURLToPath(new URL('./claim-accounts.ts', import.meta.url));
    mkdirSync(join(home, 'used'));
    const planes = Array.from({ length: 4 }, (_, plane) =>
      spawn(process.execPath, ['--import', 'tsx', program, home, folder, String(plane)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const codes = await Promise.all(planes.map(async plane => (await once(plane, 'exit'))[0] as number));
    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.deepEqual(readdirSync(join(home, 'used')), []);
    assert.deepEqual(holders(), []);
  });
});
