/** Users and databases on any PostgreSQL server: the reconcilers of `sql.larder.dev`. */
export * from './access/lender.ts';
export { reach, type OwnPorts, type Reach } from './access/reach.ts';
export * from './run.ts';
