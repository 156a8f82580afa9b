/* The conformance driver of C (docs/drivers.md): commands on standard input, replies and events on standard output,
 * and the functions of tessera/tim.h in between. It knows no scenario. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

#include "json.h"

/* Something to do inside a callback, once. */
typedef struct hook {
    char *event;
    json *command;
    struct hook *next;
} hook;

/* A listener, always the same object for a name. */
typedef struct listener {
    char *name;
    TesseraListener callbacks;
    struct listener *next;
} listener;

static struct {
    pthread_mutex_t lock;
    hook *hooks;
    listener *listeners;
    json *answers; /* an array; what was taken from it is gone */
} host = {PTHREAD_MUTEX_INITIALIZER, NULL, NULL, NULL};

/* True while this thread is inside a call of a command. */
static _Thread_local bool in_call = false;

static void act(const json *command, bool *ok, int32_t *code);

/* ---- lines -------------------------------------------------------------------------------------------------- */

static void write_state(FILE *out) {
    char user[128];
    TIMGetLoginUserID(user);
    fprintf(out, ",\"status\":%d,\"user\":", (int)TIMGetLoginStatus());
    json_write_text(out, user);
    fprintf(out, ",\"connection\":%d}\n", (int)tessera_connection_status(tessera_client_shared()));
}

static void say(const char *line, size_t length) {
    flockfile(stdout);
    fwrite(line, 1, length, stdout);
    fflush(stdout);
    funlockfile(stdout);
}

/* Begins an event; what is added to it has to begin with a comma. */
static FILE *begin(const char *event, char **line, size_t *length) {
    FILE *out = open_memstream(line, length);
    fputs("{\"event\":", out);
    json_write_text(out, event);
    if (in_call) {
        fputs(",\"inside_call\":true", out);
    }
    return out;
}

static void add_text(FILE *out, const char *key, const char *text) {
    fprintf(out, ",\"%s\":", key);
    json_write_text(out, text);
}

static void end(FILE *out, char **line, size_t *length) {
    write_state(out);
    fclose(out);
    say(*line, *length);
    free(*line);
}

/* ---- events ------------------------------------------------------------------------------------------------- */

/* To be taken before the event is told: the hook that the answer to it brings is for the next one. */
static hook *take_hook(const char *event) {
    pthread_mutex_lock(&host.lock);
    hook **at = &host.hooks;
    while (*at != NULL && strcmp((*at)->event, event) != 0) {
        at = &(*at)->next;
    }
    hook *found = *at;
    if (found != NULL) {
        *at = found->next;
    }
    pthread_mutex_unlock(&host.lock);
    return found;
}

static void run_hook(hook *found) {
    if (found != NULL) {
        bool ok = true;
        int32_t code = 0;
        act(found->command, &ok, &code);
        json_free(found->command);
        free(found->event);
        free(found);
    }
}

static void report(const char *event, const char *name, int32_t code, const char *desc) {
    char *line = NULL;
    size_t length = 0;
    FILE *out = begin(event, &line, &length);
    if (name[0] != '\0') {
        add_text(out, "listener", name);
    }
    if (code != 0) {
        fprintf(out, ",\"code\":%d", (int)code);
        add_text(out, "desc", desc);
    }
    hook *found = name[0] == '\0' || strcmp(name, "main") == 0 ? take_hook(event) : NULL;
    end(out, &line, &length);
    run_hook(found);
}

static void report_result(const char *call, int32_t code, const char *desc) {
    char *line = NULL;
    size_t length = 0;
    FILE *out = begin("result", &line, &length);
    add_text(out, "call", call);
    if (code != 0) {
        const TesseraError *error = tessera_last_error();
        fprintf(out, ",\"code\":%d,\"retryable\":%s", (int)code, error != NULL && error->retryable ? "true" : "false");
        add_text(out, "desc", desc);
    }
    hook *found = take_hook("result");
    end(out, &line, &length);
    run_hook(found);
}

static void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)json_params;
    char *call = (char *)user_data;
    report_result(call, code, desc);
    free(call);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)user_data;
    switch (status) {
    case kTIMConnecting: report("connecting", "main", 0, ""); break;
    case kTIMConnected: report("connect_success", "main", 0, ""); break;
    case kTIMConnectFailed: report("connect_failed", "main", code, desc); break;
    case kTIMDisconnected: report("disconnected", "main", 0, ""); break;
    }
}

static const char *name_of(const void *user_data) {
    return ((const listener *)user_data)->name;
}

static void on_connecting(const void *user_data) {
    report("connecting", name_of(user_data), 0, "");
}

static void on_connect_success(const void *user_data) {
    report("connect_success", name_of(user_data), 0, "");
}

static void on_connect_failed(const TesseraError *error, const void *user_data) {
    report("connect_failed", name_of(user_data), error->code, error->desc);
}

static void on_disconnected(const TesseraError *error, const void *user_data) {
    (void)error;
    report("disconnected", name_of(user_data), 0, "");
}

static const char *const REASONS[] = {"other", "policy", "admin", "revoked", "disabled", "ticket_refused"};

static void on_kicked(const TesseraKick *kick, const void *user_data) {
    char *line = NULL;
    size_t length = 0;
    const char *name = name_of(user_data);
    FILE *out = begin("kicked_offline", &line, &length);
    add_text(out, "listener", name);
    add_text(out, "reason", REASONS[kick->reason]);
    if (kick->platform != NULL) {
        add_text(out, "platform", kick->platform);
    }
    if (kick->code != 0) {
        fprintf(out, ",\"code\":%d", (int)kick->code);
    }
    hook *found = strcmp(name, "main") == 0 ? take_hook("kicked_offline") : NULL;
    end(out, &line, &length);
    run_hook(found);
}

static void on_expired(const void *user_data) {
    report("user_sig_expired", user_data != NULL ? name_of(user_data) : "main", 0, "");
}

static void on_ticket(uint64_t request, const char *user_id, const void *user_data) {
    (void)user_id;
    (void)user_data;
    pthread_mutex_lock(&host.lock);
    json *answer = host.answers != NULL ? host.answers->first : NULL;
    if (answer != NULL) {
        host.answers->first = answer->next;
        answer->next = NULL;
    }
    pthread_mutex_unlock(&host.lock);
    report("ticket_request", "", 0, "");
    /* A text is "hang": no answer, ever. */
    if (answer == NULL || answer->kind == JSON_OBJECT) {
        const json *ticket = answer != NULL ? json_get(answer, "ticket") : NULL;
        tessera_provide_ticket(tessera_client_shared(), request, ticket != NULL ? ticket->text : NULL);
    }
    json_free(answer);
}

/* ---- commands ----------------------------------------------------------------------------------------------- */

static listener *listener_named(const char *name) {
    pthread_mutex_lock(&host.lock);
    listener *found = host.listeners;
    while (found != NULL && strcmp(found->name, name) != 0) {
        found = found->next;
    }
    if (found == NULL) {
        found = (listener *)calloc(1, sizeof(listener));
        found->name = strdup(name);
        found->callbacks.size = sizeof(TesseraListener);
        found->callbacks.user_data = found;
        found->callbacks.on_kicked_offline = on_kicked;
        found->next = host.listeners;
        host.listeners = found;
    }
    pthread_mutex_unlock(&host.lock);
    return found;
}

/* Throwing is nothing that C knows. */
static void add_listener(const char *name) {
    listener *added = listener_named(name);
    added->callbacks.on_connecting = on_connecting;
    added->callbacks.on_connect_success = on_connect_success;
    added->callbacks.on_connect_failed = on_connect_failed;
    added->callbacks.on_disconnected = on_disconnected;
    added->callbacks.on_user_sig_expired = on_expired;
    tessera_add_listener(tessera_client_shared(), &added->callbacks);
}

/* The listener `main`: the vendor's callbacks, and Tessera's for the reason of a kick. */
static void add_main(void) {
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    TIMSetUserSigExpiredCallback(on_expired, NULL);
    tessera_add_listener(tessera_client_shared(), &listener_named("main")->callbacks);
}

static void init(const json *command, bool *ok, int32_t *code) {
    char *config = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&config, &length);
    fputc('{', out);
    const json *settings = json_get(command, "settings");
    for (const json *setting = settings->first; setting != NULL; setting = setting->next) {
        fprintf(out, "%s\"sdk_config_%s\":", setting == settings->first ? "" : ",", setting->key);
        json_write_text(out, setting->text);
    }
    fputc('}', out);
    fclose(out);
    add_main();
    *ok = TIMInit((uint64_t)json_number(command, "app"), config) == TIM_SUCC;
    *code = *ok ? 0 : tessera_last_error()->code;
    free(config);
}

/* The call was refused by its return value, so there is no callback. It has returned. */
static void refused(char *call) {
    const TesseraError *error = tessera_last_error();
    in_call = false;
    report_result(call, error->code, error->desc);
    free(call);
}

static void log_in(const json *command) {
    char *call = strdup(json_text(command, "call"));
    if (TIMLogin(json_text(command, "user"), json_text(command, "ticket"), on_result, call) != TIM_SUCC) {
        refused(call);
    }
}

static void log_in_and_wait(const json *command) {
    TesseraClient *client = tessera_client_shared();
    int32_t code = tessera_login_wait(client, json_text(command, "user"), json_text(command, "ticket"));
    report_result(json_text(command, "call"), code, code != 0 ? tessera_last_error()->desc : "");
}

static void log_out(const json *command) {
    char *call = strdup(json_text(command, "call"));
    if (TIMLogout(on_result, call) != TIM_SUCC) {
        refused(call);
    }
}

/* Moves a member out of a command, so that it outlives it. */
static json *moved(const json *command, const char *key) {
    json *member = (json *)json_get(command, key);
    json *copy = (json *)malloc(sizeof(json));
    *copy = *member;
    copy->next = NULL;
    copy->key = NULL;
    member->first = NULL;
    member->text = NULL;
    return copy;
}

static void provide(const json *command) {
    pthread_mutex_lock(&host.lock);
    json_free(host.answers);
    host.answers = moved(command, "answers");
    pthread_mutex_unlock(&host.lock);
    tessera_set_ticket_provider(tessera_client_shared(), on_ticket, NULL);
}

static void add_hook(const json *command) {
    hook *added = (hook *)calloc(1, sizeof(hook));
    added->event = strdup(json_text(command, "event"));
    added->command = moved(command, "then");
    pthread_mutex_lock(&host.lock);
    hook **last = &host.hooks;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = added;
    pthread_mutex_unlock(&host.lock);
}

static void reset(void) {
    TIMUninit();
    pthread_mutex_lock(&host.lock);
    while (host.hooks != NULL) {
        hook *first = host.hooks;
        host.hooks = first->next;
        json_free(first->command);
        free(first->event);
        free(first);
    }
    while (host.listeners != NULL) {
        listener *first = host.listeners;
        host.listeners = first->next;
        free(first->name);
        free(first);
    }
    json_free(host.answers);
    host.answers = NULL;
    pthread_mutex_unlock(&host.lock);
}

static void act(const json *command, bool *ok, int32_t *code) {
    const char *what = json_text(command, "do");
    if (strcmp(what, "init") == 0) {
        init(command, ok, code);
    } else if (strcmp(what, "un_init") == 0) {
        TIMUninit();
    } else if (strcmp(what, "login") == 0) {
        log_in(command);
    } else if (strcmp(what, "blocking_login") == 0) {
        log_in_and_wait(command);
    } else if (strcmp(what, "logout") == 0) {
        log_out(command);
    } else if (strcmp(what, "hint") == 0) {
        tessera_notify_network_available(tessera_client_shared());
    } else if (strcmp(what, "provider") == 0) {
        provide(command);
    } else if (strcmp(what, "add_listener") == 0) {
        add_listener(json_text(command, "name"));
    } else if (strcmp(what, "remove_listener") == 0) {
        tessera_remove_listener(tessera_client_shared(), &listener_named(json_text(command, "name"))->callbacks);
    } else if (strcmp(what, "when") == 0) {
        add_hook(command);
    } else if (strcmp(what, "reset") == 0) {
        reset();
    }
}

int main(void) {
    if (tessera_abi_version() != TESSERA_ABI_VERSION) {
        fputs("the library does not fit the header\n", stderr);
        return 1;
    }
    const char hello[] = "{\"driver\":\"c\",\"numbering\":\"c\"}\n";
    say(hello, sizeof hello - 1);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        json *command = json_read(line);
        if (command == NULL) {
            break;
        }
        bool ok = true;
        int32_t code = 0;
        in_call = true;
        act(command, &ok, &code);
        in_call = false;
        char *reply = NULL;
        size_t length = 0;
        FILE *out = open_memstream(&reply, &length);
        fprintf(out, "{\"reply\":%lld,\"ok\":%s", (long long)json_number(command, "id"), ok ? "true" : "false");
        if (!ok) {
            fprintf(out, ",\"code\":%d", (int)code);
        }
        write_state(out);
        fclose(out);
        say(reply, length);
        free(reply);
        json_free(command);
    }
    free(line);
    return 0;
}
