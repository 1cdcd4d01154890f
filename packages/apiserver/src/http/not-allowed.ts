/** The answer to a method that a path doesn't have. */
import { methodNotSupported, StatusError } from '@larder/kube';
import type { Served } from '../registry/served.ts';
import type { Exchange } from './exchange.ts';

/** @param served what the path is about, if it is a kind */
export function notAllowed(served?: Served, { method }: Pick<Exchange, 'method'> = { method: '' }): StatusError {
  const verb = verbs[method];
  if (served?.custom === true && verb !== undefined) return methodNotSupported(served.groupResource, verb);
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
    code: 405,
  });
}

const verbs: Record<string, string | undefined> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
