/** What a ConfigMap must be beyond its schema. */
import { invalidValue, tooLong, type FieldError, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { base64Bytes, checkBase64, maxDataBytes, validateKeys, validateUnchanged } from './data.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

export const configMapStrategy: Strategy = {
  fill(object: ConfigMap) {
    checkBase64(object, object.binaryData);
  },
  validate: (object: ConfigMap, old: ConfigMap | undefined) => [
    ...validateUnchanged(object, old, ['data', 'binaryData']),
    ...validateData(object),
  ],
};

function validateData({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [...validateKeys('data', data), ...validateKeys('binaryData', binaryData)];
  let bytes = 0;
  for (const [field, entries] of Object.entries({ data, binaryData })) {
    for (const value of Object.values(entries)) {
      bytes += field === 'data' ? Buffer.byteLength(value) : base64Bytes(value);
    }
  }
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  if (bytes > maxDataBytes) errors.push(tooLong('[]', maxDataBytes));
  return errors;
}
