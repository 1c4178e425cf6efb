/* What a reader of a thread sees beyond its stored values (threads.md 3). */
#ifndef OCELLI_MODEL_THREAD_VIEW_H
#define OCELLI_MODEL_THREAD_VIEW_H

#include "json/json.h"
#include "model/thread.h"

/* How its messages are shortened (threads.md 3.2). */
enum thread_messages {
    THREAD_MESSAGES_WHOLE,
    THREAD_MESSAGES_CUT,            /* long ones cut */
    THREAD_MESSAGES_WITHOUT_IMAGES, /* and images left out */
};

/* The thread as an object of `doc`. Changes values of the record on the way; its texts must live as
 * long as the document. ERR_TOO_LARGE at the arena's ceiling. */
enum err thread_view_encode(struct arena *arena, yyjson_mut_doc *doc, struct record *thread,
                            enum thread_messages messages, yyjson_mut_val **ret);

#endif
