/** `metadata` of any kind, checked as Kubernetes checks it on create and on update. */
import { forbiddenField, invalidValue, required, tooLong, type FieldError } from './field-error.ts';
import { goQuote, GoStruct } from './go-text.ts';
import { validateDns1123Label, validateLabelValue, validateLabelKey, type NameCheck } from './names.ts';
import type { ObjectMeta, OwnerReference } from './objects.ts';

const maxAnnotationBytes = 256 * 1024;

/** For a create, after the name was generated and the namespace filled in. Expects `metadata` of the right types. */
export function validateObjectMeta(meta: ObjectMeta, namespaced: boolean, checkName: NameCheck): FieldError[] {
  return [...validateNames(meta, checkName), ...validateNamespace(meta, namespaced), ...validateCommon(meta)];
}

/** For an update. Both carry the generation and times that the server has set. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const added = (meta.finalizers ?? []).filter(name => !old.finalizers?.includes(name));
  if (old.deletionTimestamp !== undefined && added.length > 0) {
    const list = [...new Set(added)].sort().map(goQuote).join(', ');
    const why = 'no new finalizers can be added if the object is being deleted, found new finalizers';
    errors.push(forbiddenField('metadata.finalizers', `${why} []string{${list}}`));
  }
  if (!meta.resourceVersion) {
    errors.push(invalidValue('metadata.resourceVersion', '', 'must be specified for an update'));
  }
  const settled = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'];
  for (const field of settled as (keyof ObjectMeta)[]) {
    if (meta[field] === old[field]) continue;
    errors.push(invalidValue(`metadata.${field}`, meta[field] ?? null, 'field is immutable'));
  }
  return [...errors, ...validateCommon(meta)];
}

function validateNames(meta: ObjectMeta, checkName: NameCheck): FieldError[] {
  const prefix = meta.generateName ?? '';
  const errors = (prefix === '' ? [] : checkName(prefix, true)).map(message =>
    invalidValue('metadata.generateName', prefix, message),
  );
  if (!meta.name) return [...errors, required('metadata.name', 'name or generateName is required')];
  return [...errors, ...checkName(meta.name).map(message => invalidValue('metadata.name', meta.name, message))];
}

function validateNamespace({ namespace }: ObjectMeta, namespaced: boolean): FieldError[] {
  if (!namespaced) return namespace ? [forbiddenField('metadata.namespace', 'not allowed on this type')] : [];
  if (!namespace) return [required('metadata.namespace')];
  return validateDns1123Label(namespace).map(message => invalidValue('metadata.namespace', namespace, message));
}

function validateCommon(meta: ObjectMeta): FieldError[] {
  return [
    ...validateLabels(meta.labels ?? {}, 'metadata.labels'),
    ...validateAnnotations(meta.annotations ?? {}),
    ...validateOwnerReferences(meta.ownerReferences ?? []),
    ...(meta.finalizers ?? []).flatMap(name =>
      validateLabelKey(name).map(message => invalidValue('metadata.finalizers', name, message)),
    ),
    ...validateDeletionFinalizers(meta.finalizers ?? []),
  ];
}

/** Labels at `field`: keys and values. */
export function validateLabels(labels: Record<string, string>, field: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...validateLabelKey(key).map(message => invalidValue(field, key, message)),
    ...validateLabelValue(value).map(message => invalidValue(field, value, message)),
  ]);
}

function validateAnnotations(annotations: Record<string, string>): FieldError[] {
  const entries = Object.entries(annotations);
  const errors = entries.flatMap(([key]) =>
    validateLabelKey(key.toLowerCase()).map(message => invalidValue('metadata.annotations', key, message)),
  );
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > maxAnnotationBytes ? [...errors, tooLong('metadata.annotations', maxAnnotationBytes)] : errors;
}

/** Kubernetes names the list, not the item. */
function validateOwnerReferences(references: readonly OwnerReference[]): FieldError[] {
  const errors = references.flatMap(validateOwnerReference);
  const controllers = references.filter(reference => reference.controller === true);
  const [first, ...others] = controllers.map(reference => `${reference.kind}/${reference.name}`);
  for (const other of others) {
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`;
    errors.push(invalidValue(ownerField, references.map(shownReference), why));
  }
  return errors;
}

const ownerField = 'metadata.ownerReferences';

function validateOwnerReference(reference: OwnerReference): FieldError[] {
  const missing = (['apiVersion', 'kind', 'name', 'uid'] as const).filter(name => !reference[name]);
  const errors = missing.map(name => {
    const why = name === 'apiVersion' ? 'version must not be empty' : 'must not be empty';
    return invalidValue(`${ownerField}.${name}`, '', why);
  });
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    const why = '/v1, Kind=Event is disallowed from being an owner';
    errors.push(invalidValue(ownerField, shownReference(reference), why));
  }
  return errors;
}

function shownReference({ apiVersion, kind, name, uid, ...rest }: OwnerReference): GoStruct {
  return new GoStruct({ apiVersion, kind, name, uid, ...rest });
}

function validateDeletionFinalizers(finalizers: readonly string[]): FieldError[] {
  if (!finalizers.includes('orphan') || !finalizers.includes('foregroundDeletion')) return [];
  const why = 'finalizer orphan and foregroundDeletion cannot be both set';
  return [invalidValue('metadata.finalizers', finalizers, why)];
}
