/** Everything on offer. The plane applies it; a test walks it. */
import { bucket } from './bucket/service.ts';
import { database } from './database/service.ts';
import { operation } from './operation/service.ts';
import { postgresql } from './postgresql/service.ts';
import type { Service } from './service.ts';
import { user } from './user/service.ts';

export const services: Service[] = [postgresql, user, database, bucket, operation];
