/* subscribe URL STREAM...: prints what comes, until the connection ends.
 * cc subscribe.c -o subscribe $(pkg-config --cflags --libs tickcast msgpack) */
#include <msgpack.h>
#include <stdio.h>
#include <tickcast/client.h>

static void print(const struct tickcast_payload *payload) {
    msgpack_unpacked data;
    msgpack_unpacked_init(&data);
    printf("%.*s ", (int)payload->key_bytes, payload->key);
    if (msgpack_unpack_next(&data, payload->data, payload->data_bytes, NULL) > 0)
        msgpack_object_print(stdout, data.data);
    puts("");
    msgpack_unpacked_destroy(&data);
}

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: subscribe URL STREAM...\n"), 2;
    const struct tickcast_client_options options = {.url = argv[1]};
    const char *const *streams = (const char *const *)argv + 2;
    struct tickcast_client *client;
    struct tickcast_payload payload;
    int result = tickcast_client_open(&options, &client);
    if (result == TICKCAST_OK)
        result = tickcast_client_subscribe(client, streams, (size_t)argc - 2);
    if (result == TICKCAST_OK) puts("subscribed");
    fflush(stdout);
    while (result == TICKCAST_OK) {
        result = tickcast_client_receive(client, -1, &payload);
        if (result == TICKCAST_OK) print(&payload);
        fflush(stdout);
    }
    fprintf(stderr, "subscribe: %s\n", tickcast_client_error(client));
    tickcast_client_close(client);
    return 1;
}
