import { findVersitygw } from './versitygw.ts';

// Before the tests, so that not each of their processes builds it: node --import ./store/testing/typescript-hooks.js …
const found = await findVersitygw();
console.log(found.binary ?? found.reason);
process.exitCode = found.binary === null ? 1 : 0;
