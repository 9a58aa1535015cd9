import { z } from 'zod';
import type { SecretVersion } from '../../store/metadata/secret-table.ts';
import type { Resealed } from '../../store/secrets/reseal.ts';

export const secretVersionSchema: z.ZodType<SecretVersion> = z.object({
  name: z.string(),
  version: z.int(),
  keyId: z.string(),
  setAt: z.number(),
  setBy: z.string(),
});
export const secretListSchema = z.object({ items: z.array(secretVersionSchema) });
export type SecretList = z.infer<typeof secretListSchema>;

export const resealedSchema: z.ZodType<Resealed> = z.object({
  keyId: z.string(),
  resealed: z.int(),
  left: z.int(),
  others: z.int(),
});

/** A task that reads a secret which workers that may get it do not have. */
export const missingSecretSchema = z.object({
  pipeline: z.string(),
  task: z.string(),
  secret: z.string(),
  message: z.string(),
});
export type MissingSecret = Readonly<z.infer<typeof missingSecretSchema>>;
export const missingSecretListSchema = z.object({ items: z.array(missingSecretSchema) });
export type MissingSecretList = z.infer<typeof missingSecretListSchema>;

const LONGEST = 65_536;

export const setSecretSchema = z.strictObject({
  value: z
    .string()
    .min(1)
    .max(LONGEST)
    // Variables of an environment, by which commands get it, end there.
    .refine((value) => !value.includes('\0'), 'has to be without a NUL character'),
});
