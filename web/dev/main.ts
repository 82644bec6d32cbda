/** `npm run dev -- [world] [port]`: the built page over synthetic runs, going on each second. */

import { WORLDS, type World, world } from "./worlds";

const [name = "slow", port = "8099"] = process.argv.slice(2);
if (!(WORLDS as readonly string[]).includes(name)) {
  console.error(`no world ${name}; there are ${WORLDS.join(", ")}`);
  process.exit(2);
}
const server = world(name as World);
server.run();
console.log(await server.listen(Number(port)));
