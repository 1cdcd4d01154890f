/** The PostgreSQL versions on offer: for people without a running plane, and as PostgresVersion objects, which compositions read. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { endOfLifeOf, isSupportedMajor, LOCAL_API_VERSION, type PostgresVersion } from '@larder/catalog';
import type { Logger } from '@larder/controller';
import { equalJson, isNotFound, type Client } from '@larder/kube';
import { findBinaryFacts, listVersions, type ListOptions, type VersionOffer } from '@larder/postgres';
import { findHome, homeAt, homeFolder, type Home } from './home/home.ts';

/** Without `refresh`: what this machine has and what it remembers of the registry; nothing is asked over the network. */
export async function offeredVersions(
  home: Home = findHome() ?? homeAt(homeFolder()),
  options: ListOptions = {},
): Promise<PostgresVersion['spec'][]> {
  const offers = await listVersions({ folder: home.versions }, options);
  return Promise.all(offers.map(offer => described(home, offer)));
}

/** OpenSSL and ICU are read from the libraries themselves, so they are known of what is here. */
async function described(home: Home, offer: VersionOffer): Promise<PostgresVersion['spec']> {
  const { version, major, source, package: name, installed } = offer;
  const { openssl, icu } = await findBinaryFacts({ folder: home.versions }, offer);
  return {
    version,
    major,
    source,
    package: name,
    installed,
    ...(openssl === undefined ? {} : { openssl }),
    ...(icu === undefined ? {} : { icu }),
    endOfLife: endOfLifeOf(major) ?? 'unknown',
    supported: isSupportedMajor(major),
  };
}

export interface PublishOptions {
  client: Client;
  home: Home;
  log: Logger;
  signal: AbortSignal;
}

const KIND = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresVersion' } as const;
const HOUR = 3_600_000;

/** How often it is looked whether a version was fetched (ms): one call of the system each time. */
const LOOK_MS = 2_000;

/**
 * Publishes what is known at once, then asks the registry, now and every hour, and looks again when a version was fetched. Resolves
 * after the first publication.
 */
export async function startPublishingVersions(options: PublishOptions): Promise<void> {
  const { home, log, signal } = options;
  const known = await offeredVersions(home);
  let seen = await stampOf(home, known);
  await publish(options, known);
  let turn = Promise.resolve();
  const again = (refresh: boolean): void => {
    turn = turn.then(async () => {
      try {
        await publish(options, await offeredVersions(home, { refresh, signal }));
      } catch (error) {
        if (!signal.aborted) log.error('cannot publish the versions on offer', { error: (error as Error).message });
      }
    });
  };
  const look = async (): Promise<void> => {
    const now = await stampOf(home, known);
    if (now === seen) return;
    seen = now;
    again(false);
  };
  const timers = [setInterval(() => again(true), HOUR), setInterval(() => void look(), LOOK_MS)];
  signal.addEventListener('abort', () => timers.forEach(timer => clearInterval(timer)), { once: true });
  again(true);
}

/** Other than before when a version was put into the home's folder of versions, or taken out. */
async function stampOf(home: Home, offers: PostgresVersion['spec'][]): Promise<string> {
  const packages = new Set(offers.filter(({ source }) => source === 'npm').map(offer => offer.package));
  const times = [...packages].map(name =>
    stat(join(home.versions, name)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  );
  return (await Promise.all(times)).join(' ');
}

/** Makes the objects say what is on offer; those that aren't any more are removed. May run twice. */
async function publish({ client, signal }: PublishOptions, versions: PostgresVersion['spec'][]): Promise<void> {
  const { items } = await client.list<PostgresVersion>(KIND);
  const known = new Map(items.map(item => [item.metadata.name, item]));
  for (const spec of versions) {
    if (signal.aborted) return;
    const name = `${spec.version}-${spec.source}`;
    const before = known.get(name);
    known.delete(name);
    if (before && equalJson(before.spec, spec)) continue;
    const metadata = { name, labels: { 'larder.dev/on-offer': 'true' } };
    const body = { ...KIND, metadata, spec };
    await client.patch({ ...KIND, name }, { type: 'apply', body, force: true }, { fieldManager: 'larder' });
  }
  for (const name of known.keys())
    await client.delete({ ...KIND, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}
