/** What Go calls the types of built-in kinds: its decoder's texts name them, and so do ours. Pure. */
import type { Schema } from '@larder/kube';

/** Structs whose name doesn't follow from their field's. */
const structs: Record<string, string> = {
  metadata: 'ObjectMeta',
  template: 'PodTemplateSpec',
  jobTemplate: 'JobTemplateSpec',
  env: 'EnvVar',
  valueFrom: 'EnvVarSource',
  envFrom: 'EnvFromSource',
  ports: 'ContainerPort',
  initContainers: 'Container',
  resources: 'ResourceRequirements',
  livenessProbe: 'Probe',
  readinessProbe: 'Probe',
  startupProbe: 'Probe',
  httpGet: 'HTTPGetAction',
  imagePullSecrets: 'LocalObjectReference',
  secrets: 'ObjectReference',
  involvedObject: 'ObjectReference',
  regarding: 'ObjectReference',
  related: 'ObjectReference',
  source: 'EventSource',
  deprecatedSource: 'EventSource',
  series: 'EventSeries',
  selector: 'LabelSelector',
  matchExpressions: 'LabelSelectorRequirement',
  configMap: 'ConfigMapVolumeSource',
  secret: 'SecretVolumeSource',
  emptyDir: 'EmptyDirVolumeSource',
  hostPath: 'HostPathVolumeSource',
  projected: 'ProjectedVolumeSource',
  items: 'KeyToPath',
  managedFields: 'ManagedFieldsEntry',
  resourceAttributes: 'ResourceAttributes',
  nonResourceAttributes: 'NonResourceAttributes',
  versions: 'CustomResourceDefinitionVersion',
  names: 'CustomResourceDefinitionNames',
};

/** The struct that the field at the end of `path` holds, in a struct called `parent`; a map has none of its own. */
export function goStructOf(parent: string, path: string, schema: Schema): string {
  if (schema.additionalProperties !== undefined) return parent;
  const field = lastOf(path);
  if (field === 'spec') return `${parent.replace(/TemplateSpec$/, '')}Spec`;
  if (field === 'status') return `${parent}Status`;
  return structs[field] ?? singular(capitalised(field));
}

/** `map[string]string`, `[]v1.Container`, `int32`: of the field at the end of `path`, in a struct called `parent`. */
export function goTypeOf(schema: Schema, parent: string, path: string): string {
  const { type, format, items, additionalProperties: others } = schema;
  switch (type) {
    case 'integer':
      return format ?? 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${items === undefined ? 'string' : goTypeOf(items, parent, path)}`;
    case 'object':
      if (typeof others === 'object') return `map[string]${goTypeOf(others, parent, path)}`;
      return `v1.${goStructOf(parent, path, schema)}`;
    case 'string':
      return format === 'byte' ? '[]uint8' : 'string';
    case undefined:
      return 'resource.Quantity';
  }
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
const capitalised = (field: string): string => field.slice(0, 1).toUpperCase() + field.slice(1);
const singular = (name: string): string => name.replace(/(?<!s)s$/, '');
