/** A claim's connection secret: where it lies, and how a client logs in with it. */
import { services } from '@larder/catalog';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError } from './failure.ts';
import { reasonToWait } from './output/conditions.ts';

export interface Connection {
  endpoint: string;
  port: string;
  username: string;
  password: string;
  database: string;
  ca: string;
}

/** The name of the claim's connection secret; `undefined` for kinds that have none. */
export function connectionSecretOf(claim: KubeObject): string | undefined {
  const named = (claim.spec as { writeConnectionSecretToRef?: { name?: string } } | undefined)
    ?.writeConnectionSecretToRef?.name;
  const service = services.find(({ definition }) => definition.spec.claimNames?.kind === claim.kind);
  return named ?? service?.connectionSecretName(claim.metadata.name);
}

/** How to log in to what `claim` gave. @throws CommandError while there is no secret */
export async function getConnection(client: HttpClient, claim: KubeObject): Promise<Connection> {
  const { name, namespace } = claim.metadata;
  const secretName = connectionSecretOf(claim);
  const secret = secretName && (await client.find({ apiVersion: 'v1', kind: 'Secret', name: secretName, namespace }));
  if (!secret)
    throw new CommandError(
      `cannot connect to ${claim.kind} "${name}": it has no connection secret yet: ${reasonToWait(claim)}`,
      {
        remedy: `larder wait ${name}${namespace === undefined || namespace === 'default' ? '' : ` -n ${namespace}`} waits until it is ready`,
      },
    );
  const value = (key: string): string =>
    Buffer.from((secret.data as Record<string, string>)[key] ?? '', 'base64').toString();
  return {
    endpoint: value('endpoint'),
    port: value('port'),
    username: value('username'),
    password: value('password'),
    database: value('database'),
    ca: value('ca.crt'),
  };
}
