/** Backups through the command: made, listed, brought back, cloned, and kept for a while when their claim is gone. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';
const larderPath = fileURLToPath(new URL('../bin/larder.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'larder-cli-'));
chmodSync(scratch, 0o711); // as root, servers run as users of their own
const env = { ...process.env, LARDER_HOME: join(scratch, 'home'), KUBECONFIG: join(scratch, 'kubeconfig') };

interface Ran {
  code: number;
  out: string;
  err: string;
}

function larder(...args: string[]): Promise<Ran> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [larderPath, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
    child.stdin?.end();
  });
}

async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await larder(...args);
  assert.equal(code, 0, `larder ${args.join(' ')}: ${out}${err}`);
  return out;
}

interface Listed {
  backups: { name: string }[];
  recoverable?: { from: string; to: string };
}

async function listed(claim: string): Promise<Listed> {
  return JSON.parse(await ok('backups', claim, '-o', 'json')) as Listed;
}

after(async () => {
  await larder('clean');
  rmSync(scratch, { recursive: true, force: true });
});

test(
  'a claim is backed up, brought back, cloned and deleted, by the command alone',
  { skip, timeout: 1_200_000 },
  async () => {
    await ok('up');
    const claim = join(scratch, 'claim.yaml');
    writeFileSync(
      claim,
      JSON.stringify({
        apiVersion: 'syn.tools/v1',
        kind: 'PostgreSQLInstance',
        metadata: { name: 'shop', namespace: 'default' },
        spec: { parameters: { resources: { storageSize: '1Gi' }, updatePolicy: { version: '17' } } },
      }),
    );
    await ok('apply', '-f', claim);
    await ok('wait', 'shop', '--timeout', '300');
    await ok('psql', 'shop', '-c', 'CREATE TABLE public.sold AS SELECT 41 AS n');
    const made = /^backup (\d{8}T\d{6}) of shop is made$/m.exec(await ok('backup', 'shop', '--timeout', '600'))?.[1];
    assert.ok(made);
    const text = await ok('backups', 'shop');
    for (const word of [made, 'Recoverable:', 'Schedule:', 'Kept:', 'Store:', 'secret shop-backup', 'same disk'])
      assert.ok(text.includes(word), `${word} is in ${text}`);
    for (const deadline = Date.now() + 300_000; (await listed('shop')).backups[0]?.name !== made; await delay(500))
      assert.ok(Date.now() < deadline, 'the backup is listed');

    await ok('restore', 'shop', 'before', '--backup', made, '--timeout', '600');
    assert.match(await ok('psql', 'before', '-c', 'SELECT n FROM public.sold'), /41/);
    await ok('psql', 'shop', '-c', 'UPDATE public.sold SET n = 42');
    await ok('clone', 'shop', 'copy', '--timeout', '600');
    assert.match(await ok('psql', 'copy', '-c', 'SELECT n FROM public.sold'), /42/);

    const refused = await larder('restore', 'shop', 'never', '--time', '2001-01-01T00:00:00Z', '--timeout', '120');
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, /2001-01-01T00:00:00.* before the first backup/s);
    const unknown = await larder('backups', 'nobody');
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.err, /nobody/);

    await ok('delete', 'shop');
    let kept = '';
    for (const deadline = Date.now() + 300_000; !/shop/.test(kept); await delay(500)) {
      kept = await ok('backups', '--deleted');
      assert.ok(Date.now() < deadline, 'what is deleted is listed');
    }
    await ok('restore', 'shop', 'again', '--storage', '1Gi', '--version', '17', '--timeout', '600');
    assert.match(await ok('psql', 'again', '-c', 'SELECT n FROM public.sold'), /42/);
  },
);
