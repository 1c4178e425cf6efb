/* From the text of an address to a listening socket. */
#include "http/server_private.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

/* getaddrinfo() takes 70000, too, and cuts it to 16 bits. */
static bool is_port(const char *text)
{
    int64_t number;
    return str_to_i64(str_of(text), &number) && number >= 0 && number <= 65535;
}

/* Cuts "host:port" and "[host]:port". False when it is neither. */
static bool split_address(const char *address, char *host, size_t host_size, const char **ret_port)
{
    struct str text = str_of(address);
    const char *colon = strrchr(address, ':');
    if (!colon || !is_port(colon + 1))
        return false;
    struct str name = str_make(address, (size_t)(colon - address));
    if (name.n >= 2 && text.p[0] == '[') {
        if (name.p[name.n - 1] != ']')
            return false;
        name = str_make(name.p + 1, name.n - 2);
    } else if (name.n && memchr(name.p, ':', name.n)) {
        return false; /* an IPv6 address without brackets */
    }
    if (name.n >= host_size)
        return false;
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    *ret_port = colon + 1;
    return true;
}

static int open_socket(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    info->ai_protocol);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int listen_open(const char *address, char *message, size_t message_size)
{
    char host[256];
    const char *port;
    if (!split_address(address, host, sizeof(host), &port)) {
        snprintf(message, message_size, "cannot listen on \"%s\": not of the form ADDRESS:PORT",
                 address);
        return -1;
    }
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *infos = NULL;
    int status = getaddrinfo(host[0] ? host : NULL, port, &hints, &infos);
    if (status) {
        snprintf(message, message_size, "cannot listen on \"%s\": %s", address,
                 gai_strerror(status));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *info = infos; info && fd < 0; info = info->ai_next)
        fd = open_socket(info);
    if (fd < 0)
        snprintf(message, message_size, "cannot listen on \"%s\": %s", address, strerror(errno));
    freeaddrinfo(infos);
    return fd;
}

int listen_describe(int fd, char *text, size_t text_size)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    char host[64], port[16];
    text[0] = '\0';
    if (getsockname(fd, (struct sockaddr *)&address, &size) ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return 0;
    if (address.ss_family == AF_INET6)
        snprintf(text, text_size, "[%s]:%s", host, port);
    else
        snprintf(text, text_size, "%s:%s", host, port);
    int64_t number = 0;
    str_to_i64(str_of(port), &number);
    return (int)number;
}
