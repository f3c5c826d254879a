/** Clients, or the log, saw what no queue does: a message was lost, invented, handed out twice or out of order. */
export class AccountWrong extends Error {
  override readonly name = 'AccountWrong';
}
