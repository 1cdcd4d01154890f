/** The answer to a patch that is well-formed but doesn't fit the object: Kubernetes' text, with the reason as its cause. */
import { StatusError } from '../status.ts';

/** A 422 whose message is Kubernetes'; kubectl prints the cause. */
export function unprocessablePatch(cause: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: { causes: [{ reason: 'UnexpectedServerResponse', message: cause, field: 'patch' }] },
    code: 422,
  });
}
