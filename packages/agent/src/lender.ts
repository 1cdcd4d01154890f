/** Lends a superuser's rights as a `LentServer` says: to who names the very Secret that the composition recorded, and to nobody else. */
import { SERVER_SECRET, SQL_API_VERSION, type LentServer } from '@larder/catalog';
import { StatusError, type Client, type KubeObject, type ObjectRef } from '@larder/kube';
import type { Lender, LentServer as Lent } from '@larder/sql';

export const LENT_SERVER = { apiVersion: SQL_API_VERSION, kind: 'LentServer' };

/** How long after a copy was made its record is waited for: the secret of an instance is there before its server runs. */
const EXPECTED_MS = 15 * 60_000;

/** @param home where copies of connection secrets lie, and only the plane writes; in other places a Secret's notes say nothing */
export function lenderOf(client: Client, home: string, now: () => Date): Lender {
  return {
    async find(secret) {
      const { annotations = {}, namespace } = secret.metadata;
      const uid = annotations[SERVER_SECRET.uidAnnotation];
      if (namespace !== home || uid === undefined) return undefined;
      const owner = { namespace: annotations[SERVER_SECRET.namespaceAnnotation], uid };
      const { items } = await client.list<LentServer>(LENT_SERVER);
      const found = items.find(
        ({ spec: { connectionSecret: of } }) => of.uid === owner.uid && of.namespace === owner.namespace,
      );
      const lent = found && (await lend(client, found));
      if (lent !== undefined) return lent;
      const isExpected = found !== undefined || annotations[SERVER_SECRET.expectedAnnotation] === 'true';
      return isExpected && isYoung(secret, now()) ? 'soon' : undefined;
    },
  };
}

function isYoung({ metadata }: KubeObject, now: Date): boolean {
  return now.getTime() - Date.parse(metadata.creationTimestamp ?? '') < EXPECTED_MS;
}

async function lend(client: Client, { metadata, spec }: LentServer): Promise<Lent | undefined> {
  const { loginSecretRef: from, host, port, ca, database, reserved, superuserAccess } = spec;
  const { namespace, name } = from;
  const secret = await findAllowed(client, { apiVersion: 'v1', kind: 'Secret', namespace, name });
  const data = (secret?.data ?? {}) as Record<string, string>;
  const [user = '', password = ''] = [data[from.usernameKey], data[from.passwordKey]].map(decoded);
  if (user === '' || password === '') return undefined;
  return {
    // With a password that changed it is another login: sessions of the one before are not used again.
    id: `${metadata.uid ?? metadata.name}/${secret?.metadata.resourceVersion ?? ''}`,
    endpoint: { host, port, ca, sslmode: 'verify-full' },
    login: { user, password },
    database,
    reserved: [...new Set([...reserved, user])],
    superuserAccess,
  };
}

/** The right to read it comes and goes with the instance: until it is there, so isn't the Secret. */
async function findAllowed(client: Client, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await client.find<KubeObject>(ref);
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return undefined;
    throw error;
  }
}

function decoded(text = ''): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
