/** What each step does: nothing, with the shape of a real one. */
export async function noop(input: { readonly value: number }): Promise<{ value: number }> {
  return { value: input.value + 1 };
}
