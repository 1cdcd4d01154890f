/** What a command needs from outside: the home, the checkout, a client of the running plane. Made once, asked when needed. */
import { httpClient, type HttpClient } from '@larder/controller';
import { adminCredentials, findHome, findRunningPlane, homeFolder, type Home, type PlaneRecord } from '@larder/local';
import { CommandError, EXIT } from './failure.ts';

export interface Surroundings {
  /** The checkout: where `service/` lies. */
  checkout: string;
  /** Program and arguments that run this command again. */
  self: string[];
  version: string;
  /** Which state of the sources this is; absent where they run without a bundle. */
  build?: string;
  print: (text: string) => void;
  /** Progress and warnings: standard error, so that output can be piped. */
  note: (text: string) => void;
}

/** The home and its running plane. @throws CommandError with exit code 4 when none runs */
export function runningPlane(): { home: Home; record: PlaneRecord } {
  const home = findHome();
  const record = home && findRunningPlane(home);
  if (!home || !record)
    throw new CommandError(`cannot reach the plane: none runs in "${homeFolder()}"`, {
      remedy: 'start it with: larder up',
      exitCode: EXIT.notRunning,
    });
  return { home, record };
}

/** Runs `use` with a client of the running plane, as its administrator. */
export async function withClient<T>(use: (client: HttpClient, home: Home) => Promise<T>): Promise<T> {
  const { home, record } = runningPlane();
  if (record.endpoints.api === null)
    throw new CommandError('cannot reach the plane: it is just starting', { remedy: 'larder up waits for it' });
  const client = httpClient({ server: record.endpoints.api, ...adminCredentials(home) });
  try {
    return await use(client, home);
  } finally {
    client.close();
  }
}
