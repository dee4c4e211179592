declare module "virtual:site-facts" {
  /** What was known when the site was built. */
  const facts: {
    /** Of the package beside the site. */
    version: string;
    /** The first digits of a hash over the package's scripts and wasm. */
    fingerprint: string;
    /** The README's table of benchmarks. */
    figures: import("../build/figures.ts").Figure[];
  };
  export default facts;
}
