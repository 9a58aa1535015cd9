import { z } from 'zod';

/** A version that an endpoint should serve, and where its files lie on this machine. */
const aspiredShare = z.object({
  model: z.string(),
  version: z.number().int().positive(),
  percent: z.number().min(0).max(100),
  digest: z.string(),
  path: z.string(),
});

export const aspiredEndpoint = z.object({
  name: z.string(),
  generation: z.number().int().nonnegative(),
  updatedAt: z.number(),
  shares: z.array(aspiredShare),
});

export type AspiredShare = Readonly<z.infer<typeof aspiredShare>>;

/** What an endpoint should be like, with all that is needed to bring it about when the store is away. */
export type AspiredEndpoint = Readonly<Omit<z.infer<typeof aspiredEndpoint>, 'shares'>> & {
  readonly shares: readonly AspiredShare[];
};
