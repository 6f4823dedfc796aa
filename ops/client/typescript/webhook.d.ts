/**
 * The id of a webhook that is the switch's; of any other it throws, and you answer 401. Body is what came, to the byte:
 * JSON that was read and written again is another. Keys are the endpoint's secret (whsec_) or its public key (whpk_); whoever
 * changes keys gives both for a day. The id is the event's for ever: who has it already, has been told twice.
 */
export function verifyWebhook(
  headers: Headers | Record<string, string | undefined>,
  body: string | Uint8Array | ArrayBuffer,
  keys: string[],
  now?: Date,
): Promise<string>;
