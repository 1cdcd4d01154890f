/** How an API fails: `StatusError`, one factory for each of Kubernetes' reasons, and the questions callers ask. Texts are Kubernetes'. */
import { fieldErrorBody, fieldErrorsText, type FieldError } from './field-error.ts';
import { goQuote } from './go-text.ts';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The object that an API answers instead of the one asked for. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface GroupResource {
  group: string;
  resource: string;
}

export interface GroupKind {
  group: string;
  kind: string;
}

/** Thrown by every `Client` and by what serves one; `status` is what goes over the wire. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? 'unknown error', options);
    this.name = 'StatusError';
    this.status = status;
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

export function notFound(resource: GroupResource, name: string): StatusError {
  return failure(404, 'NotFound', `${nameOf(resource)} ${goQuote(name)} not found`, about(resource, name));
}

/** The path or kind itself isn't served. */
export function resourceNotFound(): StatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return failure(409, 'AlreadyExists', `${nameOf(resource)} ${goQuote(name)} already exists`, about(resource, name));
}

/** No free name was found for a `generateName`. */
export function generateNameConflict(resource: GroupResource, name: string): StatusError {
  const message = `${nameOf(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, 'AlreadyExists', message, { ...about(resource, name), retryAfterSeconds: 1 });
}

export function conflict(resource: GroupResource, name: string, message: string): StatusError {
  const text = `Operation cannot be fulfilled on ${nameOf(resource)} ${goQuote(name)}: ${message}`;
  return failure(409, 'Conflict', text, about(resource, name));
}

/** The usual `conflict`: the object changed since it was read. */
export function modifiedConflict(resource: GroupResource, name: string): StatusError {
  const message = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(resource, name, message);
}

/** Server-side apply meets fields of other managers. */
export function applyConflict(causes: StatusCause[], message: string): StatusError {
  return failure(409, 'Conflict', message, { causes });
}

export function invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map(error => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }));
  const kindName = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const why = errors.length === 0 ? '' : `: ${fieldErrorsText(errors)}`;
  const details = { name, group: kind.group, kind: kind.kind, causes };
  return failure(422, 'Invalid', `${kindName} ${goQuote(name)} is invalid${why}`, details);
}

export function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

export function unauthorized(message = 'Unauthorized'): StatusError {
  return failure(401, 'Unauthorized', message);
}

/** With an empty resource: about the request as a whole; with an empty name: about the kind. */
export function forbidden(resource: GroupResource, name: string, message: string): StatusError {
  const about_ = about(resource, name);
  if (resource.group === '' && resource.resource === '')
    return failure(403, 'Forbidden', `forbidden: ${message}`, about_);
  const subject = name === '' ? nameOf(resource) : `${nameOf(resource)} ${goQuote(name)}`;
  return failure(403, 'Forbidden', `${subject} is forbidden: ${message}`, about_);
}

export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind ${goQuote(nameOf(resource))}`;
  return failure(405, 'MethodNotAllowed', message, { group: resource.group, kind: resource.resource });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return failure(415, 'UnsupportedMediaType', message);
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

/** A resource version or continue token is too old: list again. */
export function expired(message: string): StatusError {
  return failure(410, 'Expired', message);
}

export function requestEntityTooLarge(message: string): StatusError {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
}

export function tooManyRequests(message: string, retryAfterSeconds = 1): StatusError {
  return failure(429, 'TooManyRequests', message, { retryAfterSeconds });
}

export function serviceUnavailable(message: string): StatusError {
  return failure(503, 'ServiceUnavailable', message);
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return failure(504, 'Timeout', `Timeout: ${message}`, { retryAfterSeconds });
}

/** Keeps `cause` for logs; only its message goes over the wire. */
export function internalError(cause: unknown): StatusError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const status = failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }).status;
  return new StatusError(status, { cause });
}

/** What a successful delete answers when there is no object to answer with. */
export function success(details?: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details && { details }), code: 200 };
}

export const isNotFound = (error: unknown): error is StatusError => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown): error is StatusError => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): error is StatusError => hasReason(error, 'Conflict');
export const isInvalid = (error: unknown): error is StatusError => hasReason(error, 'Invalid');
export const isForbidden = (error: unknown): error is StatusError => hasReason(error, 'Forbidden');
export const isUnauthorized = (error: unknown): error is StatusError => hasReason(error, 'Unauthorized');
export const isBadRequest = (error: unknown): error is StatusError => hasReason(error, 'BadRequest');
/** Also true for `Gone`, the name that older servers give the same thing. */
export const isExpired = (error: unknown): error is StatusError =>
  hasReason(error, 'Expired') || hasReason(error, 'Gone');

function hasReason(error: unknown, reason: string): boolean {
  return error instanceof StatusError && error.reason === reason;
}

function nameOf(resource: GroupResource): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
}

function about(resource: GroupResource, name: string): StatusDetails {
  return { name, group: resource.group, kind: resource.resource };
}

/** Kubernetes leaves empty details out. */
function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  const present = details && Object.fromEntries(Object.entries(details).filter(([, value]) => isPresent(value)));
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(present && { details: present }),
    code,
  });
}

function isPresent(value: unknown): boolean {
  return value !== '' && value !== 0 && !(Array.isArray(value) && value.length === 0);
}
