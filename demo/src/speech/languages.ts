/** The languages of multilingual Whisper models, by the codes that the models have for them. */
const CODES =
  "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy " +
  "sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo " +
  "uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue";

/** Codes that have since been replaced by others. */
const RENAMED: { [code: string]: string } = { jw: "jv" };

const NAMES = new Intl.DisplayNames("en", { type: "language" });

export interface Language {
  code: string;
  name: string;
}

/** The English name of a language, or its code if it has none. */
export function languageName(code: string): string {
  try {
    return NAMES.of(RENAMED[code] ?? code) ?? code;
  } catch {
    return code;
  }
}

/** Languages by name; without codes, every one that Whisper knows. */
export function languagesOf(codes: readonly string[] = CODES.split(" ")): Language[] {
  return codes
    .map((code) => ({ code, name: languageName(code) }))
    .sort((a, b) => a.name.localeCompare(b.name, "en"));
}
