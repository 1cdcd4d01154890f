/** How a claim's owner reads its metrics: a Secret `<claim>-metrics` in the claim's namespace with the address and a token for it. */
import { metricsSecretName } from '@larder/catalog';
import { isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { encodeTexts, hasTexts, isOwnSecret, ownSecret } from '../secrets/own-secret.ts';

/** On the Secret: the server that it is of. */
export const METRICS_LABEL = 'local.larder.dev/metrics-of';

export interface MetricsSecret {
  namespace: string;
  name: string;
  texts: { url: string; token: string; 'ca.crt': string };
}

/** May run twice. A Secret of that name that isn't ours stays as it is: `taken`. It goes with `owner`. */
export async function ensureMetricsSecret(
  client: Client,
  owner: KubeObject,
  { namespace, name, texts }: MetricsSecret,
): Promise<'written' | 'taken'> {
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  if (found && !isOwnSecret(found, owner)) return 'taken';
  if (found) {
    if (!hasTexts(found, texts)) await client.update({ ...found, data: encodeTexts(texts) });
    return 'written';
  }
  const labels = { [METRICS_LABEL]: owner.metadata.name };
  try {
    await client.create(ownSecret(owner, { namespace, name, labels, texts }));
    return 'written';
  } catch (error) {
    if (isAlreadyExists(error)) return 'taken';
    throw error;
  }
}

/** `namespace/name` of the Secret that has the name of the owner's own, and isn't of this server; `undefined` where there is none. */
export async function findTakenSecret(
  client: Client,
  owner: KubeObject,
  { namespace, claim }: { namespace: string; claim: string },
): Promise<string | undefined> {
  const name = metricsSecretName(claim);
  const found = await client.find({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  return found && !isOwnSecret(found, owner) ? `${namespace}/${name}` : undefined;
}
