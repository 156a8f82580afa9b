/* Loading and initialising libtessera for the bench table (docs/benchmarks.md): a line of JSON for each row.
 * `start <library>`, beside a gateway. It is not linked with the library, so that loading it can be timed. */

#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APP 1400000001u
#define STARTS 15
/* So many of them wait until the connection of init is made, and what it needed for a moment has ended. */
#define SETTLED 5
#define SETTLE_SECONDS 3

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof(double), by_size);
    return values[count / 2];
}

/* What a start is measured by. */
typedef struct start {
    double load_ms;
    double init_ms;
    /* Right after init, and when it has settled. */
    double memory_kib[2];
    double threads[2];
} start;

static double anonymous_kib(void) {
    double kib = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "RssAnon: %lf", &kib) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static double threads(void) {
    double count = 0;
    DIR *folder = opendir("/proc/self/task");
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count - 3; /* this one, `.` and `..` */
}

/* In a process of its own, which has not loaded the library yet. */
static void start_once(const char *library, bool settle) {
    start measured = {0};
    double memory = anonymous_kib();
    double before = now_ns();
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    int (*init)(uint64_t, const char *) = handle != NULL ? (int (*)(uint64_t, const char *))dlsym(handle, "TIMInit") : NULL;
    if (init == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    measured.load_ms = (now_ns() - before) / 1e6;
    before = now_ns();
    if (init(APP, NULL) != 0) {
        exit(1);
    }
    measured.init_ms = (now_ns() - before) / 1e6;
    measured.memory_kib[0] = anonymous_kib() - memory;
    measured.threads[0] = threads();
    if (settle) {
        sleep(SETTLE_SECONDS);
        measured.memory_kib[1] = anonymous_kib() - memory;
        measured.threads[1] = threads();
    }
    fwrite(&measured, sizeof measured, 1, stdout);
}

static start start_in_child(const char *program, const char *library, bool settle) {
    char command[4096];
    start measured = {0};
    snprintf(command, sizeof command, "%s %s %s", program, settle ? "--settle" : "--start", library);
    FILE *output = popen(command, "r");
    if (output == NULL || fread(&measured, sizeof measured, 1, output) != 1) {
        fprintf(stderr, "%s has failed\n", command);
        exit(1);
    }
    pclose(output);
    return measured;
}

static void starts(const char *program, const char *library) {
    double both[STARTS];
    double load[STARTS];
    double memory[2][STARTS];
    double count[2][STARTS];
    for (int at = 0; at < STARTS; at++) {
        start one = start_in_child(program, library, at < SETTLED);
        load[at] = one.load_ms;
        both[at] = one.load_ms + one.init_ms;
        for (int when = 0; when < 2; when++) {
            memory[when][at] = one.memory_kib[when];
            count[when][at] = one.threads[when];
        }
    }
    printf("{\"name\": \"C: load and init\", \"measured\": %.2f, \"unit\": \"ms\", \"anchors\": [{\"what\": \"loading alone\","
           " \"measured\": %.2f}], \"budget\": 3}\n",
           median(both, STARTS), median(load, STARTS));
    const char *when[] = {"right after init", "after init, settled"};
    int samples[] = {STARTS, SETTLED};
    for (int at = 0; at < 2; at++) {
        printf("{\"name\": \"C: memory %s\", \"measured\": %.0f, \"unit\": \"KiB\", \"budget\": 2048}\n", when[at],
               median(memory[at], samples[at]));
        printf("{\"name\": \"C: threads %s\", \"measured\": %.0f, \"unit\": \"\", \"budget\": 2}\n", when[at],
               median(count[at], samples[at]));
    }
    struct stat file;
    if (stat(library, &file) == 0) {
        printf("{\"name\": \"C: library\", \"measured\": %.2f, \"unit\": \"MB\", \"budget\": 2.5}\n", (double)file.st_size / 1e6);
    }
}

int main(int count, char **arguments) {
    if (count == 3) {
        start_once(arguments[2], strcmp(arguments[1], "--settle") == 0);
        return 0;
    }
    if (count != 2) {
        fputs("usage: start <library>\n", stderr);
        return 2;
    }
    starts(arguments[0], arguments[1]);
    return 0;
}
