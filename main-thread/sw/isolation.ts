/** What makes a page, and the workers of a page, cross-origin isolated. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The same answer with the headers of isolation. Answers that may not be changed stay as they are. */
export function isolated(response: Response): Response {
  // Of another origin that does not say what is in it, a redirect for the browser to follow, or a failure.
  if (response.status === 0) return response;
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  if (!headers.has("Cross-Origin-Resource-Policy")) {
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
  }
  return new Response(body, { status, statusText, headers });
}
