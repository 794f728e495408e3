// A program with a broker inside, to which it also subscribes: it prints ten prices and ends.
#include <tickcast/client.h>
#include <tickcast/tickcast.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

struct Release {
    void operator()(tickcast_broker *broker) const { tickcast_broker_free(broker); }
    void operator()(tickcast_client *client) const { tickcast_client_close(client); }
};
using Broker = std::unique_ptr<tickcast_broker, Release>;
using Client = std::unique_ptr<tickcast_client, Release>;

static int check(int result) {
    if (result < 0) throw std::runtime_error(tickcast_strerror(result));
    return result;
}

static void check(int result, const Client &client) {
    if (result < 0) throw std::runtime_error(tickcast_client_error(client.get()));
}

static Broker make_broker() {
    tickcast_options options;
    tickcast_options_init(&options);
    options.workers = 1;
    tickcast_broker *broker;
    check(tickcast_broker_new(&options, &broker));
    return Broker(broker);
}

static Client make_client(const std::string &url) {
    tickcast_client_options options{};
    options.url = url.c_str();
    tickcast_client *client;
    check(tickcast_client_open(&options, &client));
    return Client(client);
}

// A number as msgpack has it: 0xcb, then the double with its highest byte first.
static std::array<char, 9> pack(double price) {
    std::array<char, 9> data{'\xcb'};
    std::uint64_t bits;
    std::memcpy(&bits, &price, sizeof bits);
    for (int i = 0; i < 8; i++) data[i + 1] = static_cast<char>(bits >> (56 - 8 * i));
    return data;
}

static double unpack(const tickcast_payload &payload) {
    const auto *data = static_cast<const unsigned char *>(payload.data);
    if (payload.data_bytes != 9 || data[0] != 0xcb) throw std::runtime_error("not a price");
    std::uint64_t bits = 0;
    for (int i = 1; i < 9; i++) bits = bits << 8 | data[i];
    double price;
    std::memcpy(&price, &bits, sizeof price);
    return price;
}

static void publish(tickcast_broker *broker) {
    static constexpr std::string_view key = "AAPL/Tick/TRADE";
    for (int i = 0; i < 10; i++) {
        const auto data = pack(226 + i / 4.0);
        while (tickcast_push(broker, key.data(), key.size(), data.data(), data.size()) ==
               TICKCAST_EAGAIN)
            tickcast_wait(broker, -1);
    }
}

int main() try {
    Broker broker = make_broker();
    tickcast_listener listener{};
    listener.host = "127.0.0.1"; // and a port that the kernel chooses
    const int number = check(tickcast_broker_listen(broker.get(), &listener));
    check(tickcast_broker_start(broker.get()));

    const auto port = tickcast_broker_port(broker.get(), number);
    Client client = make_client("ws://127.0.0.1:" + std::to_string(port));
    const char *stream = "*/Tick/TRADE";
    check(tickcast_client_subscribe(client.get(), &stream, 1), client);

    std::thread publisher(publish, broker.get());
    struct Join {
        std::thread &thread;
        ~Join() { thread.join(); }
    } join{publisher};
    for (int i = 0; i < 10; i++) {
        tickcast_payload payload;
        check(tickcast_client_receive(client.get(), 10000, &payload), client);
        std::cout << std::string_view(payload.key, payload.key_bytes) << ' ' << unpack(payload)
                  << std::endl;
    }
} catch (const std::exception &error) {
    std::cerr << "embed: " << error.what() << std::endl;
    return 1;
}
