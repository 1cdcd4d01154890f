/** Fields that users and databases share. */
import type { Schema } from '@larder/kube';
import { shaped } from '../postgresql/schema/rules.ts';

export const secretName: Schema = shaped({
  description:
    'The connection secret of the server, in the namespace of the claim: any PostgreSQL, also one that Larder did not make.',
  pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
  maxLength: 253,
  remedy: 'no name of a secret: write it as in kubectl get secret, such as postgres1-connection',
});

/** A role or a database: any characters, but the names that are PostgreSQL's or Larder's own. */
export function sqlName(description: string, noun: string): Schema {
  const reserved = `${noun} that is reserved: names with pg_ and larder are, and postgres, public, template0 and template1; choose another`;
  return {
    type: 'string',
    description,
    minLength: 1,
    maxLength: 63,
    'x-kubernetes-validations': [
      {
        rule: `!self.matches('^([pP][gG]_|[lL][aA][rR][dD][eE][rR])') && !(self in ['postgres', 'public', 'template0', 'template1'])`,
        messageExpression: `'"' + self + '" is a name of a ${reserved}'`,
        message: `is a name of a ${reserved}`,
      },
    ],
  };
}

/** A database that is there already, `postgres` for one. */
export const databaseName: Schema = { type: 'string', minLength: 1, maxLength: 63, description: 'The database.' };

export const adopt: Schema = {
  type: 'boolean',
  default: false,
  description: 'Take over what exists already under that name. What was taken over is never dropped.',
};
