/* Options, wiring, run, stop. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/server.h"
#include "ingest/idle_threads.h"
#include "ingest/text_index.h"
#include "options.h"

/* How long a stop waits for what was accepted. */
#define STOP_WAIT_MS 30000

/* Answers that are being streamed to slow clients keep a read session without a worker. */
#define READERS_MORE 12
/* Such an answer may take as long as so many queries. */
#define STREAM_QUERIES 10

/* How often rows are looked for that the search index lacks. */
#define INDEX_INTERVAL_MS 5000

/* Writes that wait may hold so much memory together. */
#define WRITE_QUEUE_BYTES ((size_t)256 * 1024 * 1024)

static void print_help(void)
{
    printf("ocelli %s: records what programs ask language models, and shows it\n\n"
           "usage: ocelli serve [options]   serve the API\n"
           "       ocelli --help            this text\n"
           "       ocelli --options         the options as a Markdown table\n"
           "       ocelli --version         the version\n\n"
           "options of serve (each also as a variable of the environment):\n\n",
           OCELLI_VERSION);
    config_print_help(option_table, option_count);
}

/* Waits for SIGTERM or SIGINT, which all threads have blocked. */
static void wait_for_stop(const sigset_t *signals)
{
    int signal_number = 0;

    while (sigwait(signals, &signal_number) != 0)
        ;
    log_info("stopping", "signal=%d", signal_number);
}

static struct server *start_server(const struct options *options, struct api *api, char *message,
                                   size_t size)
{
    struct server_options server = {
        .listen = options->listen,
        .router = api_routes,
        .app = api,
        .admit = api_admit,
        .network_threads = (int)options->network_threads,
        .workers = (int)options->workers,
        .head_limit = (size_t)options->head_limit,
        .body_limit = (size_t)options->body_limit,
        .arena_cap = (size_t)options->memory_limit,
        .connection_limit = options->connections,
        .idle_timeout_ms = options->idle_timeout,
        .head_timeout_ms = options->head_timeout,
    };

    return server_new(&server, message, size);
}

/* The built-in prices and the user's. NULL with one line in `message`. */
static struct prices *load_prices(const char *path, char *message, size_t size)
{
    struct prices *prices = prices_new();

    if (path[0] && !prices_add_file(prices, path, message, size)) {
        prices_free(prices);
        prices = NULL;
    }
    return prices;
}

static int serve(const struct options *options)
{
    struct store_options store_options = {options->data, (int)options->workers + READERS_MORE,
                                          (size_t)options->memory_limit, options->query_timeout,
                                          (int)options->scan_threads};
    char message[512] = "";
    struct prices *prices = load_prices(options->prices, message, sizeof(message));
    struct feed *feed = feed_new((int)options->event_streams);
    struct writer_options writer_options = {(int)options->write_queue, WRITE_QUEUE_BYTES,
                                            options->environments_max, feed};
    struct api api = {.feed = feed,
                      .prices = prices,
                      .any_workspace = options->workspaces == WORKSPACES_ANY,
                      .stream_slots = READERS_MORE,
                      .stream_limit_ms = STREAM_QUERIES * options->query_timeout,
                      .id_window_ms = options->id_window == ID_WINDOW_24H ? 24 * 3600 * 1000 : 0,
                      .otel_trace_ttl_ms = options->otel_trace_ttl};
    int64_t started = clock_monotonic_ns();
    struct idle_threads_options idle_options = {options->thread_timeout, options->thread_check};
    struct text_index_options index_options = {options->search_index_rest, INDEX_INTERVAL_MS};
    struct idle_threads *idle = NULL;
    struct text_index *index = NULL;
    struct server *server = NULL;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    if (prices)
        api.store = store_open(&store_options, message, sizeof(message));
    if (api.store)
        api.writer = writer_new(api.store, &writer_options);
    if (api.writer)
        idle = idle_threads_new(api.writer, &idle_options);
    if (idle)
        index = text_index_new(api.store, api.writer, &index_options);
    if (index)
        server = start_server(options, &api, message, sizeof(message));
    if (server) {
        log_info("ready", "url=http://%.*s:%d data=%s version=%s start_ms=%.1f",
                 (int)(strrchr(options->listen, ':') - options->listen), options->listen,
                 server_port(server), options->data, OCELLI_VERSION,
                 (double)(clock_monotonic_ns() - started) / 1e6);
        wait_for_stop(&signals);
    } else {
        fprintf(stderr, "ocelli: %s\n", message[0] ? message : "cannot start a thread");
    }
    server_free(server, STOP_WAIT_MS);
    text_index_free(index);
    idle_threads_free(idle);
    writer_free(api.writer);
    feed_free(feed);
    store_close(api.store);
    prices_free(prices);
    return server ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    const char *problem = router_check(&api_routes);
    char message[512];

    if (problem) {
        fprintf(stderr, "ocelli: route table: %s\n", problem);
        return 2;
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("ocelli %s\n", OCELLI_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--options") == 0) {
        config_print_markdown(option_table, option_count);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "serve") == 0 && strcmp(argv[2], "--help") == 0) {
        print_help();
        return 0;
    }
    if (argc < 2 || strcmp(argv[1], "serve") != 0) {
        fprintf(stderr, "ocelli: unknown command; see ocelli --help\n");
        return 2;
    }
    if (!config_read(option_table, option_count, &options, argc - 2, argv + 2, environ, message,
                     sizeof(message))) {
        fprintf(stderr, "ocelli: %s\n", message);
        return 2;
    }
    log_set_level((enum log_level)options.log_level);
    return serve(&options);
}
