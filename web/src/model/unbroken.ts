/** Keeps together in sentences what reads as one: a number and its unit, a date and its time, a method and its name. */

const NO_BREAK = "\u00a0";
/** A space before one of these belongs to the number before it. */
const UNITS = "µs|ms|s|min|h|d|%|×|B|kB|MB|GB|TB|users?|workers?|requests?|runs?|processes|more";
const NUMBER_AND_UNIT = new RegExp(`(\\d) (?=(?:${UNITS})(?![\\p{L}\\p{N}]))`, "gu");
const COUNT_OF_COUNT = /(\d) of (?=\d)/g;
const DATE_AND_TIME = /(\d{4}-\d{2}-\d{2}) (?=\d{2}:\d{2})/g;
/** `GET /cart`: as `Endpoint.key` has it. */
const METHOD_AND_PATH = /(?<![\p{L}\p{N}])([A-Z]{3,}) (?=\/)/gu;
/** An arrow stands with what it leads to. */
const ARROW = / → (?=\d)/g;

/** The same sentence, with spaces that no line ends at. */
export function unbroken(sentence: string): string {
  return sentence
    .replace(COUNT_OF_COUNT, `$1${NO_BREAK}of${NO_BREAK}`)
    .replace(NUMBER_AND_UNIT, `$1${NO_BREAK}`)
    .replace(DATE_AND_TIME, `$1${NO_BREAK}`)
    .replace(METHOD_AND_PATH, `$1${NO_BREAK}`)
    .replace(ARROW, ` →${NO_BREAK}`);
}
