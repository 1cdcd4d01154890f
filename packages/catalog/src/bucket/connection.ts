/** The connection secret of a bucket: the prototype's keys, and beside them the names that AWS' tools read from the environment. */

/** What the bucket's keeper publishes. */
const published = ['endpoint', 'port', 'bucketName', 'region', 'accessKey', 'secretKey', 'ca.crt'] as const;

/** A server whose certificate the machine's own CAs signed has none of its own, and one on the machine itself may do without TLS. */
const optional = new Set<string>(['ca.crt']);

const environment = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
] as const;

/** All keys that the connection secret of a bucket has. */
export const bucketSecretKeys = [...published, ...environment];

/** Where the connection secret of a claim lies that names none. */
export function bucketSecretName(claimName: string): string {
  return `${claimName}-connection`;
}

/** The connection secret's content, or `undefined` while anything lacks: it is written whole or not at all. */
export function bucketDetails(seen: Record<string, string>): Record<string, string> | undefined {
  if (published.some(key => !seen[key] && !optional.has(key))) return undefined;
  const details = Object.fromEntries(published.map(key => [key, seen[key] ?? '']));
  return {
    ...details,
    AWS_ACCESS_KEY_ID: details.accessKey ?? '',
    AWS_SECRET_ACCESS_KEY: details.secretKey ?? '',
    AWS_REGION: details.region ?? '',
    AWS_DEFAULT_REGION: details.region ?? '',
    AWS_ENDPOINT_URL: seen.AWS_ENDPOINT_URL ?? endpointUrl(details),
  };
}

/** The plane serves buckets over TLS only. */
export function endpointUrl({ endpoint = '', port = '' }: Record<string, string>): string {
  return `https://${endpoint.includes(':') ? `[${endpoint}]` : endpoint}:${port}`;
}
