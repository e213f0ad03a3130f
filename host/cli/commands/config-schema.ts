/** `kizashi config schema`: JSON Schema of the configuration file or of a motor file, for editors that complete and check YAML. */
import { z } from 'zod';
import { motorSchema } from '../../motors/index.js';
import { settingsSchema } from '../settings.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  const schema = z.toJSONSchema(options.motor === true ? motorSchema : settingsSchema, { io: 'input' });
  if (out.json) out.result({ schema_of: options.motor === true ? 'motor' : 'configuration', json_schema: schema });
  else out.raw(`${JSON.stringify(schema, null, 2)}\n`);
  return 0;
};
