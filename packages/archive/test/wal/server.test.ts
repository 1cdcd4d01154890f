/** A real server archives through the archiver, and another one recovers from that to its last row, over the fetcher. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { archiveCommand, newArchiverSlots, restoreCommand, startArchiver, startWalFetcher } from '@larder/archive';
import { connect, observeServer, stopServer, type Session } from '@larder/postgres';
import { makeMachine, makeServer, scopeOfSuite, type TestServer } from '../../../postgres/test/machine.ts';
import { startRig } from '../rig.ts';
import { eventually } from './instance.ts';

const scope = scopeOfSuite();

test('a recovery over the bucket has every row, on a new timeline', { timeout: 600_000 }, async () => {
  const rig = await startRig();
  scope.defer(() => rig.close());
  const machine = await makeMachine(scope, 'wal');
  const origin = await makeServer(scope, machine, 'origin');
  const { systemIdentifier } = origin.made;
  assert.match(systemIdentifier, /^\d+$/);
  const account = { uid: origin.uid, gid: origin.account ? origin.account.gid : (process.getegid?.() ?? 0) };
  const archiver = startArchiver({
    ...{ folder: origin.folder, ...account, systemIdentifier, destination: rig.destination },
    slots: newArchiverSlots(),
  });
  scope.defer(() => archiver.stop());
  append(origin, 'archive_command', archiveCommand(origin.folder));

  await running(origin);
  await stop(origin);
  // A server that was stopped well is the plainest of base backups.
  const copy = await makeServer(scope, machine, 'copy');
  await rm(copy.data, { recursive: true });
  execFileSync('cp', ['-a', origin.data, copy.data]);
  if (copy.account) execFileSync('chown', ['-R', `${copy.uid}:${copy.uid}`, copy.data]);

  await running(origin);
  const session = await login(origin);
  await session.rows('create table public.t (n int)');
  for (let n = 1; n <= 6; n++) {
    await session.rows(`insert into public.t select ${n} from generate_series(1, 1000)`);
    await session.rows('select pg_switch_wal()');
  }
  await session.rows('insert into public.t values (7)');
  type Named = { name: string };
  const [last] = await session.rows<Named>('select pg_walfile_name(pg_current_wal_insert_lsn()) as name');
  const wanted = last!.name;
  await session.close();
  // The last segment is finished and archived because the server stops.
  await stop(origin);
  await eventually('the log is archived', () => (archiver.state().lastArchivedWal ?? '') >= wanted);

  const fetcher = await startWalFetcher({
    ...{ folder: copy.folder, uid: copy.uid, gid: account.uid === 0 ? account.gid : copy.uid },
    ...{ systemIdentifier, destination: rig.destination },
  });
  scope.defer(() => fetcher.stop());
  append(copy, 'restore_command', restoreCommand(copy.folder));
  writeFileSync(join(copy.data, 'recovery.signal'), '');
  await running(copy, origin);
  const restored = await eventually('it is recovered', async () => {
    const seen = await login(copy, origin);
    const [state] = await seen.rows<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
    if (state?.recovering === false) return seen;
    await seen.close();
    return undefined;
  });
  const rows = await restored.rows(
    'select count(*)::int as rows, sum(n)::int as sum, (select timeline_id from pg_control_checkpoint()) as timeline from public.t',
  );
  assert.deepEqual(rows, [{ rows: 6001, sum: 21_007, timeline: 2 }]);
  await restored.close();
  assert.equal(fetcher.state().lastError, undefined);
  assert.ok(fetcher.state().lastMissingWal, 'the end was proven');
  await stop(copy);
});

/** A later line of the same name wins. */
function append(server: TestServer, name: string, value: string): void {
  const line = `${name} = '${value.replaceAll("'", "''")}'\n`;
  writeFileSync(join(server.folder, 'conf/postgresql.conf'), line, { flag: 'a' });
}

/** @param from whose roles it has */
async function running(server: TestServer, from = server): Promise<void> {
  await server.start();
  const session = await eventually('the server takes logins', () => login(server, from).catch(() => undefined));
  await session.close();
}

async function stop(server: TestServer): Promise<void> {
  const seen = await observeServer({ data: server.data, uid: server.uid });
  if (seen.kind === 'running') await stopServer(seen.process, server.account, { fastMs: 60_000 });
}

function login(server: TestServer, from = server): Promise<Session> {
  return connect(server.socket, from.login);
}
