/** The rule about the names of claims, for the root of their schemas: only there can a rule see the name. */
import type { ValidationRule } from '@larder/kube';

/** 38 characters and Crossplane's six make StackGres' limit of 44. */
const pattern = '^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$';

const remedy =
  'the name of a claim has at most 38 characters, lower-case letters, digits and hyphens, starts with a letter and ends with a letter or digit: choose another name';

/** @param kind of the claim: the composite's name is longer */
export function claimName(kind: string): ValidationRule {
  return {
    rule: `self.kind != '${kind}' || self.metadata.name.matches('${pattern}')`,
    fieldPath: '.metadata.name',
    // A real API server doesn't show the value of a rule about metadata.
    messageExpression: `'"' + self.metadata.name + '": ${remedy}'`,
    message: remedy,
  };
}
