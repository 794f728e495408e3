/* publish URL: publishes each line "SYMBOL PRICE" of standard input as a trade.
 * cc publish.c -o publish $(pkg-config --cflags --libs tickcast msgpack) */
#include <msgpack.h>
#include <stdio.h>
#include <tickcast/client.h>

static int publish(struct tickcast_client *client, const char *symbol, double price) {
    char key[80];
    int key_bytes = snprintf(key, sizeof key, "%s/Tick/TRADE", symbol);
    msgpack_sbuffer data;
    msgpack_packer packer;
    msgpack_sbuffer_init(&data);
    msgpack_packer_init(&packer, &data, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 1);
    msgpack_pack_str_with_body(&packer, "Price", 5);
    msgpack_pack_double(&packer, price);
    int result = tickcast_client_publish(client, key, (size_t)key_bytes, data.data, data.size);
    msgpack_sbuffer_destroy(&data);
    return result;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: publish URL\n"), 2;
    const struct tickcast_client_options options = {.url = argv[1]};
    struct tickcast_client *client;
    char symbol[64];
    double price;
    int result = tickcast_client_open(&options, &client);
    while (result == TICKCAST_OK && scanf("%63s %lf", symbol, &price) == 2)
        result = publish(client, symbol, price);
    if (result == TICKCAST_OK) result = tickcast_client_flush(client, 10000);
    if (result != TICKCAST_OK) fprintf(stderr, "publish: %s\n", tickcast_client_error(client));
    tickcast_client_close(client);
    return result != TICKCAST_OK;
}
