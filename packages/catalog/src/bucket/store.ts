/** Which S3 server a bucket lies on: chosen once, by the name that the plane has for it. */
import type { Schema, ValidationRule } from '@larder/kube';
import { shaped } from '../postgresql/schema/rules.ts';

/** The plane's own S3 server. */
export const OWN_STORE = 'local';

export function storeSchema(whose: string): Schema {
  return shaped({
    description: `The S3 server that ${whose} on, by its name on the plane; local is the plane’s own. Can’t change later. Default: the plane’s choice.`,
    pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
    maxLength: 63,
    remedy: 'no name of a store: larder stores lists those of this plane',
  });
}

/** On the object that has the field. */
export const storeStays: ValidationRule = {
  rule: 'has(self.store) == has(oldSelf.store) && (!has(self.store) || self.store == oldSelf.store)',
  fieldPath: '.store',
  message: 'can not change: what is in the bucket would stay behind; make another claim',
};
