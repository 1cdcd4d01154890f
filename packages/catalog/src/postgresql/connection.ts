/** The connection secret: its keys, and how they follow from what the server published. */

/** What a server publishes. */
const published = ['endpoint', 'port', 'username', 'password', 'database', 'ca.crt'] as const;
const superuser = ['superuserUsername', 'superuserPassword'] as const;

/** All keys that the connection secret of an instance may have; the superuser's only with `access.superuser`. */
export const connectionSecretKeys = [...published, 'uri', 'jdbcUri', 'sslmode', ...superuser];

/** All keys of a user's secret. */
export const userSecretKeys = [...published, 'uri', 'jdbcUri', 'sslmode'];

/** Where the connection secret of a claim lies that names none. */
export function connectionSecretName(claimName: string): string {
  return `${claimName}-connection`;
}

/**
 * The connection secret's content, or `undefined` while anything lacks: it is written whole or not at all.
 * `sslmode` asks for the server's certificate to be verified; the two URIs can't carry the authority, so they ask for TLS alone.
 */
export function connectionDetails(
  seen: Record<string, string>,
  wants: { superuser: boolean },
): Record<string, string> | undefined {
  const wanted = wants.superuser ? [...published, ...superuser] : published;
  if (wanted.some(key => !seen[key])) return undefined;
  const details = Object.fromEntries(wanted.map(key => [key, seen[key] ?? '']));
  return { ...details, ...uris(seen, 'require'), sslmode: 'verify-full' };
}

/**
 * The content of a user's secret, or `undefined` while anything lacks. The server may be anybody's: TLS is as its own secret says,
 * and `ca.crt` is empty where that has none.
 */
export function userDetails(seen: Record<string, string>): Record<string, string> | undefined {
  const needed = published.filter(key => key !== 'ca.crt');
  if ([...needed, 'sslmode'].some(key => !seen[key])) return undefined;
  const details = Object.fromEntries(published.map(key => [key, seen[key] ?? '']));
  const { sslmode = '' } = seen;
  return { ...details, ...uris(seen, sslmode === 'disable' ? 'disable' : 'require'), sslmode };
}

function uris(seen: Record<string, string>, sslmode: string): { uri: string; jdbcUri: string } {
  const [username, password, database] = [seen.username, seen.password, seen.database].map(encoded);
  const at = `${address(seen)}/${database}`;
  return {
    uri: `postgresql://${username}:${password}@${at}?sslmode=${sslmode}`,
    jdbcUri: `jdbc:postgresql://${at}?user=${username}&password=${password}&sslmode=${sslmode}`,
  };
}

function encoded(text = ''): string {
  return encodeURIComponent(text);
}

function address({ endpoint = '', port = '' }: Record<string, string>): string {
  return endpoint.includes(':') ? `[${endpoint}]:${port}` : `${endpoint}:${port}`;
}
