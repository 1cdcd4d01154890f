/** What a ConfigMap must be beyond its schema. */
import { invalidValue, tooLong, validateConfigMapKey, type FieldError, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { base64Bytes, checkBase64, maxDataBytes, refuseImmutableChange } from './data.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

export const configMapStrategy: Strategy = {
  fill(object: ConfigMap) {
    checkBase64(object, object.binaryData);
  },
  validate(object: ConfigMap, old: ConfigMap | undefined) {
    return [...validateKeys(object), ...refuseImmutableChange(object, old, ['data', 'binaryData'])];
  },
};

function validateKeys({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [field, entries] of Object.entries({ data, binaryData })) {
    for (const [key, value] of Object.entries(entries)) {
      errors.push(...validateConfigMapKey(key).map(why => invalidValue(`${field}[${key}]`, key, why)));
      bytes += field === 'data' ? Buffer.byteLength(value) : base64Bytes(value);
    }
  }
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  if (bytes > maxDataBytes) errors.push(tooLong('', maxDataBytes));
  return errors;
}
