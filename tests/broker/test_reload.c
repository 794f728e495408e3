/* Certificates that are replaced while a broker runs. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../net/issue.h"
#include "stage.h"

struct site {
    struct tickcast_options options;
    struct tickcast_broker *broker;
    char folder[ISSUE_FOLDER_BYTES], cert[ISSUE_PATH_BYTES], key[ISSUE_PATH_BYTES];
    struct tickcast_certificate certificate;
    struct tickcast_tls tls;
    char said[4096];
    int number, port;
};

static void take_line(void *arg, int level, const char *line) {
    struct site *site = arg;
    size_t used = strlen(site->said);
    if (level <= 2) snprintf(site->said + used, sizeof site->said - used, "%s\n", line);
}

static void site_open(struct site *site) {
    *site = (struct site){.tls.certificates = &site->certificate, .tls.certificate_count = 1};
    issue_folder(site->folder);
    issue_cert(site->folder,
               (struct issue){.name = "first", .subject = "first", .names = "IP:127.0.0.1"});
    issue_path(site->folder, "first", "pem", site->cert);
    issue_path(site->folder, "first", "key", site->key);
    site->certificate = (struct tickcast_certificate){site->cert, site->key};
    tickcast_options_init(&site->options);
    site->options.log = take_line;
    site->options.log_arg = site;
    cr_assert(tickcast_broker_new(&site->options, &site->broker) == TICKCAST_OK);
    site->number = tickcast_broker_listen(
        site->broker, &(struct tickcast_listener){.host = "127.0.0.1", .tls = &site->tls});
    cr_assert(site->number >= 0);
    site->port = tickcast_broker_port(site->broker, site->number);
    cr_assert(tickcast_broker_start(site->broker) == TICKCAST_OK);
}

static void site_close(struct site *site) {
    tickcast_broker_free(site->broker);
    issue_remove(site->folder);
}

/* A connection whose server is vouched for by the certificate `name`; NULL if it is not. */
static struct client *connect_to(const struct site *site, const char *name) {
    char url[64], ca[ISSUE_PATH_BYTES];
    struct client *client = client_new();
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/ws", site->port);
    struct client_options options = {.url = url,
                                     .files = {.ca = issue_path(site->folder, name, "pem", ca)}};
    if (client_connect(client, &options) == CLIENT_OK) return client;
    client_free(client);
    return NULL;
}

static void expect_served(const struct site *site, const char *name, const char *not_served) {
    struct client *client = connect_to(site, name);
    cr_expect(client != NULL, "%s is not served", name);
    client_free(client);
    client = connect_to(site, not_served);
    cr_expect(client == NULL, "%s is served", not_served);
    client_free(client);
}

Test(reload, new_connections_get_the_new_certificate_and_old_ones_stay) {
    struct site site;
    struct client_message message;
    site_open(&site);
    issue_cert(site.folder,
               (struct issue){.name = "second", .subject = "second", .names = "IP:127.0.0.1"});
    struct client *old = connect_to(&site, "first");
    cr_assert(old != NULL);
    issue_path(site.folder, "second", "pem", site.cert);
    issue_path(site.folder, "second", "key", site.key);
    cr_assert(tickcast_broker_reload(site.broker, site.number, &site.tls) == TICKCAST_OK);
    cr_expect(strstr(site.said, "now served is") != NULL &&
                  strstr(site.said, "second.pem, valid until") != NULL,
              "%s", site.said);
    expect_served(&site, "second", "first");
    const char *stream = "A/B/C";
    void *request;
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    client_queue(old, WS_BINARY, request, bytes);
    cr_expect(client_receive(old, WAIT_MS, -1, &message) == CLIENT_MESSAGE);
    free(request);
    client_free(old);
    site_close(&site);
}

Test(reload, a_bad_file_keeps_the_old_certificate_and_says_so) {
    struct site site;
    site_open(&site);
    issue_cert(site.folder,
               (struct issue){.name = "second", .subject = "second", .names = "IP:127.0.0.1"});
    issue_path(site.folder, "second", "pem", site.cert);
    cr_assert(tickcast_broker_reload(site.broker, site.number, &site.tls) == TICKCAST_ETLS);
    cr_expect(strstr(site.said, "private key does not belong to the certificate: ") != NULL, "%s",
              site.said);
    cr_expect(strstr(site.said, "still served is ") != NULL &&
                  strstr(site.said, "first.pem, valid until") != NULL,
              "%s", site.said);
    strcpy(site.cert, "/nonexistent");
    cr_assert(tickcast_broker_reload(site.broker, site.number, &site.tls) == TICKCAST_ETLS);
    cr_expect(strstr(site.said, "certificate /nonexistent: ") != NULL, "%s", site.said);
    expect_served(&site, "first", "second");
    site_close(&site);
}

Test(reload, what_is_no_TLS_listener_or_not_whole_is_not_allowed) {
    struct site site;
    int port;
    site_open(&site);
    cr_expect(tickcast_broker_reload(site.broker, -1, &site.tls) == TICKCAST_EINVAL);
    cr_expect(tickcast_broker_reload(site.broker, 1, &site.tls) == TICKCAST_EINVAL);
    cr_expect(tickcast_broker_reload(site.broker, site.number, NULL) == TICKCAST_EINVAL);
    struct tickcast_tls tls = site.tls;
    tls.certificate_count = 0;
    cr_expect(tickcast_broker_reload(site.broker, site.number, &tls) == TICKCAST_EINVAL);
    tls = site.tls;
    tls.client_auth = TICKCAST_CLIENT_AUTH_REQUIRED;
    cr_expect(tickcast_broker_reload(site.broker, site.number, &tls) == TICKCAST_EINVAL);
    struct tickcast_broker *plain = start(NULL, &port);
    cr_expect(tickcast_broker_reload(plain, 0, &site.tls) == TICKCAST_EINVAL);
    tickcast_broker_free(plain);
    site_close(&site);
}

Test(tickets, a_file_of_keys_that_is_not_to_be_used_makes_no_broker_and_is_named) {
    struct site site = {0};
    struct tickcast_broker *broker = NULL;
    char file[ISSUE_PATH_BYTES];
    issue_folder(site.folder);
    tickcast_options_init(&site.options);
    site.options.tls_ticket_file = issue_path(site.folder, "tickets", "keys", file);
    site.options.log = take_line;
    site.options.log_arg = &site;
    cr_assert(tickcast_broker_new(&site.options, &broker) == TICKCAST_OK, "%s", site.said);
    tickcast_broker_free(broker);
    cr_assert(chmod(file, 0644) == 0);
    cr_expect(tickcast_broker_new(&site.options, &broker) == TICKCAST_ETLS);
    cr_expect(strstr(site.said, file) != NULL && strstr(site.said, "can be read by others") != NULL,
              "%s", site.said);
    site.options.tls_ticket_file = "/nonexistent/tickets";
    cr_expect(tickcast_broker_new(&site.options, &broker) == TICKCAST_ESYSTEM && errno == ENOENT);
    cr_expect(strstr(site.said, "/nonexistent/tickets cannot be written: ") != NULL, "%s",
              site.said);
    issue_remove(site.folder);
}
