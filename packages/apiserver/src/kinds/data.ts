/** What Secrets and ConfigMaps have in common: maps of data, base64, and a lock. */
import { badRequest, equalJson, forbiddenField, type FieldError, type KubeObject } from '@larder/kube';

export const maxDataBytes = 1024 * 1024;

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

interface Lockable extends KubeObject {
  immutable?: boolean;
}

/** An immutable object stays immutable, and so do the fields named. */
export function refuseImmutableChange(object: Lockable, old: Lockable | undefined, fields: string[]): FieldError[] {
  if (old?.immutable !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  const errors = object.immutable === true ? [] : [forbiddenField('immutable', why)];
  for (const field of fields) {
    if (!equalJson(object[field] ?? {}, old[field] ?? {})) errors.push(forbiddenField(field, why));
  }
  return errors;
}
