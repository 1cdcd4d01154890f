/** A server's logs are kept within bounds, and nothing but logs is removed. */
import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { placeIn } from '../../src/servers/place.ts';
import { removeOldLogs } from '../../src/servers/logs.ts';

describe('removeOldLogs', () => {
  const log = mkdtempSync(join(tmpdir(), 'larder-logs-'));
  after(() => rmSync(log, { recursive: true }));

  it('keeps the newest files, and follows no link', async () => {
    const uid = 79_123;
    const account = process.geteuid?.() === 0 ? { uid, gid: uid } : null;
    if (account) chownSync(log, uid, uid);
    const outside = join(log, 'other');
    const write = (name: string): void => {
      writeFileSync(join(log, name), name);
      if (account) chownSync(join(log, name), uid, uid);
    };
    for (const name of ['other', 'postgresql-Mon.log']) write(name);
    for (let day = 10; day < 20; day++)
      for (const kind of ['log', 'json']) write(`postgresql-202601${day}-000000.${kind}`);
    symlinkSync(outside, join(log, 'postgresql-20260101-000000.log'));
    await removeOldLogs({ place: { ...placeIn(log), log } }, { account });
    assert.deepEqual(readdirSync(log).sort(), [
      'other',
      ...[12, 13, 14, 15, 16, 17, 18, 19].flatMap(day =>
        ['json', 'log'].map(kind => `postgresql-202601${day}-000000.${kind}`),
      ),
    ]);
    assert.ok(existsSync(outside));
  });
});
