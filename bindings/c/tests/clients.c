/* Tessera's own functions: several clients, listeners, provider, reason of a kick, last error. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

/* What a listener has heard. */
typedef struct heard {
    atomic_int connected;
    atomic_int failed;
    atomic_int disconnected;
    atomic_int expired;
    atomic_int kicked;
    atomic_int reason;
    atomic_bool is_later;
    TesseraClient *client;
    TesseraListener *removes;
} heard;

static void on_connected(const void *user_data) {
    heard *listener = (heard *)user_data;
    atomic_fetch_add(&listener->connected, 1);
    if (listener->removes != NULL) {
        CHECK_IS(tessera_remove_listener(listener->client, listener->removes), TIM_SUCC);
    }
}

static void on_failed(const TesseraError *error, const void *user_data) {
    CHECK(error->code != 0 && error->desc != NULL && error->retryable);
    atomic_fetch_add(&((heard *)user_data)->failed, 1);
}

static void on_disconnected(const TesseraError *error, const void *user_data) {
    CHECK(error->code != 0 && error->desc != NULL);
    atomic_fetch_add(&((heard *)user_data)->disconnected, 1);
}

static void on_kicked(const TesseraKick *kick, const void *user_data) {
    heard *listener = (heard *)user_data;
    atomic_store(&listener->reason, kick->reason);
    atomic_store(&listener->is_later, kick->at_ms > 1700000000000u);
    CHECK((kick->platform != NULL) == (kick->reason == kTesseraKickReason_Policy));
    atomic_fetch_add(&listener->kicked, 1);
}

static void on_expired(const void *user_data) {
    atomic_fetch_add(&((heard *)user_data)->expired, 1);
}

static TesseraListener listener_of(heard *hearer) {
    TesseraListener listener = {sizeof listener, hearer, NULL, on_connected, on_failed, on_disconnected, on_kicked,
                                on_expired, NULL};
    return listener;
}

static void several_clients(void) {
    /* C20, C23: each has a session and a device of its own. */
    TesseraClient *clients[3] = {tessera_client_shared(), tessera_client_new(), tessera_client_new()};
    const char *users[3] = {"alice", "bob", "alice"};
    CHECK(clients[0] == tessera_client_shared());
    for (int at = 0; at < 3; at++) {
        char *ticket = ticket_for(users[at], 60);
        /* Platforms that may be online side by side. */
        const char *json = at == 2 ? "{\"sdk_config_platform\": \"web\"}" : NULL;
        CHECK_IS(tessera_init(clients[at], APP, json), TIM_SUCC);
        CHECK_IS(tessera_login_wait(clients[at], users[at], ticket), ERR_SUCC);
        free(ticket);
    }
    char *sessions = ask("sessions alice");
    CHECK_IS(atoi(sessions), 2);
    free(sessions);
    for (int at = 0; at < 3; at++) {
        char user[128];
        CHECK_IS(tessera_login_status(clients[at]), kTIMLoginStatus_Logined);
        CHECK_IS(tessera_login_user(clients[at], user), TIM_SUCC);
        CHECK_IS(strcmp(user, users[at]), 0);
        CHECK_IS(tessera_connection_status(clients[at]), kTIMConnected);
        CHECK(tessera_server_time_ms(clients[at]) > 1700000000000u);
    }
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_IS(tessera_logout_wait(clients[1]), ERR_SUCC);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    for (int at = 0; at < 3; at++) {
        CHECK_IS(tessera_uninit(clients[at]), TIM_SUCC);
        tessera_client_free(clients[at]);
    }
    CHECK_IS(tessera_login_status(tessera_client_shared()), kTIMLoginStatus_UnLogined);
}

static void handles_that_are_null(void) {
    TesseraListener listener = {0};
    char user[128];
    CHECK_IS(tessera_init(NULL, APP, NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_uninit(NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_login(NULL, "a", "t", NULL, NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_logout(NULL, NULL, NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_login_wait(NULL, "a", "t"), ERR_INVALID_PARAMETERS);
    CHECK_IS(tessera_logout_wait(NULL), ERR_INVALID_PARAMETERS);
    CHECK_IS(tessera_login_status(NULL), kTIMLoginStatus_UnLogined);
    CHECK_IS(tessera_login_user(NULL, user), TIM_ERR_PARAM);
    CHECK_IS(tessera_login_user(tessera_client_shared(), NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_connection_status(NULL), kTIMDisconnected);
    CHECK_IS(tessera_server_time_ms(NULL), 0);
    CHECK_IS(tessera_add_listener(NULL, &listener), TIM_ERR_PARAM);
    CHECK_IS(tessera_add_listener(tessera_client_shared(), NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_add_listener(tessera_client_shared(), &listener), TIM_ERR_PARAM);
    CHECK_IS(tessera_remove_listener(NULL, &listener), TIM_ERR_PARAM);
    CHECK_IS(tessera_set_ticket_provider(NULL, NULL, NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_provide_ticket(NULL, 1, "t"), TIM_ERR_PARAM);
    CHECK_IS(tessera_provide_ticket(tessera_client_shared(), 1, NULL), TIM_SUCC);
    CHECK_IS(tessera_notify_network_available(NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_notify_foreground(NULL), TIM_ERR_PARAM);
    tessera_client_free(NULL);
    CHECK_IS(tessera_abi_version(), TESSERA_ABI_VERSION);
}

static void listeners(void) {
    /* C19 */
    TesseraClient *client = tessera_client_new();
    heard first = {0};
    heard second = {0};
    heard third = {0};
    TesseraListener one = listener_of(&first);
    TesseraListener two = listener_of(&second);
    TesseraListener three = listener_of(&third);
    first.client = client;
    first.removes = &two;
    CHECK_IS(tessera_add_listener(client, &one), TIM_SUCC);
    CHECK_IS(tessera_add_listener(client, &one), TIM_SUCC);
    CHECK_IS(tessera_add_listener(client, &two), TIM_SUCC);
    CHECK_IS(tessera_add_listener(client, &three), TIM_SUCC);
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    CHECK(wait_for(&third.connected, 1));
    CHECK_IS(atomic_load(&first.connected), 1);
    CHECK_IS(atomic_load(&second.connected), 0);
    CHECK_IS(tessera_uninit(client), TIM_SUCC);
    /* None is kept. */
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_login_wait(client, "alice", "no ticket"), ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
    CHECK_IS(atomic_load(&first.connected) + atomic_load(&third.connected), 2);
    tessera_client_free(client);
}

/* Forgets itself while its callback runs, and stays there. */
typedef struct staying {
    TesseraClient *client;
    TesseraListener listener;
    bool by_uninit;
    atomic_int entered;
    atomic_int may_leave;
    atomic_int left;
} staying;

static void forget_and_stay(const void *user_data) {
    staying *hearer = (staying *)user_data;
    if (hearer->by_uninit) {
        CHECK_IS(tessera_uninit(hearer->client), TIM_SUCC);
    } else {
        CHECK_IS(tessera_remove_listener(hearer->client, &hearer->listener), TIM_SUCC);
    }
    atomic_fetch_add(&hearer->entered, 1);
    wait_for(&hearer->may_leave, 1);
    atomic_fetch_add(&hearer->left, 1);
}

static void *let_it_leave(void *argument) {
    sleep_ms(30);
    atomic_store(&((staying *)argument)->may_leave, 1);
    return NULL;
}

static void a_listener_that_is_forgotten_already(void) {
    /* C19 */
    for (int by_uninit = 0; by_uninit < 2; by_uninit++) {
        staying hearer = {.client = tessera_client_new(), .by_uninit = by_uninit != 0};
        hearer.listener = (TesseraListener){
            .size = sizeof hearer.listener, .user_data = &hearer, .on_connecting = forget_and_stay};
        CHECK_IS(tessera_add_listener(hearer.client, &hearer.listener), TIM_SUCC);
        CHECK_IS(tessera_init(hearer.client, APP, NULL), TIM_SUCC);
        CHECK(wait_for(&hearer.entered, 1));
        pthread_t opener;
        pthread_create(&opener, NULL, let_it_leave, &hearer);
        CHECK_IS(tessera_remove_listener(hearer.client, &hearer.listener), TIM_SUCC);
        CHECK_IS(atomic_load(&hearer.left), 1);
        pthread_join(opener, NULL);
        tessera_client_free(hearer.client);
        CHECK_IS(atomic_load(&hearer.entered), 1);
    }
}

static void kicked_and_expired(void) {
    /* C12, C14 */
    TesseraClient *client = tessera_client_new();
    heard hearer = {0};
    TesseraListener listener = listener_of(&hearer);
    CHECK_IS(tessera_add_listener(client, &listener), TIM_SUCC);
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    char *ticket = ticket_for("kicked", 60);
    CHECK_IS(tessera_login_wait(client, "kicked", ticket), ERR_SUCC);
    free(ask("kick kicked"));
    CHECK(wait_for(&hearer.kicked, 1));
    CHECK_IS(atomic_load(&hearer.reason), kTesseraKickReason_Admin);
    CHECK(atomic_load(&hearer.is_later));
    CHECK_IS(tessera_login_status(client), kTIMLoginStatus_UnLogined);
    CHECK_IS(tessera_login_wait(client, "kicked", ticket), ERR_SVR_ACCOUNT_INVALID_USERSIG);
    CHECK(!tessera_last_error()->retryable);
    free(ticket);
    ticket = ticket_for("expired", 60);
    CHECK_IS(tessera_login_wait(client, "expired", ticket), ERR_SUCC);
    free(ask("expire expired"));
    CHECK(wait_for(&hearer.expired, 1));
    CHECK_IS(tessera_login_status(client), kTIMLoginStatus_UnLogined);
    /* Another device of the same platform takes the place. */
    TesseraClient *other = tessera_client_new();
    CHECK_IS(tessera_init(other, APP, NULL), TIM_SUCC);
    free(ticket);
    ticket = ticket_for("moved", 60);
    CHECK_IS(tessera_login_wait(client, "moved", ticket), ERR_SUCC);
    CHECK_IS(tessera_login_wait(other, "moved", ticket), ERR_SUCC);
    CHECK(wait_for(&hearer.kicked, 2));
    CHECK_IS(atomic_load(&hearer.reason), kTesseraKickReason_Policy);
    free(ticket);
    tessera_client_free(other);
    tessera_client_free(client);
}

static void connection_events(void) {
    /* C11, C22 */
    TesseraClient *client = tessera_client_new();
    heard hearer = {0};
    TesseraListener listener = listener_of(&hearer);
    char *url = ask("url lost");
    char json[256];
    snprintf(json, sizeof json, "{\"sdk_config_server_url\": \"%s\", \"sdk_config_reconnect_delay_max_ms\": 10,"
             " \"sdk_config_reconnect_delay_min_ms\": 10}", url);
    CHECK_IS(tessera_add_listener(client, &listener), TIM_SUCC);
    CHECK_IS(tessera_init(client, APP, json), TIM_SUCC);
    char *ticket = ticket_for("lost", 60);
    CHECK_IS(tessera_login_wait(client, "lost", ticket), ERR_SUCC);
    free(ask("fault lost refuse"));
    free(ask("fault lost cut"));
    CHECK(wait_for(&hearer.disconnected, 1));
    CHECK(wait_for(&hearer.failed, 2));
    CHECK_IS(tessera_login_status(client), kTIMLoginStatus_Logined);
    free(ask("fault lost restore"));
    CHECK_IS(tessera_notify_network_available(client), TIM_SUCC);
    CHECK(wait_for(&hearer.connected, 2));
    CHECK_IS(tessera_notify_foreground(client), TIM_SUCC);
    tessera_client_free(client);
    free(ticket);
    free(url);
}

/* A provider that answers from a thread of its own. */
typedef struct provider {
    TesseraClient *client;
    char *ticket;
    atomic_int asked;
    uint64_t request;
    pthread_t answers;
} provider;

static void *answer(void *argument) {
    provider *host = (provider *)argument;
    CHECK_IS(tessera_provide_ticket(host->client, host->request, host->ticket), TIM_SUCC);
    return NULL;
}

static void ask_host(uint64_t request, const char *user_id, const void *user_data) {
    provider *host = (provider *)user_data;
    CHECK_IS(strcmp(user_id, "renewed"), 0);
    host->request = request;
    pthread_create(&host->answers, NULL, answer, host);
    atomic_fetch_add(&host->asked, 1);
}

static void ticket_provider(void) {
    /* C15 */
    TesseraClient *client = tessera_client_new();
    heard hearer = {0};
    TesseraListener listener = listener_of(&hearer);
    provider host = {.client = client, .ticket = ticket_for("renewed", 60)};
    CHECK_IS(tessera_add_listener(client, &listener), TIM_SUCC);
    CHECK_IS(tessera_set_ticket_provider(client, ask_host, &host), TIM_SUCC);
    CHECK_IS(tessera_init(client, APP, "{\"sdk_config_ticket_renew_percent\": 10}"), TIM_SUCC);
    char *ticket = ticket_to_renew("renewed");
    CHECK_IS(tessera_login_wait(client, "renewed", ticket), ERR_SUCC);
    CHECK(wait_for(&host.asked, 1));
    pthread_join(host.answers, NULL);
    CHECK(is_renewed("renewed"));
    CHECK_IS(tessera_login_status(client), kTIMLoginStatus_Logined);
    CHECK_IS(atomic_load(&hearer.expired), 0);
    tessera_client_free(client);
    free(ticket);
    free(host.ticket);
}

static void free_yourself(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params;
    heard *hearer = (heard *)user_data;
    tessera_client_free(hearer->client);
    atomic_fetch_add(&hearer->connected, 1);
}

static void freed_inside_a_callback(void) {
    heard hearer = {.client = tessera_client_new()};
    CHECK_IS(tessera_init(hearer.client, APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_login(hearer.client, "alice", "no ticket", free_yourself, &hearer), TIM_SUCC);
    CHECK(wait_for(&hearer.connected, 1));
}

void clients_tests(void) {
    run_test("several clients are logged in side by side", several_clients);
    run_test("a handle that is NULL is an error and nothing worse", handles_that_are_null);
    run_test("listeners count once, hear in order, and are removed at once", listeners);
    run_test("the removal of a listener that is forgotten already waits for its callback", a_listener_that_is_forgotten_already);
    run_test("a kick says why, an expiry that it is one", kicked_and_expired);
    run_test("a lost connection is told and made again", connection_events);
    run_test("a provider renews the ticket from its own thread", ticket_provider);
    run_test("a client may be freed inside its own callback", freed_inside_a_callback);
}
