/** What this plane can't run, said before anything starts. Pure. */
import type { Container, JobSpec, PodSpec, Volume } from './types.ts';

/** Larder's own tools image, with any tag. Its one program is `larder-sql`. */
export const TOOLS_IMAGE = 'larder.dev/tools';
export const TOOLS_PROGRAM = 'larder-sql';

export interface Refusal {
  reason: 'ImageNotSupported' | 'FieldNotSupported' | 'CommandNotSupported';
  message: string;
}

/** Why a job can't run here; `undefined` when it can. */
export function findRefusal(spec: JobSpec): Refusal | undefined {
  const pod = spec.template.spec;
  return (
    refusedField(spec) ?? refusedPod(pod) ?? pod.containers.map(refusedContainer).find(Boolean) ?? refusedVolume(pod)
  );
}

const UNSUPPORTED_JOB = ['podFailurePolicy', 'successPolicy', 'backoffLimitPerIndex', 'maxFailedIndexes', 'managedBy'];

function refusedField(spec: JobSpec): Refusal | undefined {
  if (spec.completionMode === 'Indexed') return field('spec.completionMode: "Indexed"');
  const found = UNSUPPORTED_JOB.find(name => spec[name] !== undefined);
  return found === undefined ? undefined : field(`spec.${found}`);
}

function refusedPod(pod: PodSpec): Refusal | undefined {
  if ((pod.initContainers ?? []).length > 0) return field('spec.template.spec.initContainers');
  return pod.containers.length > 1 ? field('more than one container') : undefined;
}

function refusedContainer({ image = '', command = [], volumeMounts = [], env = [] }: Container): Refusal | undefined {
  if (image.split(':')[0] !== TOOLS_IMAGE)
    return {
      reason: 'ImageNotSupported',
      message: `cannot run image "${image}": this plane runs no containers, only the tools of image "${TOOLS_IMAGE}"; use that image, or a cluster`,
    };
  if (command.length > 0 && command[0] !== TOOLS_PROGRAM)
    return {
      reason: 'CommandNotSupported',
      message: `cannot run command "${command[0]}": image "${TOOLS_IMAGE}" has one program, "${TOOLS_PROGRAM}"`,
    };
  if (volumeMounts.some(mount => mount.subPath || mount.subPathExpr)) return field('volumeMounts[].subPath');
  return env.some(variable => variable.valueFrom?.resourceFieldRef)
    ? field('env[].valueFrom.resourceFieldRef')
    : undefined;
}

/** Its name becomes that of a folder. */
const VOLUME_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function refusedVolume({ volumes = [], containers }: PodSpec): Refusal | undefined {
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  const misnamed = [...volumes, ...mounted].find(({ name }) => !VOLUME_NAME.test(name));
  if (misnamed !== undefined) return field(`volume name ${JSON.stringify(misnamed.name)}: it must be a DNS label`);
  const unknown = mounted.find(({ name }) => !volumes.some(volume => volume.name === name));
  if (unknown !== undefined) return field(`volumeMount "${unknown.name}": no volume has this name`);
  const found = volumes.find(volume => !isSupported(volume));
  return found && field(`volume "${found.name}": only secret, configMap and emptyDir volumes`);
}

function isSupported(volume: Volume): boolean {
  return volume.secret !== undefined || volume.configMap !== undefined || volume.emptyDir !== undefined;
}

function field(what: string): Refusal {
  return { reason: 'FieldNotSupported', message: `cannot run this job: this plane doesn't support ${what}` };
}
