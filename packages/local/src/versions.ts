/** The PostgreSQL versions on offer, without a running plane: as the plane's PostgresVersion objects say it. */
import { endOfLifeOf, isSupportedMajor, type PostgresVersion } from '@larder/catalog';
import { listVersions } from '@larder/postgres';
import { findHome, homeAt, homeFolder } from './home/home.ts';

/** What this machine has and what it remembers of the registry; nothing is asked over the network. */
export async function offeredVersions(): Promise<PostgresVersion['spec'][]> {
  const home = findHome() ?? homeAt(homeFolder());
  const offers = await listVersions({ folder: home.versions });
  return offers.map(({ version, major, source, package: name, installed }) => ({
    version,
    major,
    source,
    package: name,
    installed,
    endOfLife: endOfLifeOf(major) ?? 'unknown',
    supported: isSupportedMajor(major),
  }));
}
