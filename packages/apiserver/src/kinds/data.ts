/** What Secrets and ConfigMaps have in common: maps of data, in base64. */
import {
  badRequest,
  equalJson,
  forbiddenField,
  invalidValue,
  validateConfigMapKey,
  type FieldError,
  type KubeObject,
} from '@larder/kube';

export const maxDataBytes = 1024 * 1024;

interface Fixable extends KubeObject {
  immutable?: boolean;
}

/** Once `immutable`, these fields stay, and that too. */
export function validateUnchanged(object: Fixable, old: Fixable | undefined, fields: readonly string[]): FieldError[] {
  if (old?.immutable !== true) return [];
  const changed = fields.filter(field => !equalJson(object[field] ?? {}, old[field] ?? {}));
  const why = 'field is immutable when `immutable` is set';
  return [...(object.immutable === true ? [] : ['immutable']), ...changed].map(field => forbiddenField(field, why));
}

/** In code: for a rule in the schema there may be too many keys. */
export function validateKeys(field: string, data: Record<string, unknown>): FieldError[] {
  return Object.keys(data)
    .sort()
    .flatMap(key => validateConfigMapKey(key).map(problem => invalidValue(`${field}[${key}]`, key, problem)));
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @throws StatusError `BadRequest`, as decoding does in Kubernetes */
export function checkBase64({ kind }: KubeObject, data: Record<string, unknown> | undefined): void {
  for (const value of Object.values(data ?? {})) {
    if (typeof value !== 'string') continue;
    const text = value.replace(/[\r\n]/g, '');
    if (base64.test(text)) continue;
    const at = firstBadByte(text);
    throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: illegal base64 data at input byte ${at}`);
  }
}

/** As Go's decoder counts: the first byte that can't be there, or where the text ends too early. */
function firstBadByte(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/]/);
  return bad < 0 ? Math.floor(text.length / 4) * 4 : bad;
}

export function base64Bytes(text: string): number {
  return Math.floor((text.replace(/[\r\n=]/g, '').length * 3) / 4);
}
