/** What a Secret does: `stringData` becomes `data`, some types must hold certain keys. */
import { invalidValue, required, setField, tooLong, type FieldError, type KubeObject } from '@larder/kube';
import { jsonSyntaxProblem } from '../http/json-syntax.ts';
import type { Strategy } from '../rest/api.ts';
import { base64Bytes, checkBase64, maxDataBytes, validateKeys, validateUnchanged } from './data.ts';

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}

export const secretStrategy: Strategy = {
  fill(object: Secret) {
    checkBase64(object, object.data);
    mergeStringData(object);
    object.type ||= 'Opaque';
  },
  validate: (object: Secret, old: Secret | undefined) => [
    ...(old !== undefined && object.type !== old.type ? [invalidValue('type', object.type, 'field is immutable')] : []),
    ...validateUnchanged(object, old, ['data']),
    ...validateKeys('data', object.data ?? {}),
    ...validateSize(object),
    ...validateType(object),
  ],
};

function mergeStringData(object: Secret): void {
  if (object.stringData === undefined) return;
  const data: Record<string, unknown> = { ...object.data };
  for (const [key, value] of Object.entries(object.stringData)) {
    setField(data, key, Buffer.from(value).toString('base64'));
  }
  delete object.stringData;
  if (Object.keys(data).length > 0) object.data = data as Record<string, string>;
}

function validateSize({ data = {} }: Secret): FieldError[] {
  const bytes = Object.values(data).reduce((sum, value) => sum + base64Bytes(value), 0);
  return bytes > maxDataBytes ? [tooLong('data', maxDataBytes)] : [];
}

const neededKeys: Record<string, string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

function validateType({ type = '', data = {}, metadata }: Secret): FieldError[] {
  const needed = Object.hasOwn(neededKeys, type) ? (neededKeys[type] ?? []) : [];
  const errors = needed.filter(key => !Object.hasOwn(data, key)).map(key => required(`data[${key}]`));
  if (type.startsWith('kubernetes.io/dockerc') && errors.length === 0) errors.push(...validateJson(needed[0], data));
  if (type === 'kubernetes.io/basic-auth' && !data.username && !data.password) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.['kubernetes.io/service-account.name']) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  return errors;
}

/** Credentials for a registry are read by machines; what is no JSON would be found out when an image can't be pulled. */
function validateJson(key = '', data: Record<string, string>): FieldError[] {
  const text = Buffer.from(data[key] ?? '', 'base64').toString();
  const problem = text === '' ? 'unexpected end of JSON input' : jsonSyntaxProblem(text);
  try {
    JSON.parse(text);
    return [];
  } catch {
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', problem)];
  }
}
