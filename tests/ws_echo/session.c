/* Stands in for src/shard/session.c: what comes in goes out again, with the opcode it had. */
#include "shard/conn.h"

void session_message(struct conn *conn, const struct ws_message *message) {
    count_add(&conn->shard->stats.requests, 1);
    conn_answer(conn, message->opcode, message->payload, message->bytes);
}
