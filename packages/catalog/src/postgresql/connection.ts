/** The connection secret: its keys, and how they follow from what the server published. */

/** What a server publishes. */
const published = ['endpoint', 'port', 'username', 'password', 'database', 'ca.crt'] as const;
const superuser = ['superuserUsername', 'superuserPassword'] as const;

/** All keys that the connection secret of an instance may have; the superuser's only with `access.superuser`. */
export const connectionSecretKeys = [...published, 'uri', 'jdbcUri', 'sslmode', ...superuser];

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
  return { ...details, uri: uri(seen), jdbcUri: jdbcUri(seen), sslmode: 'verify-full' };
}

function uri(seen: Record<string, string>): string {
  const [username, password, database] = [seen.username, seen.password, seen.database].map(encoded);
  return `postgresql://${username}:${password}@${address(seen)}/${database}?sslmode=require`;
}

function jdbcUri(seen: Record<string, string>): string {
  const [username, password, database] = [seen.username, seen.password, seen.database].map(encoded);
  return `jdbc:postgresql://${address(seen)}/${database}?user=${username}&password=${password}&sslmode=require`;
}

function encoded(text = ''): string {
  return encodeURIComponent(text);
}

function address({ endpoint = '', port = '' }: Record<string, string>): string {
  return endpoint.includes(':') ? `[${endpoint}]:${port}` : `${endpoint}:${port}`;
}
