import { expect, test } from 'vitest';
import { aDeath, aResult } from '../../../test/harness/experiment-result.ts';
import { deathsCsv } from './deaths-csv.ts';

test('every death is a line under a header; what never came is empty', () => {
  expect(deathsCsv([aResult()]).split('\r\n')).toEqual([
    'rules,seed,node,at_ms,suspect_ms,verdict_ms,recovered_ms,runs,kind',
    'ringwatch,7,node-01,1000,3000,16000,18000,1,process',
    'ringwatch,7,node-02,1000,4000,20000,22000,2,process',
    'ringwatch,7,node-03,3000000,5000,,,0,process',
    '',
  ]);
});

test('a field that would break the line is quoted', () => {
  expect(deathsCsv([aResult({ deaths: [aDeath({ nodeId: 'a"b,c' })] })])).toContain('"a""b,c"');
});
