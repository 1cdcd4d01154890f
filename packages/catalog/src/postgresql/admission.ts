/**
 * Rules about PostgreSQLInstance claims that their schema can't hold. Sizes and versions are compared with what was accepted
 * (in `status`), not with the former wish: a slip of the pen that never took effect can be taken back.
 */
import { isQuantity, parseQuantity, type AdmissionRule, type KubeObject, type Refusal } from '@larder/kube';
import { fieldAt, textOf } from './fields.ts';
import { compareVersions, isVersionWish } from './versions/versions.ts';

/** 38 characters and Crossplane's six make StackGres' limit of 44. */
export const claimNamePattern = /^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$/;

const claims = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance' };

export const admission: AdmissionRule[] = [
  { ...claims, operations: ['CREATE'], refuse: refuseName },
  { ...claims, operations: ['UPDATE'], refuse: refuseShrinking },
  { ...claims, operations: ['UPDATE'], refuse: refuseDowngrade },
  { ...claims, operations: ['DELETE'], refuse: refuseDeletion },
];

function refuseName(claim: KubeObject): Refusal | undefined {
  const { name } = claim.metadata;
  if (claimNamePattern.test(name)) return undefined;
  const message =
    'the name of a claim has at most 38 characters, lower-case letters, digits and hyphens, starts with a letter and ends with a letter or digit: choose another name';
  return { reason: 'Invalid', field: 'metadata.name', value: name, message };
}

function refuseShrinking(claim: KubeObject, before?: KubeObject): Refusal | undefined {
  const field = 'spec.parameters.resources.storageSize';
  const [wanted, accepted] = [textAt(claim, field), textAt(before, 'status.storage.size')];
  if (!isQuantity(wanted) || !isQuantity(accepted)) return undefined;
  if (parseQuantity(wanted).compare(parseQuantity(accepted)) >= 0) return undefined;
  const message = `storage can not shrink below the present ${accepted}: keep ${accepted} or choose more`;
  return { reason: 'Invalid', field, value: wanted, message };
}

function refuseDowngrade(claim: KubeObject, before?: KubeObject): Refusal | undefined {
  const field = 'spec.parameters.updatePolicy.version';
  const [wanted, running] = [textAt(claim, field), textAt(before, 'status.version')];
  if (!isVersionWish(wanted) || !isVersionWish(running) || compareVersions(wanted, running) >= 0) return undefined;
  const message = `PostgreSQL ${running} runs and can not go down: keep ${running}, or restore into a new instance`;
  return { reason: 'Invalid', field, value: wanted, message };
}

function refuseDeletion(claim: KubeObject): Refusal | undefined {
  if (fieldAt(claim, 'spec.parameters.deletionProtection') !== true) return undefined;
  const { namespace = '', name } = claim.metadata;
  const message = `PostgreSQLInstance "${name}" in namespace "${namespace}" is protected: set spec.parameters.deletionProtection to false first`;
  return { reason: 'Forbidden', message };
}

function textAt(object: KubeObject | undefined, path: string): string {
  return textOf(fieldAt(object, path));
}
