/** What a Job's spec must be, its own or a CronJob's template, with Kubernetes' texts and in its order. Pure. */
import {
  equalJson,
  invalidValue,
  notSupported,
  required,
  type FieldError,
  type JsonObject,
  type KubeObject,
} from '@larder/kube';
import { validatePodTemplate } from './pod-template.ts';
import { objectIn, textIn } from './read-fields.ts';

const natural = 'must be greater than or equal to 0';

/** Numbers that may be absent, but not negative. */
export function validateNatural(object: JsonObject, names: readonly string[], field: string): FieldError[] {
  return names.flatMap(name => {
    const value = object[name];
    return typeof value === 'number' && value < 0 ? [invalidValue(`${field}.${name}`, value, natural)] : [];
  });
}

/** @param field where it is: `spec` */
export function validateJobSpec(spec: JsonObject, field: string): FieldError[] {
  const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];
  const template = objectIn(spec, 'template');
  return [
    ...validateNatural(spec, counts, field),
    ...validateMode(spec, field),
    ...validatePodTemplate(template, `${field}.template`),
    ...validateRestart(textIn(objectIn(template, 'spec'), 'restartPolicy'), `${field}.template.spec.restartPolicy`),
  ];
}

const modes = ['NonIndexed', 'Indexed'];

function validateMode(spec: JsonObject, field: string): FieldError[] {
  const mode = textIn(spec, 'completionMode');
  if (mode !== '' && !modes.includes(mode)) return [notSupported(`${field}.completionMode`, mode, modes)];
  if (mode !== 'Indexed' || spec.completions !== undefined) return [];
  return [required(`${field}.completions`, 'when completion mode is Indexed')];
}

/** A job ends: its pods may not be started for ever. */
function validateRestart(policy: string, at: string): FieldError[] {
  if (policy === 'OnFailure' || policy === 'Never') return [];
  if (policy === 'Always' || policy === '') return [required(at, 'valid values: "OnFailure", "Never"')];
  return [notSupported(at, policy, ['OnFailure', 'Never'])];
}

const controllerUid = 'batch.kubernetes.io/controller-uid';

/** A job finds its own pods, and no others. */
export function validateSelector({ metadata, spec }: KubeObject & { spec?: JsonObject }): FieldError[] {
  const { manualSelector, selector } = spec ?? {};
  const labels = objectIn(objectIn(objectIn(spec ?? {}, 'template'), 'metadata'), 'labels');
  const wanted = objectIn((selector ?? {}) as JsonObject, 'matchLabels');
  const errors: FieldError[] = [];
  if (selector === undefined) errors.push(required('spec.selector'));
  else if (manualSelector !== true && !equalJson(wanted, { [controllerUid]: metadata.uid })) {
    errors.push(invalidValue('spec.selector', selector, '`selector` not auto-generated'));
  }
  const matches = selector !== undefined && Object.entries(wanted).every(([key, value]) => labels[key] === value);
  if (matches) return errors;
  const shown = Object.keys(labels).length === 0 ? null : labels;
  const why = '`selector` does not match template `labels`';
  return [...errors, invalidValue('spec.template.metadata.labels', shown, why)];
}

/** What of a job stays as it is. */
export function validateJobChange(spec: JsonObject, old: JsonObject): FieldError[] {
  const settled = ['selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy'];
  return [
    ...validateCompletions(spec, old),
    ...settled.filter(name => !equalJson(spec[name] ?? null, old[name] ?? null)).map(name => immutable(name, spec)),
  ];
}

/** An indexed job may grow and shrink with its parallelism. */
function validateCompletions(spec: JsonObject, old: JsonObject): FieldError[] {
  if (spec.completions === old.completions) return [];
  if (spec.completionMode !== 'Indexed') return [immutable('completions', spec)];
  if (spec.completions === spec.parallelism) return [];
  return [
    invalidValue('spec.completions', spec.completions ?? null, 'can only be modified in tandem with spec.parallelism'),
  ];
}

const immutable = (name: string, spec: JsonObject): FieldError =>
  invalidValue(`spec.${name}`, spec[name] ?? null, 'field is immutable');
