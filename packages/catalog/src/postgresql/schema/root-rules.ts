/**
 * Rules about size and version of a claim, for the root of its schema: only there can a rule see the status.
 * Sizes and versions are compared with what was accepted, not with the former wish: a slip of the pen that never took effect can be
 * taken back. A write of the status alone is never refused.
 */
import type { ValidationRule } from '@larder/kube';

const size = 'spec.parameters.resources.storageSize';
const [wantedSize, formerSize, acceptedSize] = [
  `string(self.${size})`,
  `string(oldSelf.${size})`,
  'oldSelf.status.storage.size',
];

const neverShrinks: ValidationRule = {
  rule: [
    `${wantedSize} == ${formerSize}`,
    '!has(oldSelf.status) || !has(oldSelf.status.storage)',
    `!has(${acceptedSize}) || !isQuantity(${acceptedSize}) || !isQuantity(${wantedSize})`,
    `quantity(${wantedSize}).compareTo(quantity(${acceptedSize})) >= 0`,
  ].join(' || '),
  fieldPath: `.${size}`,
  messageExpression: `'"' + ${wantedSize} + '" is less than the "' + ${acceptedSize} + '" that the instance has, and storage can not shrink: choose as much or more'`,
  message: 'storage can not shrink: choose as much as the instance has, or more',
};

const version = 'spec.parameters.updatePolicy.version';
const [wanted, running] = [`self.${version}`, 'oldSelf.status.version'];

function part(text: string, index: 0 | 1): string {
  return `int(${text}.split('.')[${index}])`;
}

const neverGoesDown: ValidationRule = {
  rule: [
    `${wanted} == oldSelf.${version}`,
    `!has(oldSelf.status) || !has(${running})`,
    `!${running}.matches('^[0-9]+[.][0-9]+$') || !${wanted}.matches('^[0-9]+([.][0-9]+)?$')`,
    `${part(wanted, 0)} > ${part(running, 0)}`,
    `(${part(wanted, 0)} == ${part(running, 0)} && (!${wanted}.contains('.') || ${part(wanted, 1)} >= ${part(running, 1)}))`,
  ].join(' || '),
  fieldPath: `.${version}`,
  messageExpression: `'"' + ${wanted} + '" is below PostgreSQL ' + ${running} + ', which runs and can not go down: keep "' + ${running} + '" or its major version'`,
  message: 'PostgreSQL can not go down below the version that runs: keep that, or its major version',
};

export const rootRules: ValidationRule[] = [neverShrinks, neverGoesDown];
