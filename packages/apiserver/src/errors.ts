/** Any failure as the `StatusError` that clients are told. */
import { internalError, serviceUnavailable, StatusError } from '@larder/kube';
import { StoreClosedError, StoreUnavailableError } from './store/errors.ts';

export function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof StoreUnavailableError || error instanceof StoreClosedError) {
    return serviceUnavailable(error.message);
  }
  return internalError(error);
}
