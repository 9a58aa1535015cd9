/** The pipeline that `millrace init` writes. */
export const pipelineSource = `import { readFile } from 'node:fs/promises';
import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

const Order = z.object({ customer: z.string(), amount: z.number() });
const Total = z.object({ customer: z.string(), orders: z.number(), amount: z.number() });

// A contract first: what goes in, what comes out. The handler after it is checked against both.
export const load = defineStep({
  name: 'load',
  input: z.object({ source: z.string() }),
  output: z.object({ orders: z.array(Order) }),
  sources: ['source'], // outside data: when the file changes, what was cached for it no longer counts
}).implement(async ({ input, task }) => {
  const [, ...lines] = (await readFile(input.source, 'utf8')).trim().split('\\n');
  const orders = lines.map((line) => {
    const [, customer = '', , amount = '0'] = line.split(',');
    return { customer, amount: Number(amount) };
  });
  task.log.info(\`read \${orders.length} orders\`);
  return { orders };
});

export const summarise = defineStep({
  name: 'summarise',
  input: z.object({ orders: z.array(Order) }),
  output: z.object({ totals: z.array(Total) }),
}).implement(async ({ input }) => {
  const totals = new Map<string, z.infer<typeof Total>>();
  for (const { customer, amount } of input.orders) {
    const total = totals.get(customer) ?? { customer, orders: 0, amount: 0 };
    totals.set(customer, { customer, orders: total.orders + 1, amount: total.amount + amount });
  }
  return { totals: [...totals.values()] };
});

export const best = defineStep({
  name: 'best',
  input: z.object({ totals: z.array(Total), atLeast: z.number() }),
  output: z.object({ customers: z.array(z.string()) }),
}).implement(async ({ input, task }) => {
  const customers = input.totals.filter(({ amount }) => amount >= input.atLeast).map(({ customer }) => customer);
  task.metrics({ customers: customers.length });
  return { customers };
});

// Calling a step records a task; the values are references that tsc checks from step to step.
export default definePipeline(
  {
    name: 'best-customers',
    params: z.object({
      source: z.string().meta({ format: 'path' }).default('orders.csv'),
      atLeast: z.number().default(550),
    }),
  },
  ({ params }) => {
    const { orders } = load({ source: params.source });
    const { totals } = summarise({ orders });
    return best({ totals, atLeast: params.atLeast });
  },
);
`;
