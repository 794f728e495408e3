#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tickcast/tickcast.h"
#include "tls_stage.h"

#define HOUR_MS 3600000
#define WEEK_MS UINT64_C(604800000)
#define SHORT_S 5 /* for two handshakes, of a machine that may stall */

static uint64_t now_ms(void) {
    return (uint64_t)time(NULL) * 1000;
}

static struct tls_tickets *open_tickets(const char *file) {
    struct tls_tickets *tickets;
    char error[TLS_ERROR_BYTES] = "";
    cr_assert(tls_tickets_new(file, HOUR_MS, &tickets, error) == 0, "%s", error);
    return tickets;
}

/* Serves anew, with the tickets. */
static void serve_tickets(struct stage *stage, struct tls_tickets *tickets) {
    serve(stage);
    tls_server_use_tickets(stage->server, tickets);
}

static void open_serving(struct stage *stage, struct tls_tickets *tickets) {
    stage_open(stage);
    issue_cert(stage->folder, (struct issue){.name = "a", .subject = "a"});
    use(stage, "a");
    serve_tickets(stage, tickets);
}

/* The session of a full handshake; to be freed. */
static SSL_SESSION *begin_as(const struct stage *stage, int version, const char *certificate) {
    struct hands hands =
        shake_hands(stage, (struct asking){.version = version, .certificate = certificate});
    cr_assert(hands.why == 0 && !SSL_session_reused(hands.client));
    SSL_SESSION *session = SSL_get1_session(hands.client);
    cr_assert(SSL_SESSION_has_ticket(session));
    hands_free(&hands);
    return session;
}

static SSL_SESSION *begin(const struct stage *stage, int version) {
    return begin_as(stage, version, NULL);
}

/* True if the handshake resumes `session`; then *renewed, if not NULL, is the session that follows.
 */
static bool resumes(const struct stage *stage, SSL_SESSION *session, SSL_SESSION **renewed) {
    SSL_SESSION *copy = SSL_SESSION_dup(session); /* OpenSSL uses one of TLS 1.3 once */
    int version = SSL_SESSION_get_protocol_version(session);
    struct hands hands = shake_hands(stage, (struct asking){.session = copy, .version = version});
    cr_assert(hands.why == 0);
    bool reused = SSL_session_reused(hands.client) && SSL_session_reused(hands.server);
    if (renewed != NULL) *renewed = SSL_get1_session(hands.client);
    hands_free(&hands);
    SSL_SESSION_free(copy);
    return reused;
}

Test(tls_tickets, a_session_is_resumed_by_every_server_with_the_same_tickets) {
    struct stage stage;
    struct tls_tickets *tickets = open_tickets(NULL), *others = open_tickets(NULL);
    open_serving(&stage, tickets);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        serve_tickets(&stage, tickets);
        SSL_SESSION *session = begin(&stage, version);
        cr_expect_eq(SSL_SESSION_get_ticket_lifetime_hint(session), 2 * HOUR_MS / 1000);
        cr_expect(resumes(&stage, session, NULL));
        serve_tickets(&stage, tickets);
        cr_expect(resumes(&stage, session, NULL), "after a reload");
        serve_tickets(&stage, others);
        cr_expect(!resumes(&stage, session, NULL), "keys of another broker");
        SSL_SESSION_free(session);
    }
    stage_close(&stage);
    tls_tickets_free(tickets);
    tls_tickets_free(others);
}

Test(tls_tickets, no_session_lives_longer_than_a_week) {
    struct stage stage;
    struct tls_tickets *tickets;
    char error[TLS_ERROR_BYTES];
    cr_assert(tls_tickets_new(NULL, WEEK_MS, &tickets, error) == 0);
    open_serving(&stage, tickets);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = begin(&stage, version);
        cr_expect_eq(SSL_SESSION_get_ticket_lifetime_hint(session), WEEK_MS / 1000);
        SSL_SESSION_free(session);
    }
    stage_close(&stage);
    tls_tickets_free(tickets);
}

Test(tls_tickets, tickets_of_the_former_two_keys_are_taken_and_renewed) {
    struct stage stage;
    char error[TLS_ERROR_BYTES];
    struct tls_tickets *tickets = open_tickets(NULL);
    open_serving(&stage, tickets);
    uint64_t at_ms = now_ms();
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *first = begin(&stage, version), *renewed;
        cr_assert(tls_tickets_rotate(tickets, at_ms + HOUR_MS / 2, error) == 0);
        for (int rotations = 1; rotations <= 2; rotations++) {
            at_ms += HOUR_MS + 5000;
            cr_assert(tls_tickets_rotate(tickets, at_ms, error) == 0);
            cr_expect(resumes(&stage, first, NULL), "%d rotations", rotations);
        }
        cr_expect(resumes(&stage, first, &renewed));
        at_ms += HOUR_MS + 5000;
        cr_assert(tls_tickets_rotate(tickets, at_ms, error) == 0);
        cr_expect(!resumes(&stage, first, NULL), "three rotations");
        cr_expect(resumes(&stage, renewed, NULL));
        SSL_SESSION_free(first);
        SSL_SESSION_free(renewed);
    }
    stage_close(&stage);
    tls_tickets_free(tickets);
}

/* An hour passes for the keys in the file. */
static void make_older(const char *path) {
    struct ticket_keys keys;
    char error[TLS_ERROR_BYTES];
    cr_assert(ticket_keys_read(path, &keys, error) == 0, "%s", error);
    for (int i = 0; i < TICKET_KEYS; i++)
        if (keys.keys[i].made_ms != 0) keys.keys[i].made_ms -= HOUR_MS + 1;
    cr_assert(ticket_keys_write(path, &keys, error) == 0, "%s", error);
}

Test(tls_tickets, keys_that_were_not_used_for_long_are_forgotten) {
    struct stage stage;
    struct tls_tickets *tickets = open_tickets(NULL);
    char error[TLS_ERROR_BYTES];
    open_serving(&stage, tickets);
    SSL_SESSION *session = begin(&stage, TLS1_3_VERSION);
    cr_expect(tls_tickets_rotate(tickets, now_ms() + 3 * HOUR_MS - 60000, error) == 0);
    cr_expect(resumes(&stage, session, NULL));
    cr_expect(tls_tickets_rotate(tickets, now_ms() + 5 * HOUR_MS, error) == 0);
    cr_expect(!resumes(&stage, session, NULL));
    SSL_SESSION_free(session);
    stage_close(&stage);
    tls_tickets_free(tickets);
}

Test(tls_tickets, a_file_keeps_them_over_restarts_for_its_owner_alone_and_rotation_goes_on) {
    struct stage stage;
    struct stat status;
    char path[ISSUE_PATH_BYTES];
    stage_open(&stage);
    issue_path(stage.folder, "t", "keys", path);
    umask(0);
    struct tls_tickets *tickets = open_tickets(path);
    cr_assert(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
    issue_cert(stage.folder, (struct issue){.name = "a", .subject = "a"});
    use(&stage, "a");
    serve_tickets(&stage, tickets);
    SSL_SESSION *session = begin(&stage, TLS1_3_VERSION);
    for (int restarts = 0; restarts < 4; restarts++) {
        tls_server_unref(stage.server);
        stage.server = NULL;
        tls_tickets_free(tickets);
        if (restarts > 0) make_older(path);
        tickets = open_tickets(path);
        serve_tickets(&stage, tickets);
        cr_expect(resumes(&stage, session, NULL) == (restarts < 3), "restart %d", restarts);
        cr_expect(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
    }
    SSL_SESSION_free(session);
    stage_close(&stage);
    tls_tickets_free(tickets);
}

static void expect_refused(const char *path, int wanted, const char *why) {
    struct tls_tickets *tickets = NULL;
    char error[TLS_ERROR_BYTES] = "";
    int result = tls_tickets_new(path, HOUR_MS, &tickets, error);
    cr_expect(result == wanted && tickets == NULL, "%d: %s", result, error);
    cr_expect(strstr(error, "tls_ticket_file ") == error && strstr(error, why) != NULL, "%s",
              error);
}

Test(tls_tickets, a_file_that_is_open_to_others_or_no_such_file_is_refused) {
    char folder[ISSUE_FOLDER_BYTES], path[ISSUE_PATH_BYTES], link[ISSUE_PATH_BYTES];
    issue_folder(folder);
    issue_path(folder, "t", "keys", path);
    tls_tickets_free(open_tickets(path));
    static const int modes[] = {0644, 0640, 0620, 0602, 0604};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        cr_assert(chmod(path, modes[i]) == 0);
        expect_refused(path, TICKCAST_ETLS, "can be read by others");
    }
    cr_assert(chmod(path, 0600) == 0);
    bool root = geteuid() == 0;
    if (root) cr_assert(chown(path, 1, (gid_t)-1) == 0);
    expect_refused(root ? path : "/etc/passwd", TICKCAST_ETLS, "belongs to another user");
    if (root) cr_assert(chown(path, 0, (gid_t)-1) == 0);
    cr_assert(symlink(path, issue_path(folder, "l", "keys", link)) == 0);
    expect_refused(link, TICKCAST_ETLS, "is a symbolic link");
    expect_refused(folder, TICKCAST_ETLS, "is not a regular file");
    cr_assert(mkfifo(issue_path(folder, "p", "keys", link), 0600) == 0);
    expect_refused(link, TICKCAST_ETLS, "is not a regular file");
    expect_refused("/nonexistent/keys", TICKCAST_ESYSTEM, "cannot be written: No such file");
    FILE *file = fopen(path, "r+");
    fputc('T', file);
    fclose(file);
    expect_refused(path, TICKCAST_ETLS, "it begins otherwise");
    cr_assert(truncate(path, 100) == 0);
    expect_refused(path, TICKCAST_ETLS, "its size is wrong");
    tls_tickets_free(open_tickets(NULL));
    issue_remove(folder);
}

Test(tls_tickets, what_cannot_be_written_is_told_once_and_written_later) {
    char folder[ISSUE_FOLDER_BYTES], gone[ISSUE_FOLDER_BYTES + 8], path[ISSUE_PATH_BYTES];
    char error[TLS_ERROR_BYTES];
    struct stat status;
    issue_folder(folder);
    issue_path(folder, "t", "keys", path);
    snprintf(gone, sizeof gone, "%s.gone", folder);
    struct tls_tickets *tickets = open_tickets(path);
    cr_assert(rename(folder, gone) == 0);
    uint64_t at_ms = now_ms() + HOUR_MS + 5000;
    cr_expect(tls_tickets_rotate(tickets, at_ms, error) == TICKCAST_ESYSTEM);
    cr_expect(strstr(error, "cannot be written: No such file") != NULL, "%s", error);
    cr_expect(tls_tickets_rotate(tickets, at_ms + 1000, error) == 0, "told twice");
    cr_assert(rename(gone, folder) == 0 && unlink(path) == 0);
    cr_expect(tls_tickets_rotate(tickets, at_ms + 2000, error) == 0);
    cr_expect(stat(path, &status) == 0);
    tls_tickets_free(tickets);
    issue_remove(folder);
}

Test(tls_tickets, no_session_goes_where_other_certificates_of_clients_are_asked_for) {
    struct stage stage;
    struct tls_tickets *tickets = open_tickets(NULL);
    open_serving(&stage, tickets);
    issue_cert(stage.folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    issue_cert(stage.folder, (struct issue){.name = "cb", .subject = "cb", .authority = true});
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        use_clients(&stage, "ca", TICKCAST_CLIENT_AUTH_OPTIONAL);
        serve_tickets(&stage, tickets);
        SSL_SESSION *session = begin(&stage, version);
        serve_tickets(&stage, tickets);
        cr_expect(resumes(&stage, session, NULL), "the same");
        use_clients(&stage, "cb", TICKCAST_CLIENT_AUTH_OPTIONAL);
        serve_tickets(&stage, tickets);
        cr_expect(!resumes(&stage, session, NULL), "another authority");
        stage.tls.client_ca_file = NULL;
        stage.tls.client_auth = TICKCAST_CLIENT_AUTH_NONE;
        serve_tickets(&stage, tickets);
        cr_expect(!resumes(&stage, session, NULL), "nothing asked");
        SSL_SESSION_free(session);
    }
    stage_close(&stage);
    tls_tickets_free(tickets);
}

Test(tls_tickets, a_session_without_a_certificate_goes_nowhere_where_one_is_required) {
    struct stage stage;
    struct tls_tickets *tickets = open_tickets(NULL);
    open_serving(&stage, tickets);
    issue_cert(stage.folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        use_clients(&stage, "ca", TICKCAST_CLIENT_AUTH_OPTIONAL);
        serve_tickets(&stage, tickets);
        SSL_SESSION *session = begin(&stage, version);
        use_clients(&stage, "ca", TICKCAST_CLIENT_AUTH_REQUIRED);
        serve_tickets(&stage, tickets);
        struct hands hands =
            shake_hands(&stage, (struct asking){.session = session, .version = version});
        cr_expect(!SSL_session_reused(hands.server));
        cr_expect(ERR_GET_REASON(hands.server_why) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE);
        hands_free(&hands);
        SSL_SESSION_free(session);
    }
    stage_close(&stage);
    tls_tickets_free(tickets);
}

Test(tls_tickets, a_session_ends_with_the_certificate_of_its_client) {
    struct stage stage;
    struct tls_tickets *tickets = open_tickets(NULL);
    open_serving(&stage, tickets);
    issue_cert(stage.folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    issue_cert(stage.folder, (struct issue){.name = "long", .subject = "l", .signer = "ca"});
    use_clients(&stage, "ca", TICKCAST_CLIENT_AUTH_OPTIONAL);
    serve_tickets(&stage, tickets);
    SSL_SESSION *sessions[2][2];
    for (int i = 0; i < 2; i++) sessions[i][1] = begin_as(&stage, TLS1_2_VERSION + i, "long");
    issue_cert(stage.folder,
               (struct issue){.name = "short", .subject = "s", .signer = "ca", .until_s = SHORT_S});
    time_t made = time(NULL);
    for (int i = 0; i < 2; i++) sessions[i][0] = begin_as(&stage, TLS1_2_VERSION + i, "short");
    while (time(NULL) < made + SHORT_S + 2) usleep(10000);
    for (int i = 0; i < 2; i++) {
        cr_expect(!resumes(&stage, sessions[i][0], NULL), "it has expired");
        cr_expect(resumes(&stage, sessions[i][1], NULL));
        SSL_SESSION_free(sessions[i][0]);
        SSL_SESSION_free(sessions[i][1]);
    }
    stage_close(&stage);
    tls_tickets_free(tickets);
}
