/** What a URL's path names, as Kubernetes reads it. Pure; untrusted input. */
import { badRequest, validatePathSegment } from '@larder/kube';

export interface ResourcePath {
  group: string;
  version: string;
  plural: string;
  /** Empty: cluster-scoped, or all namespaces. */
  namespace: string;
  /** Empty: the collection. */
  name: string;
  /** Empty: the object itself. */
  subresource: string;
}

/** The path's decoded parts, without empty ones. @throws StatusError `BadRequest` */
export function partsOf(pathname: string): string[] {
  try {
    return pathname
      .split('/')
      .filter(part => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('the path of the request is not validly encoded');
  }
}

/** `undefined` when the path is no resource's. @throws StatusError `BadRequest` for names that no object can have */
export function parseResourcePath(parts: readonly string[]): ResourcePath | undefined {
  const [root] = parts;
  if (root === 'api' && parts.length >= 3) return rest('', parts[1] ?? '', parts.slice(2));
  if (root === 'apis' && parts.length >= 4) return rest(parts[1] ?? '', parts[2] ?? '', parts.slice(3));
  return undefined;
}

/** Below `namespaces/NAME` these are the namespace's own, not kinds. */
const namespaceSubresources = ['status', 'finalize'];

function rest(group: string, version: string, parts: readonly string[]): ResourcePath | undefined {
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2 && !namespaceSubresources.includes(parts[2] ?? '');
  const [plural = '', name = '', subresource = '', ...more] = isNamespaced ? parts.slice(2) : parts;
  if (more.length > 0) return undefined;
  const namespace = isNamespaced ? (parts[1] ?? '') : '';
  for (const text of [namespace, name]) checkName(text);
  return { group, version, plural, namespace, name, subresource };
}

function checkName(name: string): void {
  const [problem] = validatePathSegment(name);
  if (name !== '' && (problem !== undefined || name.includes('\u0000'))) {
    throw badRequest(`invalid name ${JSON.stringify(name)}: ${problem ?? 'may not contain NUL'}`);
  }
}
