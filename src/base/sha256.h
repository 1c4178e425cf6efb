/* SHA-256 (FIPS 180-4), for ids that must come out alike wherever they are made. */
#ifndef OCELLI_BASE_SHA256_H
#define OCELLI_BASE_SHA256_H

#include "base/str.h"

#define SHA256_SIZE 32

/* The digest of a text's bytes. */
void sha256(struct str text, uint8_t ret[SHA256_SIZE]);

#endif
