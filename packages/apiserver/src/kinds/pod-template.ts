/** What Kubernetes fills into a pod and asks of it, wherever a pod is described. */
import {
  invalidValue,
  isJsonObject,
  notSupported,
  required,
  validateLabels,
  type FieldError,
  type JsonObject,
  type KubeObject,
} from '@larder/kube';
import { validateContainers } from './containers.ts';
import { objectIn, objectsIn, textIn } from './read-fields.ts';
import { validateVolumes } from './volumes.ts';

/** Changes `podSpec`. */
export function fillPod(podSpec: unknown): void {
  if (!isJsonObject(podSpec)) return;
  for (const container of [...objectsIn(podSpec, 'containers'), ...objectsIn(podSpec, 'initContainers')]) {
    // An image without a tag, or with `latest`, may be another one tomorrow: it is pulled each time.
    container.imagePullPolicy ||= isLatest(textIn(container, 'image')) ? 'Always' : 'IfNotPresent';
  }
  for (const volume of objectsIn(podSpec, 'volumes')) {
    if (Object.keys(volume).every(key => key === 'name')) volume.emptyDir = {};
  }
}

function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^/:]*)$/.exec(image)?.[1] ?? '';
  return tag === '' || tag === 'latest';
}

/** What lies at `path` below the object's spec; `undefined` where something on the way is no object. */
export function belowSpec(object: KubeObject, ...path: string[]): JsonObject | undefined {
  let at: unknown = (object as { spec?: unknown }).spec;
  for (const field of path) at = isJsonObject(at) ? at[field] : undefined;
  return isJsonObject(at) ? at : undefined;
}

/** @param field where the template is: `spec.template` */
export function validatePodTemplate(template: JsonObject, field: string): FieldError[] {
  const labels = objectIn(objectIn(template, 'metadata'), 'labels') as Record<string, string>;
  return [
    ...validateLabels(labels, `${field}.labels`),
    ...validatePodSpec(objectIn(template, 'spec'), `${field}.spec`),
  ];
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** @param field where it is: `spec` */
export function validatePodSpec(pod: JsonObject, field: string): FieldError[] {
  const volumes = new Set(objectsIn(pod, 'volumes').map(volume => textIn(volume, 'name')));
  const names = new Set<string>();
  const containers = objectsIn(pod, 'containers');
  const [restartPolicy, dnsPolicy] = [textIn(pod, 'restartPolicy'), textIn(pod, 'dnsPolicy')];
  const among = { volumes, names };
  return [
    ...validateVolumes(objectsIn(pod, 'volumes'), `${field}.volumes`),
    ...(containers.length === 0 ? [required(`${field}.containers`)] : []),
    ...validateContainers({ containers, field: `${field}.containers`, ...among }),
    ...validateContainers({
      ...{ containers: objectsIn(pod, 'initContainers'), field: `${field}.initContainers` },
      ...among,
    }),
    ...(['', ...restartPolicies].includes(restartPolicy)
      ? []
      : [notSupported(`${field}.restartPolicy`, restartPolicy, restartPolicies)]),
    ...(['', ...dnsPolicies].includes(dnsPolicy) ? [] : [notSupported(`${field}.dnsPolicy`, dnsPolicy, dnsPolicies)]),
    ...validateDeadline(pod, `${field}.activeDeadlineSeconds`),
  ];
}

function validateDeadline({ activeDeadlineSeconds: seconds }: JsonObject, at: string): FieldError[] {
  if (typeof seconds !== 'number' || (seconds >= 1 && seconds <= 2_147_483_647)) return [];
  return [invalidValue(at, seconds, 'must be between 1 and 2147483647, inclusive')];
}
