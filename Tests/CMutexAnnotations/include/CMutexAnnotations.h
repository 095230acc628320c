// Nothing to call: it is enough to be linked. See docs/decisions/0013-thread-sanitizer-and-mutex.md.

#ifndef CMUTEXANNOTATIONS_H
#define CMUTEXANNOTATIONS_H

#endif
