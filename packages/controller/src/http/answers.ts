/** Turns what an API server answers into objects, or into the StatusError that it means. */
import { StatusError, type Status } from '@larder/kube';
import type { Transport } from './transport.ts';

/** The parsed body of a success. @throws StatusError for everything else */
export function objectOfAnswer<T>(status: number, body: string): T {
  const value = parse(body);
  if (status >= 200 && status < 300 && value !== undefined) return value as T;
  throw statusErrorOf(status, value, body);
}

export async function getJson<T>(transport: Transport, path: string): Promise<T> {
  const { status, body } = await transport.request({ method: 'GET', path });
  return objectOfAnswer<T>(status, body);
}

/** A proxy or a stranger on the port answers something else than a Status: it is quoted in part. */
export function statusErrorOf(code: number, value: unknown, body = ''): StatusError {
  if (isStatus(value)) return new StatusError(value);
  const seen = body.slice(0, 200).replace(/\s+/g, ' ');
  const message = `the server answered ${code} with something that isn't a Kubernetes object: ${JSON.stringify(seen)}`;
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: '',
    code,
  });
}

export function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && (value as Status).kind === 'Status';
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
