/** What an Event must be beyond its schema: in the namespace of what it is about; complete and settled in the newer group. */
import {
  equalJson,
  invalidValue,
  required,
  validateLabelKey,
  type FieldError,
  type JsonObject,
  type KubeObject,
} from '@larder/kube';
import type { Strategy } from '../rest/api.ts';
import { objectIn, textIn } from './read-fields.ts';

const newer = 'events.k8s.io/v1';

export const eventStrategy: Strategy = {
  validate(object: KubeObject, old: KubeObject | undefined): FieldError[] {
    const errors = [...validateNamespace(object), ...validateReporter(object)];
    if (object.apiVersion !== newer) return errors;
    return [...errors, ...(old === undefined ? validateNew(object) : validateUnchanged(object, old))];
  },
};

function validateNamespace(object: JsonObject & KubeObject): FieldError[] {
  const about = textIn(objectIn(object, object.apiVersion === newer ? 'regarding' : 'involvedObject'), 'namespace');
  // What has no namespace is reported in `default`, or where its reporter lives.
  if (about === '' || about === object.metadata.namespace) return [];
  return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

/** Who says when it happened says who it is, and what was done. */
function validateReporter(object: KubeObject): FieldError[] {
  if (textIn(object, 'eventTime') === '') return [];
  const controller = textIn(object, object.apiVersion === newer ? 'reportingController' : 'reportingComponent');
  const names =
    controller === ''
      ? [required('reportingController')]
      : validateLabelKey(controller).map(problem => invalidValue('reportingController', controller, problem));
  const missing = ['reportingInstance', 'action', 'reason'].filter(field => textIn(object, field) === '');
  return [...names, ...missing.map(field => required(field))];
}

function validateNew(object: KubeObject): FieldError[] {
  const type = textIn(object, 'type');
  return [
    ...(textIn(object, 'eventTime') === '' ? [required('eventTime')] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalidValue('type', '', `has invalid value: ${type}`)]),
  ];
}

/** Only its series goes on. The names are those of core events. */
const settled: Record<string, string> = {
  regarding: 'involvedObject',
  reason: 'reason',
  note: 'message',
  related: 'related',
  type: 'type',
  reportingController: 'reportingController',
  reportingInstance: 'reportingInstance',
  action: 'action',
  eventTime: 'eventTime',
};

function validateUnchanged(object: KubeObject, old: KubeObject): FieldError[] {
  return Object.entries(settled)
    .filter(([field]) => !equalJson(object[field] ?? null, old[field] ?? null))
    .map(([field, name]) => invalidValue(name, object[field] ?? null, 'field is immutable'));
}
