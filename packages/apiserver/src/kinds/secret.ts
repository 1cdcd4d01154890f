/** What a Secret does: `stringData` becomes `data`, some types must hold certain keys. */
import { required, setField, tooLong, type FieldError, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { base64Bytes, checkBase64, maxDataBytes } from './data.ts';

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
    for (const [key, value] of Object.entries(object.data ?? {})) {
      if (value === null) setField(object.data as Record<string, unknown>, key, '');
    }
    object.type ||= 'Opaque';
  },
  validate: (object: Secret) => [...validateSize(object), ...validateType(object)],
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
  if (type === 'kubernetes.io/basic-auth' && !data.username && !data.password) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.['kubernetes.io/service-account.name']) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  return errors;
}
