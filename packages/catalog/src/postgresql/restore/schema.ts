/** `spec.parameters.restore` of a PostgreSQLInstance: whose backup it begins with. */
import type { Schema, ValidationRule } from '@larder/kube';
import { shaped } from '../schema/rules.ts';

export const restoreSchema: Schema = {
  type: 'object',
  description:
    'Begin with a backup of another claim of this namespace, also of one that is deleted. It can not change: what is in the server then is its own.',
  properties: {
    claimName: shaped({
      description: 'The claim whose backups are looked at.',
      pattern: '^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$',
      maxLength: 63,
      remedy: 'no name of a claim: larder backups lists those that have backups',
    }),
    compositeName: shaped({
      description: 'Which of several instances that a claim of this name has had; larder backups --deleted lists them.',
      pattern: '^[a-z]([-a-z0-9]{0,42}[a-z0-9])?$',
      maxLength: 63,
      remedy: 'no name of an instance: larder backups --deleted lists them',
    }),
    backupName: shaped({
      description: 'A certain backup, to the end of the WAL. Default: the newest that fits.',
      pattern: '^[0-9]{8}T[0-9]{6}$',
      maxLength: 32,
      remedy: 'no name of a backup: it is like 20261123T001148, and larder backups lists them',
    }),
    pointInTime: shaped({
      description: 'The moment to come back to, such as 2026-11-23T10:15:00Z. Default: the newest state.',
      pattern:
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$',
      maxLength: 40,
      remedy: 'no moment: write date, time and zone such as 2026-11-23T10:15:00Z',
    }),
  },
  'x-kubernetes-validations': [
    {
      rule: 'has(self.claimName) || has(self.compositeName)',
      message: 'needs claimName or compositeName: larder backups lists what can be restored',
    },
    {
      rule: '!has(self.backupName) || !has(self.pointInTime)',
      fieldPath: '.backupName',
      message: 'can not be beside pointInTime, which chooses the backup: remove one of them',
    },
  ],
};

/** On `spec.parameters`: only there can a rule see that the field comes or goes. */
export const restoreStays: ValidationRule = {
  rule: 'has(self.restore) == has(oldSelf.restore) && (!has(self.restore) || self.restore == oldSelf.restore)',
  fieldPath: '.restore',
  message: 'can not change once the claim is made: delete the claim and make another, or restore into a new one',
};
