import type { Request, Response } from 'express';
import type { z } from 'zod';
import { zodText } from '../../ir/zod-text.ts';
import { ApiProblem } from './problem.ts';

/** The body or query of a request, checked. @throws ApiProblem `invalidRequest` that names each field. */
export function accept<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const parts = result.error.issues.map((issue) => ({
    at: issue.path.join('.') || '(body)',
    message: zodText(issue),
  }));
  throw new ApiProblem('invalidRequest', parts.map((part) => `${part.at}: ${part.message}`).join('; '), { parts });
}

/** Answers with exactly what the schema says: what it does not name never leaves the server. */
export function reply<T>(response: Response, schema: z.ZodType<T>, value: T, status = 200): void {
  response.status(status).json(schema.parse(value));
}

/** A parameter of the route's path. */
export function pathParam(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value === 'string') return value;
  throw new ApiProblem('invalidRequest', `The path lacks its ${name}.`);
}
