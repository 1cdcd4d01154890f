/** The name that a server archives under: `<server>-<major>-<n>`. An archive has one history, so another incarnation has another name. */
import type { Store } from '../store/store.ts';

export function serverName(server: string, major: number, incarnation = 1): string {
  return `${server}-${major}-${incarnation}`;
}

/** The major and the number in such a name of this server; `undefined` for another's. */
export function parseServerName(name: string, server: string): { major: number; incarnation: number } | undefined {
  const [, major, incarnation] =
    /^(\d+)-(\d+)$/.exec(name.startsWith(`${server}-`) ? name.slice(server.length + 1) : '') ?? [];
  return major === undefined ? undefined : { major: Number(major), incarnation: Number(incarnation) };
}

/** One that nothing was archived under in the store's bucket: the first number that is larger than all of this server and major. */
export async function nextServerName(
  store: Pick<Store, 'list' | 'destination'>,
  { server, major }: { server: string; major: number },
): Promise<string> {
  const { prefix } = store.destination;
  const root = prefix === '' ? '' : `${prefix}/`;
  let last = 0;
  for await (const entry of store.list(`${root}${server}-`, { delimiter: '/' })) {
    const name = entry.kind === 'folder' ? entry.prefix.slice(root.length, -1) : '';
    const seen = parseServerName(name, server);
    if (seen?.major === major) last = Math.max(last, seen.incarnation);
  }
  return serverName(server, major, last + 1);
}
