/** Today's rounds, and who walks together. */
import { call, client } from "../api/client";

export async function rounds() {
  const [planned, { pairs }] = await Promise.all([
    call(client.GET("/api/schedule/rounds")),
    call(client.GET("/api/schedule/pairs")),
  ]);
  return { rounds: planned, pairs };
}
