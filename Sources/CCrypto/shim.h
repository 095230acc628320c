// What OpenSSL declares of digests. libmosquitto has it loaded anyway. The one importer is the Blobs module.
#include <openssl/evp.h>
