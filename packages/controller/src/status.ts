/** An object's status, written only where it differs, so that nobody is woken for nothing. */
import { equalJson, type Client, type KubeObject } from '@larder/kube';

/** The object as it is stored then. Values that are `undefined` are absent, as the API stores them. @throws StatusError */
export async function putStatus<T extends KubeObject>(client: Client, object: T, status: object): Promise<T> {
  const next: unknown = JSON.parse(JSON.stringify(status));
  if (equalJson(next, object.status ?? {})) return object;
  return client.updateStatus<T>({ ...object, status: next });
}
